package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"

	"alertd/internal/alert"
	"alertd/rules"
)

// promServer is Prometheus's query engine, which counts what it is asked and
// may refuse some of it.
type promServer struct {
	engine  *promql.Engine
	storage storage.Queryable

	mu     sync.Mutex
	asked  []string
	refuse func(expr string) error
}

func newPromServer(t *testing.T, load string) *promServer {
	t.Helper()
	series := promqltest.LoadedStorage(t, load)
	t.Cleanup(func() { _ = series.Close() })
	return &promServer{
		engine:  promqltest.NewTestEngine(t, false, 5*time.Minute, promqltest.DefaultMaxSamplesPerQuery),
		storage: series, refuse: func(string) error { return nil },
	}
}

func (s *promServer) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	s.mu.Lock()
	s.asked = append(s.asked, expr)
	err := s.refuse(expr)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	q, err := s.engine.NewInstantQuery(ctx, s.storage, nil, expr, ts)
	if err != nil {
		return nil, refusal{own: true}
	}
	defer q.Close()
	result := q.Exec(ctx)
	if scalar, ok := result.Value.(promql.Scalar); ok {
		return []alert.Sample{{Value: scalar.V}}, nil
	}
	vector, err := result.Vector()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", refusal{own: true}, err)
	}
	samples := make([]alert.Sample, len(vector))
	for i, element := range vector {
		m := map[string]string{}
		element.Metric.Range(func(l labels.Label) { m[l.Name] = l.Value })
		samples[i] = alert.Sample{Labels: alert.LabelsFromMap(m), Value: element.F}
	}
	return samples, nil
}

// evaluated lets the runner evaluate once at ts, and returns how many requests
// that took and which alerts are firing then.
func (s *promServer) evaluated(t *testing.T, r *runner, ts time.Time) (requests int, firing string) {
	t.Helper()
	s.asked = nil
	r.evaluate(t.Context(), ts)
	var names []string
	for _, alerts := range r.alerts {
		for _, a := range alerts {
			names = append(names, a.Labels.Get(alert.AlertName)+"@"+a.Labels.Get("instance"))
		}
	}
	slices.Sort(names)
	return len(s.asked), strings.Join(names, " ")
}

// instances loads up for n instances: each tenth is down until the tenth minute.
func instances(n int) string {
	var b strings.Builder
	b.WriteString("load 1m\n")
	for i := range n {
		run := "1x60"
		if i%10 == 0 {
			run = "0x10 1x50"
		}
		fmt.Fprintf(&b, "  up{instance=\"host-%d.example.org\"} %s\n", i, run)
	}
	return b.String()
}

// instanceRules has a rule for each instance, and some that are not alike.
func instanceRules(n int) []*rules.Rule {
	var rs []*rules.Rule
	add := func(name, expr, evidence string) {
		rs = append(rs, &rules.Rule{ID: name, Name: name, Expr: rules.Fixed(expr), Evidence: rules.Fixed(evidence), OnMissing: rules.Keep})
	}
	for i := range n {
		up := fmt.Sprintf(`up{instance="host-%d.example.org"}`, i)
		add(fmt.Sprint("Down", i), up+" == 0", up)
	}
	add("Any", "count by (job) (up == 0) > 1", "count by (job) (up)")
	add("Scalar", "time() > bool 0", "")
	return rs
}

func batchRunner(s *promServer, rs []*rules.Rule) *runner {
	e := New(Options{Store: newFakeStore(), Querier: s, Committed: func() {}, Concurrency: 4, Logger: quiet()})
	e.setup = testSetup(rs...)
	e.setup.Batch = true
	return newRunner(e, e.setup.Groups[0])
}

func minute(n int) time.Time { return time.Unix(int64(60*n), 0) }

const downAtFive = "Any@ Down0@host-0.example.org Down10@host-10.example.org Down20@host-20.example.org Scalar@"

func TestRulesAreAskedTogether(t *testing.T) {
	s := newPromServer(t, instances(30))
	r := batchRunner(s, instanceRules(30))
	if requests, firing := s.evaluated(t, r, minute(5)); requests != 1 || firing != downAtFive {
		t.Errorf("%d requests, firing %s", requests, firing)
	}
	// The evidence of three hosts and of Any's is one request more.
	if requests, firing := s.evaluated(t, r, minute(20)); requests != 2 || firing != "Scalar@" {
		t.Errorf("%d requests, firing %s", requests, firing)
	}
}

// A rule at fault costs its neighbours nothing, and one failed request.
func TestRuleAtFaultIsAskedAlone(t *testing.T) {
	s := newPromServer(t, instances(30))
	rs := instanceRules(30)
	rs = append(rs, &rules.Rule{ID: "Bad", Name: "Bad", Expr: rules.Fixed("up + on () up"), OnMissing: rules.Resolve})
	r := batchRunner(s, rs)
	for i, want := range []int{1 + len(rs), 2, 2} {
		if requests, firing := s.evaluated(t, r, minute(5).Add(time.Duration(i)*time.Second)); requests != want || firing != downAtFive {
			t.Errorf("%d requests, want %d; firing %s", requests, want, firing)
		}
		for _, status := range r.status.Rules {
			if wrong := status.LastError != ""; wrong != (status.Name == "Bad") || strings.Contains(status.LastError, "__alertd_rule__") {
				t.Errorf("%s: error %q", status.Name, status.LastError)
			}
		}
	}
	// It still fails when its time apart is over, and so stays apart.
	at := minute(5)
	for range 30 {
		at = at.Add(time.Minute)
		if requests, _ := s.evaluated(t, r, at); requests > 3 {
			t.Errorf("%d requests at %s", requests, at.UTC())
		}
	}
}

// A server that answers but takes no large queries is asked rule by rule, and
// large queries are tried again only now and then.
func TestServerThatRefusesLargeQueries(t *testing.T) {
	s := newPromServer(t, instances(30))
	s.refuse = func(expr string) error {
		if len(expr) > 200 {
			return refusal{own: false} // a proxy's 413 is nobody's own fault
		}
		return nil
	}
	rs := instanceRules(30)
	r := batchRunner(s, rs)
	for i, want := range []int{1 + len(rs), len(rs), len(rs)} {
		if requests, firing := s.evaluated(t, r, minute(5).Add(time.Duration(i)*time.Second)); requests != want || firing != downAtFive {
			t.Errorf("%d requests, want %d; firing %s", requests, want, firing)
		}
	}
	s.refuse = func(string) error { return nil }
	if requests, _ := s.evaluated(t, r, minute(5).Add(apartFor+3*time.Second)); requests != 2 {
		t.Errorf("%d requests once large queries are welcome again, want one and the evidence", requests)
	}
}

// A Prometheus that does not answer is not asked all the more.
func TestUnreachablePrometheusIsNotBurdened(t *testing.T) {
	s := newPromServer(t, instances(300))
	r := batchRunner(s, instanceRules(300))
	s.refuse = func(string) error { return refusal{own: false} }
	requests, _ := s.evaluated(t, r, minute(5))
	if requests > 4 {
		t.Errorf("%d requests for 302 rules", requests)
	}
	for _, status := range r.status.Rules {
		if status.LastError == "" {
			t.Errorf("%s has no error", status.Name)
		}
	}
	s.refuse = func(string) error { return nil }
	if requests, _ = s.evaluated(t, r, minute(6)); requests > 2 {
		t.Errorf("%d requests once it answers again", requests)
	}
}

// An answer that cannot be told apart is no answer.
type renamer struct{ *promServer }

func (s renamer) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	samples, err := s.promServer.Query(ctx, expr, ts)
	if strings.Contains(expr, "=~") {
		for i := range samples {
			samples[i].Labels = samples[i].Labels.Without("instance")
		}
	}
	return samples, err
}

func TestServerThatLosesLabels(t *testing.T) {
	s := newPromServer(t, instances(30))
	r := batchRunner(s, instanceRules(30))
	r.engine.o.Querier = renamer{s}
	if _, firing := s.evaluated(t, r, minute(5)); firing != downAtFive {
		t.Errorf("firing %s", firing)
	}
}

// What is cut short by a stop is nobody's fault.
func TestCutShortIsNobodysFault(t *testing.T) {
	s := newPromServer(t, instances(30))
	r := batchRunner(s, instanceRules(30))
	ctx, cancel := context.WithCancel(t.Context())
	s.refuse = func(string) error { cancel(); return errors.New("cut short") }
	r.evaluate(ctx, minute(5))
	if len(s.asked) != 1 || len(r.questions.apart) > 0 {
		t.Errorf("asked %d times, %d rules apart", len(s.asked), len(r.questions.apart))
	}
}
