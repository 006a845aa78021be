package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// prometheus answers queries by Prometheus's own engine over series that have,
// at any moment, the value that they were last given: what a test changes is
// true at once, and not at the next scrape.
type prometheus struct {
	*httptest.Server
	engine *promql.Engine

	mu     sync.Mutex
	values map[string]float64 // of the series storm{target="..."}
	away   bool               // answers 503
}

func newPrometheus(t *testing.T) *prometheus {
	t.Helper()
	p := &prometheus{values: map[string]float64{}, engine: promql.NewEngine(promql.EngineOpts{
		Logger: slog.New(slog.DiscardHandler), MaxSamples: 1e6, Timeout: 10 * time.Second,
	})}
	p.Server = httptest.NewServer(http.HandlerFunc(p.query))
	t.Cleanup(func() {
		p.Close()
		_ = p.engine.Close()
	})
	return p
}

func (p *prometheus) set(target string, value float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.values[target] = value
}

func (p *prometheus) goAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

// firing tells whether the target is in breach.
func (p *prometheus) firing(target string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.values[target] > 0.5
}

func (p *prometheus) query(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	away := p.away
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if away {
		http.Error(w, `{"status":"error","errorType":"unavailable","error":"away"}`, http.StatusServiceUnavailable)
		return
	}
	result, err := p.ask(r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"status": "error", "errorType": "bad_data", "error": err.Error()})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": "success", "data": map[string]any{"resultType": "vector", "result": result},
	})
}

type sample struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"`
}

func (p *prometheus) ask(r *http.Request) ([]sample, error) {
	seconds, err := strconv.ParseFloat(r.FormValue("time"), 64)
	if err != nil {
		return nil, fmt.Errorf("reading the time %q: %w", r.FormValue("time"), err)
	}
	query, err := p.engine.NewInstantQuery(r.Context(), p, nil, r.FormValue("query"), time.UnixMilli(int64(seconds*1000)))
	if err != nil {
		return nil, err
	}
	defer query.Close()
	vector, err := query.Exec(r.Context()).Vector()
	if err != nil {
		return nil, err
	}
	out := make([]sample, len(vector))
	for i, s := range vector {
		out[i] = sample{Metric: s.Metric.Map(), Value: [2]any{seconds, strconv.FormatFloat(s.F, 'g', -1, 64)}}
	}
	return out, nil
}

// Querier makes p the storage of its own engine.
func (p *prometheus) Querier(_, until int64) (storage.Querier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &querier{at: until, values: maps.Clone(p.values)}, nil
}

// querier has one sample of each series.
type querier struct {
	at     int64
	values map[string]float64
}

func (q *querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, target := range slices.Sorted(maps.Keys(q.values)) {
		series := labels.FromStrings(model.MetricNameLabel, "storm", "target", target)
		if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(series.Get(m.Name)) }) {
			continue
		}
		found = append(found, storage.NewListSeries(series, []chunks.Sample{point{q.at, q.values[target]}}))
	}
	return &seriesSet{series: found}
}

func (q *querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *querier) Close() error { return nil }

// seriesSet goes through series.
type seriesSet struct {
	series []storage.Series
	next   int
}

func (s *seriesSet) Next() bool                        { s.next++; return s.next <= len(s.series) }
func (s *seriesSet) At() storage.Series                { return s.series[s.next-1] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// point is a sample without a histogram.
type point struct {
	at    int64
	value float64
}

func (p point) ST() int64                     { return 0 }
func (p point) T() int64                      { return p.at }
func (p point) F() float64                    { return p.value }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }
