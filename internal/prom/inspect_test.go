package prom

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newAsked(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := DefaultSettings()
	s.URL = server.URL + "/prometheus"
	c, err := New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestInspect reads answers as Prometheus 3.16 gives them; the end-to-end tests
// ask a real one.
func TestInspect(t *testing.T) {
	paths := map[string]string{
		"/prometheus/api/v1/query":       success(`{"resultType":"vector","result":[],"stats":{"timings":{"evalTotalTime":0.25},"samples":{"totalQueryableSamples":1234,"peakSamples":7}}}`),
		"/prometheus/api/v1/metadata":    success(`{"up":[{"type":"gauge","help":"","unit":""},{"type":"unknown","help":"","unit":""}]}`),
		"/prometheus/api/v1/targets":     success(`{"activeTargets":[{"discoveredLabels":{"__scrape_interval__":"1m30s"},"labels":{"job":"j","instance":"i"},"health":"up"},{"discoveredLabels":{},"labels":{"job":"k","instance":"i"},"health":"up"}],"droppedTargets":[]}`),
		"/prometheus/api/v1/query_range": success(`{"resultType":"matrix","result":[{"metric":{},"values":[[60,"1"],[120,"0"]]}]}`),
	}
	c := newAsked(t, func(w http.ResponseWriter, r *http.Request) { says(http.StatusOK, paths[r.URL.Path])(w, r) })
	cost, err := c.Cost(t.Context(), "up", at)
	if want := (Cost{Samples: 1234, Took: 250 * time.Millisecond}); err != nil || cost != want {
		t.Errorf("cost %+v, error %v", cost, err)
	}
	types, err := c.Types(t.Context(), "up")
	if diff := cmp.Diff([]string{"gauge", "unknown"}, types); err != nil || diff != "" {
		t.Errorf("types %s, error %v", diff, err)
	}
	intervals, err := c.ScrapeIntervals(t.Context())
	if diff := cmp.Diff(map[Target]time.Duration{{"j", "i"}: 90 * time.Second}, intervals); err != nil || diff != "" {
		t.Errorf("intervals %s, error %v", diff, err)
	}
	times, err := c.Times(t.Context(), "up", at, at.Add(time.Hour), time.Minute)
	if err != nil || len(times) != 1 || len(times[0]) != 2 || times[0][1].Unix() != 120 {
		t.Errorf("times %v, error %v", times, err)
	}
}

// The errors are those of Query.
func TestInspectErrors(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"rejected":     {says(http.StatusUnprocessableEntity, `{"status":"error","errorType":"execution","error":"many-to-many matching not allowed"}`), ErrRejected},
		"no such path": {says(http.StatusNotFound, "404 page not found"), ErrUnreachable},
		"a web page":   {says(http.StatusOK, "<html>"), ErrUnreachable},
		"not allowed":  {says(http.StatusUnauthorized, "no"), ErrUnreachable},
	} {
		c := newAsked(t, test.handler)
		_, cost := c.Cost(t.Context(), "up", at)
		_, types := c.Types(t.Context(), "up")
		_, intervals := c.ScrapeIntervals(t.Context())
		_, times := c.Times(t.Context(), "up", at, at, time.Minute)
		for _, err := range []error{cost, types, intervals, times} {
			if !errors.Is(err, test.want) {
				t.Errorf("%s: error %v, want %v", name, err, test.want)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newAsked(t, says(http.StatusOK, vector(""))).Cost(ctx, "up", at); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	partial := newAsked(t, says(http.StatusOK, `{"status":"success","warnings":["half"],"data":{"resultType":"matrix","result":[]}}`))
	if _, err := partial.Times(t.Context(), "up", at, at, time.Minute); !errors.Is(err, ErrPartial) {
		t.Errorf("error %v", err)
	}
}
