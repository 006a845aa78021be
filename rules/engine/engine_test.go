package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// fakeQuerier answers by expression; what it does not know is an empty result.
type fakeQuerier struct {
	mu      sync.Mutex
	values  map[string]float64 // expression -> value of its one sample
	err     error
	delay   time.Duration
	asked   []string
	running int
	most    int
}

type refusal struct{ own bool }

func (r refusal) Error() string  { return fmt.Sprintf("refused (own fault %v)", r.own) }
func (r refusal) Rejected() bool { return r.own }

func (q *fakeQuerier) set(change func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change()
}

func (q *fakeQuerier) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	q.mu.Lock()
	q.asked = append(q.asked, fmt.Sprintf("%s@%s", expr, ts.UTC().Format("15:04:05")))
	q.running++
	q.most = max(q.most, q.running)
	delay := q.delay
	q.mu.Unlock()
	defer q.set(func() { q.running-- })
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, refusal{own: false}
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return nil, q.err
	}
	v, ok := q.values[expr]
	if !ok {
		return nil, nil
	}
	return []alert.Sample{{Labels: alert.LabelsFromStrings(alert.MetricName, "m", "instance", "a"), Value: v}}, nil
}

// fakeStore remembers what was committed.
type fakeStore struct {
	mu     sync.Mutex
	rows   map[string]alert.Alert
	events []string
	groups []string
	// routing is what the alerts follow; touched how often one was handed to it.
	routing string
	touched int
	err     error
}

func newFakeStore() *fakeStore { return &fakeStore{rows: map[string]alert.Alert{}} }

func (s *fakeStore) Routing(context.Context, string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.routing, nil
}

func (s *fakeStore) ActiveAlerts(context.Context) ([]alert.Alert, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []alert.Alert
	for _, a := range s.rows {
		if a.Active() {
			out = append(out, a)
		}
	}
	return out, nil
}

func (s *fakeStore) EndedAlerts(_ context.Context, since time.Time) ([]alert.Alert, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []alert.Alert
	for _, a := range s.rows {
		if a.State == alert.Resolved && !a.ResolvedAt.Before(since) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b alert.Alert) int { return a.FiredAt.Compare(b.FiredAt) })
	return out, nil
}

func (s *fakeStore) CommitEvaluation(_ context.Context, e *alert.Evaluation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.touched += len(e.Touched)
	s.routing = cmp.Or(e.Routing, s.routing)
	for _, a := range e.Completed() {
		s.rows[a.ID] = a
	}
	for _, id := range e.Deletes {
		delete(s.rows, id)
	}
	for _, ev := range e.Events {
		s.events = append(s.events, fmt.Sprintf("%s %s", ev.Labels.Get(alert.AlertName), ev.Kind))
	}
	for _, refs := range e.Touched {
		for _, ref := range refs {
			s.groups = append(s.groups, string(ref.Key))
		}
	}
	return nil
}

func (s *fakeStore) told() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.events, ", ")
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func testRule(name string, wait time.Duration) *rules.Rule {
	return &rules.Rule{
		ID: "test/" + name, Name: name, Expr: rules.Fixed(name + " > 1"), Evidence: rules.Fixed(name), For: wait,
		OnMissing: rules.Keep, Annotations: []rules.Template{{Name: "summary", Text: "value {{ $value }}"}},
	}
}

func testSetup(rs ...*rules.Rule) *Setup {
	return &Setup{
		Groups:   []rules.Group{{Name: "test", Interval: 15 * time.Second, Rules: rs}},
		Route:    func(alert.Labels) []alert.GroupRef { return []alert.GroupRef{{Key: "g"}} },
		Interval: 15 * time.Second, Timeout: 5 * time.Second,
	}
}

// pass lets the bubble's time pass, and whatever it sets off come to rest.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// running starts an engine inside a synctest bubble.
func running(t *testing.T, store *fakeStore, q *fakeQuerier, s *Setup) (*Engine, func()) {
	t.Helper()
	e := New(Options{Store: store, Querier: q, Committed: func() {}, Concurrency: 2, Logger: quiet()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.Run(ctx) }()
	e.Apply(s)
	synctest.Wait()
	return e, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestEngineFiresAndResolves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		e, stop := running(t, store, q, testSetup(testRule("X", 40*time.Second)))
		defer stop()
		select {
		case <-e.Ready():
		default:
			t.Fatal("not ready after the first round")
		}
		pass(time.Minute)
		if got := store.told(); got != "X pending, X firing" {
			t.Fatalf("told %q", got)
		}
		for _, a := range store.rows {
			if a.Annotations.Get("summary") != "value 7" {
				t.Errorf("annotations %v", a.Annotations)
			}
		}
		q.set(func() { q.values = map[string]float64{"X": 0} })
		pass(15 * time.Second)
		if got := store.told(); got != "X pending, X firing, X resolved" {
			t.Fatalf("told %q", got)
		}
		if !slices.Contains(store.groups, "g") {
			t.Error("no aggregation group was touched")
		}
	})
}

// A quiet rule costs one query an evaluation; evidence is asked only when an
// active alert is not in the result.
func TestEngineAsksForEvidenceOnlyWhenNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{}
		_, stop := running(t, store, q, testSetup(testRule("X", 0)))
		pass(time.Minute)
		stop()
		if len(q.asked) != 5 || strings.Contains(strings.Join(q.asked, " "), "X@") {
			t.Errorf("asked %v", q.asked)
		}
	})
}

// Facts are asked for as long as a breach is not an alert, and decide when it
// becomes one; a question without an answer decides nothing.
func TestEngineAsksForFactsOfNewBreaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule := testRule("X", 0)
		due := time.Now().Add(40 * time.Second)
		rule.Facts = []rules.Fact{{
			Expr:  rules.Fixed("due"),
			Begin: func(_ time.Time, _, fact float64) time.Time { return time.Unix(int64(fact), 0) },
		}}
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7, "due": float64(due.Unix())}}
		_, stop := running(t, store, q, testSetup(rule))
		defer stop()
		pass(30 * time.Second)
		if got := store.told(); got != "" {
			t.Fatalf("told %q before it was due", got)
		}
		pass(time.Minute)
		if got := store.told(); got != "X firing" {
			t.Fatalf("told %q", got)
		}
		for _, a := range store.rows {
			if !a.ActiveAt.Equal(due) {
				t.Errorf("since %s, want %s", a.ActiveAt, due)
			}
			for _, question := range q.asked {
				if at, ok := strings.CutPrefix(question, "due@"); ok && at > a.FiredAt.UTC().Format("15:04:05") {
					t.Errorf("asked %s of an alert that fired at %s", question, a.FiredAt.UTC())
				}
			}
		}
	})
}

func TestEngineRestartGoesOnFromTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		_, stop := running(t, store, q, testSetup(testRule("X", time.Minute)))
		pass(31 * time.Second)
		stop()
		pass(10 * time.Second)
		_, stop = running(t, store, q, testSetup(testRule("X", time.Minute)))
		pass(30 * time.Second)
		stop()
		if got := store.told(); got != "X pending, X firing" {
			t.Fatalf("told %q", got)
		}
	})
}

func TestEngineUnreachablePrometheusFreezesAndTellsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7, "Y > 1": 7}}
		_, stop := running(t, store, q, testSetup(testRule("X", 0), testRule("Y", 0)))
		defer stop()
		q.set(func() { q.err = refusal{own: false} })
		pass(10 * time.Minute)
		if got := store.told(); got != "X firing, Y firing, PrometheusUnreachable pending, PrometheusUnreachable firing" {
			t.Fatalf("told %q", got)
		}
		q.set(func() { q.err = nil })
		pass(time.Minute)
		if got := store.told(); !strings.HasSuffix(got, "PrometheusUnreachable firing, PrometheusUnreachable resolved") {
			t.Fatalf("told %q", got)
		}
	})
}

// A short outage is not worth a message.
func TestEngineShortOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{err: refusal{own: false}}
		_, stop := running(t, store, q, testSetup(testRule("X", 0)))
		defer stop()
		pass(40 * time.Second)
		q.set(func() { q.err = nil })
		pass(5 * time.Minute)
		if got := store.told(); got != "PrometheusUnreachable pending, PrometheusUnreachable pending ended" {
			t.Fatalf("told %q", got)
		}
	})
}

// badRule fails by its own fault; its neighbours go on.
type badRule struct{ *fakeQuerier }

func (q badRule) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	if strings.HasPrefix(expr, "bad") {
		return nil, refusal{own: true}
	}
	return q.fakeQuerier.Query(ctx, expr, ts)
}

func TestEngineRuleFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		e := New(Options{Store: store, Querier: badRule{q}, Committed: func() {}, Concurrency: 2, Logger: quiet()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		e.Apply(testSetup(testRule("bad", 0), testRule("X", 0)))
		pass(3 * time.Minute)
		if got := store.told(); got != "X firing, RuleFailing firing" {
			t.Fatalf("told %q", got)
		}
		if g := e.Groups(); g[0].Rules[0].LastError == "" || g[0].Rules[1].LastError != "" {
			t.Errorf("status %+v", g[0])
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Rules of two cron jobs are alike in group and name, and still two alerts.
func TestEngineRuleFailingNamesTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		q := &fakeQuerier{err: refusal{own: true}}
		one, two := testRule("CronFailed", 0), testRule("CronFailed", 0)
		one.ID, one.Job = "one", "etl"
		two.ID, two.Job = "two", "backup"
		_, stop := running(t, store, q, testSetup(one, two))
		defer stop()
		pass(3 * time.Minute)
		var told []string
		for _, a := range store.rows {
			told = append(told, a.Labels.Get(rules.CronJobLabel)+": "+a.Annotations.Get("summary"))
		}
		slices.Sort(told)
		want := []string{"backup: Rule CronFailed of cron job backup cannot be evaluated", "etl: Rule CronFailed of cron job etl cannot be evaluated"}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// What cannot be committed is kept, goes on evolving, and is committed later.
func TestEngineStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		store.err = errors.New("disk full")
		e, stop := running(t, store, q, testSetup(testRule("X", 30*time.Second)))
		defer stop()
		pass(2 * time.Minute)
		if got := e.Groups()[0].StoreError; got != "disk full" {
			t.Errorf("the status says %q of the store", got)
		}
		store.mu.Lock()
		store.err = nil
		store.mu.Unlock()
		pass(15 * time.Second)
		if got := store.told(); got != "X pending, X firing" {
			t.Fatalf("told %q", got)
		}
		if got := e.Groups()[0].StoreError; got != "" {
			t.Errorf("the status still says %q of the store", got)
		}
	})
}

// Slots that an evaluation overran are skipped, never queued, and one group is
// never evaluated twice at once.
func TestEngineSlowQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{delay: 4 * time.Second}
		s := testSetup()
		for i := range 10 {
			s.Groups[0].Rules = append(s.Groups[0].Rules, testRule(fmt.Sprint("R", i), 0))
		}
		_, stop := running(t, store, q, s)
		pass(5 * time.Minute)
		stop()
		if q.most != 2 {
			t.Errorf("%d queries at once, want as many as are allowed, 2", q.most)
		}
		if evaluations := len(q.asked) / 10; evaluations > 12 {
			t.Errorf("%d evaluations of 20 s each within 5 minutes", evaluations)
		}
		if !slices.IsSortedFunc(q.asked, func(a, b string) int { return strings.Compare(a[len(a)-8:], b[len(b)-8:]) }) {
			t.Errorf("evaluations overlap: %v", q.asked)
		}
	})
}

func TestEngineReloadKeepsStateAndEndsRemovedRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7, "Y > 1": 7}}
		e, stop := running(t, store, q, testSetup(testRule("X", 0), testRule("Y", 0)))
		defer stop()
		e.Apply(testSetup(testRule("X", 0)))
		pass(time.Minute)
		if got := store.told(); got != "X firing, Y firing, Y resolved" {
			t.Fatalf("told %q", got)
		}
		for _, a := range store.rows {
			if a.Name() == "Y" && a.Resolution != alert.RuleGone {
				t.Errorf("Y ended because of %q", a.Resolution)
			}
		}
	})
}

// Alerts are handed to the routes when these are others than those that they
// follow, be it since another start.
func TestEngineRoutesAnewOnlyByOtherRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		setup := func(routing string) *Setup {
			s := testSetup(testRule("X", 0))
			s.Routing = routing
			return s
		}
		e, stop := running(t, store, q, setup("one"))
		touched := func(what string, want int) {
			t.Helper()
			pass(time.Minute)
			store.mu.Lock()
			defer store.mu.Unlock()
			if store.touched != want || store.routing == "" {
				t.Errorf("%s: touched %d times, want %d; the routing is %q", what, store.touched, want, store.routing)
			}
		}
		touched("begun", 1)
		e.Apply(setup("one"))
		touched("the same routes", 1)
		e.Apply(setup("two"))
		touched("other routes", 2)
		stop()
		_, stop = running(t, store, q, setup("two"))
		touched("the same after another start", 2)
		stop()
		_, stop = running(t, store, q, setup("three"))
		touched("others after another start", 3)
		stop()
	})
}
