package prom

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

// ranged is a client whose transport answers with body, and the forms sent.
func ranged(t *testing.T, body string) (*Client, *[]string) {
	t.Helper()
	c, err := New(Settings{URL: "http://prometheus:9090"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	c.http = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		form, err := io.ReadAll(r.Body)
		sent = append(sent, r.URL.Path+"?"+string(form))
		return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, err
	})}
	return c, &sent
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestQueryRange(t *testing.T) {
	c, sent := ranged(t, success(`{"resultType":"matrix","result":[
		{"metric":{"__name__":"up","b":"2","a":"1"},"values":[[1700000000,"1"],[1700000015.5,"NaN"],[1700000030,"0"]]},
		{"metric":{},"histograms":[[1700000000,{"count":"1","sum":"1","buckets":[[0,"0","1","1"]]}]]},
		{"metric":{},"values":[]}]}`))
	start := time.UnixMilli(1700000000250)
	got, err := c.QueryRange(t.Context(), "up > 0", start, start.Add(time.Hour), 15*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !got[0].Labels.Equal(alert.LabelsFromStrings("__name__", "up", "a", "1", "b", "2")) || len(got[0].Points) != 3 {
		t.Fatalf("got %v", got)
	}
	if h := got[1].Points; len(h) != 1 || h[0] != (alert.Point{At: 1700000000000}) {
		t.Errorf("a native histogram is %v", h)
	}
	if p := got[0].Points; p[0] != (alert.Point{At: 1700000000000, Value: 1}) || p[1].At != 1700000015500 || !math.IsNaN(p[1].Value) || p[2].Value != 0 {
		t.Errorf("got %v", p)
	}
	if want := "/api/v1/query_range?end=1700003600.25&query=up+%3E+0&start=1700000000.25&step=15&timeout=10s"; (*sent)[0] != want {
		t.Errorf("sent %s, want %s", (*sent)[0], want)
	}
}

func TestQueryRangeTellsWhoseFault(t *testing.T) {
	for _, c := range []struct {
		body string
		want error
		says string
	}{
		{success(`{"resultType":"vector","result":[]}`), ErrUnreachable, "not a matrix"},
		{success(`{"resultType":"matrix","result":[{"metric":{},"values":[[1,null]]}]}`), ErrUnreachable, ""},
		{success(`{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}`), ErrUnreachable, ""},
		{success(`{"resultType":"matrix","result":[null]}`), ErrUnreachable, "without a value"},
		{partial + `"warnings":["x"]}`, ErrPartial, "x"},
		{success(`{"resultType":"matrix","result":[{"metric":{"a":"` + strings.Repeat("x", maxRangeAnswer) + `"},"values":[[1,"1"]]}]}`), ErrRejected, "larger than 16 MiB"},
		{web, ErrUnreachable, "web page"},
	} {
		client, _ := ranged(t, c.body)
		got, err := client.QueryRange(t.Context(), "up", at, at.Add(time.Hour), time.Minute)
		if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%.90s: got %v, %v; want %v: %s", c.body, got, err, c.want, c.says)
		}
	}
}
