package prom

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"alertd/internal/alert"
)

// canned is a transport with one answer.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: c.status, Request: r, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: int64(len(c.body)),
	}, nil
}

// FuzzQuery: whatever is answered, there is a result that can be trusted in
// form or an error that says whose fault it is.
func FuzzQuery(f *testing.F) {
	for _, body := range []string{
		vector(`{"metric":{"__name__":"up","a":"b"},"value":[1700000000.25,"1"]}`),
		vector(`{"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[[0,"0","1","1"]]}]}`),
		vector(`null,{},{"metric":null,"value":[]}`),
		success(`{"resultType":"vector","result":null}`),
		success(`{"resultType":"vector","resultType":"scalar","result":[],"result":[1,"2"]}`),
		vector("{\"metric\":{\"a\xff\":\"\",\"日本\":\"\\ud800\"},\"value\":[1e300,\"-Inf\"]}"),
		success(`{"resultType":"scalar","result":[1,"NaN"]}`),
		success(`{"resultType":"string","result":[1,"x"]}`),
		success(`{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}`),
		partial + `"warnings":["PromQL info: x","y"],"infos":["z"],"isPartial":true}`,
		failure("bad_data", "parse error"), web, "{}", "null", "[]", "",
	} {
		f.Add(200, body)
		f.Add(400, body)
	}
	c, err := New(Settings{URL: "http://prometheus:9090"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		client := &Client{
			base: c.base, timeout: c.timeout, limit: c.limit, series: c.series, metrics: c.metrics,
			http: &http.Client{Transport: canned{200 + (status%400+400)%400, body}},
		}
		samples, err := client.Query(t.Context(), "up", at)
		if err != nil {
			if !errors.Is(err, ErrUnreachable) && !errors.Is(err, ErrRejected) && !errors.Is(err, ErrPartial) {
				t.Errorf("whose fault is %v?", err)
			}
			if len(err.Error()) > maxText+200 || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("the text is not a short line: %q", err)
			}
			return
		}
		checkSaid(t, body, len(samples))
		for _, s := range samples {
			if !s.Labels.Equal(alert.LabelsFromMap(s.Labels.Map())) {
				t.Errorf("not a label set: %v", s.Labels)
			}
			if !utf8.ValidString(fmt.Sprint(s.Labels, s.Histogram)) {
				t.Errorf("not text: %q", s.Labels)
			}
		}
	})
}

// checkSaid holds that a body which was understood really gives n elements.
func checkSaid(t *testing.T, body string, n int) {
	var answer struct {
		Data struct {
			ResultType string `json:"resultType"`
			Result     []any  `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%q was understood, and is no JSON: %v", body, err)
	}
	if answer.Data.ResultType == "scalar" && len(answer.Data.Result) == 2 {
		return
	}
	if answer.Data.Result == nil || len(answer.Data.Result) != n {
		t.Errorf("%q gave %d samples", body, n)
	}
}
