package prom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/secret"
)

var at = time.Unix(1700000000, 250e6) //nolint:gochecknoglobals // a constant

// ask queries a server with that handler; change may alter the settings.
func ask(t *testing.T, handler http.HandlerFunc, change func(*Settings)) ([]alert.Sample, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := DefaultSettings()
	s.URL = server.URL
	if change != nil {
		change(&s)
	}
	c, err := New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.Query(t.Context(), `up{job="x"} == 0`, at)
}

// says answers every request alike.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func success(data string) string { return `{"status":"success","data":` + data + `}` }

func vector(elements string) string {
	return success(`{"resultType":"vector","result":[` + elements + `]}`)
}

func TestQueryReturnsSamples(t *testing.T) {
	labels := alert.LabelsFromStrings
	for name, tc := range map[string]struct {
		body string
		want []alert.Sample
	}{
		"vector": {
			vector(`{"metric":{"job":"x","__name__":"up","empty":""},"value":[1700000000.25,"0"]},
				{"metric":{"instance":"ü\n\"<"},"value":[1700000000,"1.5e3"]}`),
			[]alert.Sample{{Labels: labels("__name__", "up", "job", "x")}, {Labels: labels("instance", "ü\n\"<"), Value: 1500}},
		},
		"special values": {
			vector(`{"metric":{},"value":[1,"NaN"]},{"metric":{},"value":[1,"+Inf"]},{"metric":{},"value":[1,"-Inf"]}`),
			[]alert.Sample{{Value: math.NaN()}, {Value: math.Inf(1)}, {Value: math.Inf(-1)}},
		},
		"nothing":      {vector(""), nil},
		"result first": {success(`{"result":[{"value":[1,"2"],"metric":{"a":"b"}}],"resultType":"vector"}`), []alert.Sample{{Labels: labels("a", "b"), Value: 2}}},
		"scalar":       {success(`{"resultType":"scalar","result":[1700000000,"42"]}`), []alert.Sample{{Value: 42}}},
		"not partial":  {`{"status":"success","isPartial":false,"data":{"resultType":"vector","result":[]}}`, nil},
		"other order":  {` {"data":{"result":[],"resultType":"vector"},"status":"success"}`, nil},
		"odd labels":   {vector(`{"metric":{"x":"\"isPartial\":true"},"value":[1,"1"]}`), []alert.Sample{{Labels: labels("x", `"isPartial":true`), Value: 1}}},
		"info":         {`{"status":"success","data":{"resultType":"vector","result":[]},"infos":["PromQL info: might not be a counter"]}`, nil},
		"info, before": {`{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["PromQL info: might not be a counter"]}`, nil},
		"histogram": {
			vector(`{"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[[0,"0","1","1"]]}]},{"metric":{},"value":[1,"7"]}`),
			[]alert.Sample{{Histogram: "{count:1, sum:1, (0,1]:1}"}, {Value: 7}},
		},
		"future":       {vector(`{"metric":{"a":"b"},"value":[4102444800,"1"]}`), []alert.Sample{{Labels: labels("a", "b"), Value: 1}}},
		"UTF-8 names":  {vector(`{"metric":{"日本 {}\u0000":"\n\"😀","host.name":"x"},"value":[1,"1"]}`), []alert.Sample{{Labels: labels("日本 {}\x00", "\n\"😀", "host.name", "x"), Value: 1}}},
		"invalid text": {vector("{\"metric\":{\"a\xff\":\"b\xfe\"},\"value\":[1,\"1\"]}"), []alert.Sample{{Labels: labels("a\uFFFD", "b\uFFFD"), Value: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ask(t, says(200, tc.body), nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestQueryManySeries(t *testing.T) {
	const series = 100_000
	var b strings.Builder
	for i := range series {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"metric":{"__name__":"m","instance":"host-%d:9100"},"value":[1700000000,"%d"]}`, i, i)
	}
	got, err := ask(t, says(200, vector(b.String())), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != series || got[series-1].Value != series-1 || got[99].Labels.Get("instance") != "host-99:9100" {
		t.Errorf("got %d samples", len(got))
	}
}

func TestQueryRequest(t *testing.T) {
	var got *http.Request
	_, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = r
		says(200, vector(""))(w, r)
	}, func(s *Settings) {
		s.URL = strings.Replace(s.URL, "http://", "http://someone:password@", 1) + "/select/0/prometheus//?tenant=7"
		s.Timeout = model.Duration(1500 * time.Millisecond)
		s.Headers = map[string]secret.Value{"X-Scope-OrgID": "team"}
		s.Version = "1.2.3"
	})
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ := got.BasicAuth()
	want := map[string]string{
		"method": "POST", "path": "/select/0/prometheus/api/v1/query", "query": `up{job="x"} == 0`,
		"time": "1700000000.25", "timeout": "2s", "tenant": "7", "org": "team", "agent": "alertd/1.2.3",
		"user": "someone", "password": "password",
	}
	saw := map[string]string{
		"method": got.Method, "path": got.URL.Path, "query": got.Form.Get("query"),
		"time": got.Form.Get("time"), "timeout": got.Form.Get("timeout"), "tenant": got.Form.Get("tenant"),
		"org": got.Header.Get("X-Scope-OrgID"), "agent": got.UserAgent(), "user": user, "password": password,
	}
	if d := cmp.Diff(want, saw); d != "" {
		t.Error(d)
	}
}

func TestServerTimeout(t *testing.T) {
	for give, want := range map[time.Duration]string{
		10 * time.Second: "10s", 1500 * time.Millisecond: "2s", 250 * time.Millisecond: "250ms",
		time.Microsecond: "1ms", 90 * time.Second: "1m30s", 400*time.Millisecond + 7: "400ms",
	} {
		got := serverTimeout(give).String()
		if got != want {
			t.Errorf("%s: got %s, want %s", give, got, want)
		}
		if _, err := model.ParseDuration(got); err != nil {
			t.Errorf("Prometheus would refuse %s: %v", got, err)
		}
	}
}

func TestQueryFallsBackToGet(t *testing.T) {
	got, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		says(200, vector(`{"metric":{},"value":[1,"1"]}`))(w, r)
	}, nil)
	if err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

// stall is a transport that answers only when the request's context ends.
type stall struct{ asked chan struct{} }

func (s stall) RoundTrip(r *http.Request) (*http.Response, error) {
	close(s.asked)
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func stalledClient(t *testing.T) (*Client, *prometheus.Registry, stall) {
	t.Helper()
	reg := prometheus.NewRegistry()
	c, err := New(Settings{URL: "http://prometheus:9090"}, reg)
	if err != nil {
		t.Fatal(err)
	}
	s := stall{make(chan struct{})}
	c.http = &http.Client{Transport: s}
	return c, reg, s
}

func TestQueryTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := stalledClient(t)
		start := time.Now()
		_, err := c.Query(t.Context(), "up", at)
		if !errors.Is(err, ErrUnreachable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestQueryCanceled(t *testing.T) {
	c, reg, s := stalledClient(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-s.asked
		cancel()
	}()
	_, err := c.Query(ctx, "up", at)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("a query that we gave up on is nobody's fault: got %v", err)
	}
	want := `
		# HELP alertd_prometheus_queries_total Queries asked of Prometheus, by outcome.
		# TYPE alertd_prometheus_queries_total counter
		alertd_prometheus_queries_total{outcome="canceled"} 1
		alertd_prometheus_queries_total{outcome="partial"} 0
		alertd_prometheus_queries_total{outcome="rejected"} 0
		alertd_prometheus_queries_total{outcome="success"} 0
		alertd_prometheus_queries_total{outcome="unreachable"} 0
	`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "alertd_prometheus_queries_total"); err != nil {
		t.Error(err)
	}
}

func TestNewTwiceOnOneRegistry(t *testing.T) {
	reg := prometheus.NewRegistry()
	for range 2 {
		if _, err := New(Settings{URL: "http://prometheus:9090"}, reg); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, s := range map[string]Settings{
		"nothing":        {},
		"no scheme":      {URL: "prometheus:9090"},
		"no host":        {URL: "http:///x"},
		"bad escape":     {URL: "http://u:hunter22%zz@host"},
		"two logins":     {URL: "http://u:hunter22@host", HTTP: commoncfg.HTTPClientConfig{BearerToken: "t"}},
		"reserved":       {URL: "http://host", Headers: map[string]secret.Value{"authorization": "hunter22"}},
		"missing CA":     {URL: "https://host", HTTP: commoncfg.HTTPClientConfig{TLSConfig: commoncfg.TLSConfig{CAFile: "/nowhere/ca.pem"}}},
		"two in section": {URL: "http://host", HTTP: commoncfg.HTTPClientConfig{BearerToken: "t", BasicAuth: &commoncfg.BasicAuth{}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(s, nil)
			if err == nil || strings.Contains(err.Error(), "hunter22") {
				t.Errorf("got %v", err)
			}
		})
	}
}
