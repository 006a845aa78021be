package engine

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/prom"
	"alertd/internal/store"
	"alertd/rules"
)

// TestOddResults: whatever a Prometheus answers, a rule has alerts with the
// values that it said, or fails, says why, and leaves its alerts as they were.
// The alerts go through the real store.
func TestOddResults(t *testing.T) {
	vector := func(elements ...string) string {
		return `{"status":"success","data":{"resultType":"vector","result":[` + strings.Join(elements, ",") + `]}}`
	}
	one := func(labels, value string) string {
		return `{"metric":{` + labels + `},"value":[1700000000,"` + value + `"]}`
	}
	for name, test := range map[string]struct {
		body string
		want string // the alerts, as "{labels}=value shown as text"
		err  string // "" where the rule succeeds
	}{
		"NaN":              {vector(one(`"a":"b"`, "NaN")), `{a="b"}=NaN NaN`, ""},
		"infinite":         {vector(one(`"a":"b"`, "+Inf"), one(`"a":"c"`, "-Inf")), `{a="b"}=+Inf +Inf, {a="c"}=-Inf -Inf`, ""},
		"negative zero":    {vector(one(`"a":"b"`, "-0")), `{a="b"}=-0 -0`, ""},
		"scalar":           {`{"status":"success","data":{"resultType":"scalar","result":[1700000000,"3"]}}`, `{}=3 3`, ""},
		"histogram":        {vector(`{"metric":{"a":"b"},"histogram":[1,{"count":"2","sum":"3","buckets":[[0,"1","2","2"]]}]}`), `{a="b"}=0 {count:2, sum:3, (1,2]:2}`, ""},
		"any UTF-8":        {vector(one(`"ünï.cöde 日本\n":"😀 \" \\ \u0000"`, "1")), `{ünï.cöde 日本` + "\n" + `="😀 \" \\ \x00"}=1 1`, ""},
		"future":           {vector(`{"metric":{"a":"b"},"value":[4102444800,"1"]}`), `{a="b"}=1 1`, ""},
		"names are no ids": {vector(one(`"__name__":"x","a":"b"`, "1")), `{a="b"}=1 1`, ""},
		"alertname":        {vector(one(`"alertname":"theirs","a":"b"`, "1")), `{a="b"}=1 1`, ""},
		"nothing":          {vector(), "", ""},
		"duplicates":       {vector(one(`"a":"b"`, "1"), one(`"a":"b"`, "2")), "kept", "two results have the same labels"},
		"by name only":     {vector(one(`"__name__":"x","a":"b"`, "1"), one(`"__name__":"y","a":"b"`, "2")), "kept", "two results have the same labels"},
		"too many":         {vector(strings.Split(strings.Repeat(one(`"a":"b"`, "1")+"\n", 51), "\n")[:51]...), "kept", "51 series, more than prometheus.max_series allows (50)"},
		"matrix":           {`{"status":"success","data":{"resultType":"matrix","result":[]}}`, "kept", "gives a matrix"},
		"string":           {`{"status":"success","data":{"resultType":"string","result":[1700000000,"x"]}}`, "kept", "gives a string"},
		"null":             {`{"status":"success","data":{"resultType":"vector","result":null}}`, "kept", "no result"},
		"cut short":        {vector(one(`"a":"b"`, "1"))[:100], "kept", "without a value"},
		"wrong types":      {vector(`{"metric":{"a":7},"value":[1,"1"]}`), "kept", "without a value"},
		"no value":         {vector(`{"metric":{"a":"c"}}`), "kept", "without a value"},
		"warning":          {`{"status":"success","warnings":["store-1 is away"],"data":{"resultType":"vector","result":[]}}`, "kept", "store-1 is away"},
		"web page":         {"<html>", "kept", "web page"},
		"nothing at all":   {"", "kept", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			body := vector(one(`"a":"kept"`, "5"))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
			defer server.Close()
			settings := prom.DefaultSettings()
			settings.URL, settings.MaxSeries = server.URL, 50
			client, err := prom.New(settings, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			s, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			e := New(Options{Store: s, Querier: client, Committed: func() {}, Concurrency: 1, Logger: quiet()})
			rule := &rules.Rule{
				ID: "odd", Name: "Odd", Expr: rules.Fixed("x"), OnMissing: rules.Resolve,
				Annotations: []rules.Template{{Name: "shown", Text: "{{ $value }}"}},
			}
			e.setup = testSetup(rule)
			r := newRunner(e, e.setup.Groups[0])
			e.runners = []*runner{r}
			r.evaluate(t.Context(), time.Unix(1_700_000_000, 0))
			body = test.body
			r.evaluate(t.Context(), time.Unix(1_700_000_015, 0))

			active, err := s.ActiveAlerts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range active {
				got = append(got, fmt.Sprintf("%s=%v %s", a.Labels.Without(alert.AlertName), a.Value, a.Annotations.Get("shown")))
			}
			slices.Sort(got)
			want := test.want
			if want == "kept" {
				want = `{a="kept"}=5 5`
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("alerts %s, want %s", strings.Join(got, ", "), want)
			}
			if status := e.Groups()[0].Rules[0].LastError; !strings.Contains(status, test.err) || test.err == "" && status != "" {
				t.Errorf("status %q, want %q", status, test.err)
			}
		})
	}
}
