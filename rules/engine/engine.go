// Package engine evaluates rule groups on schedule: it asks Prometheus, lets
// rules.Step say what the answer means, and commits what changed. It keeps the
// active alerts in memory as the store has them, and goes on from the store
// after a restart.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
	"alertd/rules"
)

// Querier asks Prometheus.
type Querier interface {
	Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error)
}

// rejection is an error that knows whose fault it is. Queriers' errors have
// this method: true means that the question itself is wrong, false that no
// question is being answered as it should.
type rejection interface {
	error
	Rejected() bool
}

// unanswered tells whether err is the fault of Prometheus, not of the rule.
func unanswered(err error) bool {
	r, ok := errors.AsType[rejection](err)
	return ok && !r.Rejected()
}

// Store is what the engine needs of the store.
type Store interface {
	ActiveAlerts(ctx context.Context) ([]alert.Alert, error)
	EndedAlerts(ctx context.Context, since time.Time) ([]alert.Alert, error)
	Routing(ctx context.Context, group string) (string, error)
	CommitEvaluation(ctx context.Context, e *alert.Evaluation) error
}

// Options are what an engine is made of.
type Options struct {
	Store   Store
	Querier Querier
	// Recorder keeps what recording rules give; nil where there are none.
	Recorder Recorder
	// Committed is called after each commit, to wake whoever tells of it.
	Committed func()
	// Checks are what to find out about alertd itself, apart from evaluating.
	Checks []Check
	// Clock returns the time of day and how long alertd has been running, by a
	// clock that nobody sets; nil: the system's.
	Clock       func() Reading
	Concurrency int // queries under way at once
	Logger      *slog.Logger
	Registerer  prometheus.Registerer
}

// Setup is what the configuration says to evaluate. It is replaced as a whole.
type Setup struct {
	Groups []rules.Group
	// Route returns the aggregation groups that an alert belongs to.
	Route func(alert.Labels) []alert.GroupRef
	// Routing names what Route gives: while it stays the same, over restarts too,
	// the alerts are in their groups already. "" is never the same.
	Routing string
	// PrometheusURL is where links in messages lead; nil: to nowhere.
	PrometheusURL *url.URL
	Timeout       time.Duration  // of one query
	Batch         bool           // ask for many rules in one query
	Interval      time.Duration  // between looks at the engine's own health
	Flapping      rules.Flapping // of alertd's own alerts
	Runbooks      string         // URL below which alertd's own alerts are explained; "": nowhere
}

// Engine evaluates.
type Engine struct {
	o       Options
	metrics *metrics
	health  *health
	slots   chan struct{} // one for each query that may be under way
	applied chan *Setup
	ready   chan struct{} // closed after the first round
	lookNow chan struct{} // asks for the checks out of turn

	// carried is what stopped runners could not commit; only Run uses it.
	carried *alert.Evaluation

	mu      sync.Mutex
	runners []*runner
	setup   *Setup
}

// New returns an engine that evaluates nothing until Apply.
func New(o Options) *Engine {
	if o.Clock == nil {
		o.Clock = SystemClock(time.Now())
	}
	e := &Engine{
		o: o, metrics: newMetrics(o.Registerer), health: newHealth(o.Logger),
		slots: make(chan struct{}, max(o.Concurrency, 1)), applied: make(chan *Setup, 1), ready: make(chan struct{}),
		lookNow: make(chan struct{}, 1),
		carried: newEvaluation(ownGroup, time.Time{}),
	}
	e.metrics.collectAlerts(e.countAlerts)
	return e
}

// Apply replaces what is evaluated. Alerts of rules that stay go on as they are.
func (e *Engine) Apply(s *Setup) {
	select {
	case <-e.applied: // an older setup that Run has not taken up yet
	default:
	}
	e.applied <- s
}

// Ready is closed once every group has been evaluated for the first time.
// Until then what the store says of alerts may be out of date.
func (e *Engine) Ready() <-chan struct{} { return e.ready }

// Run evaluates until ctx ends, and returns when no evaluation is under way.
func (e *Engine) Run(ctx context.Context) error {
	active, err := e.o.Store.ActiveAlerts(ctx)
	if err != nil {
		return fmt.Errorf("reading the active alerts: %w", err)
	}
	state := map[string][]alert.Alert{}
	for _, a := range active {
		if a.RuleID != "" {
			state[a.RuleID] = append(state[a.RuleID], a)
		}
	}
	stop := func() {}
	for {
		select {
		case <-ctx.Done():
			stop()
			return nil
		case s := <-e.applied:
			stop()
			e.collect(state)
			stop = e.start(ctx, s, state)
		}
	}
}

// collect takes the state of the runners that have stopped, and what they
// could not commit.
func (e *Engine) collect(state map[string][]alert.Alert) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.runners {
		maps.Copy(state, r.alerts)
		if r.backlog != nil {
			e.carried.Merge(r.backlog)
		}
	}
}

// start evaluates the setup in the background and returns what stops it.
func (e *Engine) start(ctx context.Context, s *Setup, state map[string][]alert.Alert) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	own := rules.Group{Name: ownGroup, Interval: s.Interval, Rules: e.ownRules(s)}
	groups := append(slices.Clone(s.Groups), own)
	e.health.apply(s)
	fired, err := e.readFired(ctx, groups, time.Now())
	if err != nil {
		e.o.Logger.Error("Alerts that flap are noticed later than they could be", "err", err)
	}

	e.mu.Lock()
	e.setup, e.runners = s, nil
	known := map[string]bool{}
	for _, g := range groups {
		r := newRunner(e, g)
		r.fired = fired
		for _, rule := range g.Rules {
			known[rule.ID] = true
			if alerts := state[rule.ID]; len(alerts) > 0 {
				r.alerts[rule.ID] = alerts
			}
		}
		e.runners = append(e.runners, r)
	}
	runners := slices.Clone(e.runners)
	e.mu.Unlock()

	e.adopt(ctx, runners, state, known)
	var first, all sync.WaitGroup
	for _, r := range runners {
		first.Add(1)
		all.Go(func() { r.loop(ctx, first.Done) })
	}
	all.Go(func() {
		first.Wait()
		if ctx.Err() == nil {
			e.retainRecordings(ctx, known)
			e.markReady()
		}
	})
	return func() { cancel(); all.Wait() }
}

// adopt ends the alerts of rules that are gone, and hands those that stay to
// the aggregation groups of the new routes, where these are others than before.
func (e *Engine) adopt(ctx context.Context, runners []*runner, state map[string][]alert.Alert, known map[string]bool) {
	now := time.Now()
	ev := newEvaluation(ownGroup, now)
	followed, err := e.o.Store.Routing(ctx, ownGroup)
	if err != nil {
		e.o.Logger.Error("It is not known which routes the alerts follow; they are taken to be others than today's", "err", err)
	}
	// What could not be committed yet may follow routes of before.
	rerouted := e.setup.Routing == "" || followed != e.setup.Routing || e.carried.Routing != ""
	if rerouted {
		ev.Routing = e.setup.Routing
	}
	for id, alerts := range state {
		if known[id] {
			if rerouted {
				e.touch(ev, alerts)
			}
			continue
		}
		for _, a := range alerts {
			end(ev, a, now, alert.RuleGone)
			e.touch(ev, ev.Upserts[max(0, len(ev.Upserts)-1):])
		}
		delete(state, id)
	}
	e.carried.Merge(ev)
	ev, e.carried = e.carried, newEvaluation(ownGroup, time.Time{})
	// The runner commits it with its next evaluation should this fail.
	runners[len(runners)-1].commit(ctx, ev)
}

func newEvaluation(group string, at time.Time) *alert.Evaluation {
	return &alert.Evaluation{Group: group, At: at, Touched: map[string][]alert.GroupRef{}}
}

// end resolves an alert for a reason that no sample gave.
func end(ev *alert.Evaluation, a alert.Alert, now time.Time, why alert.Resolution) {
	if a.State == alert.Pending {
		ev.Deletes = append(ev.Deletes, a.ID)
		ev.Events = append(ev.Events, alert.Event{At: now, Kind: alert.EventVanished, AlertID: a.ID, Labels: a.Labels, Value: a.Value, Detail: string(why)})
		return
	}
	a.State, a.ResolvedAt, a.UpdatedAt, a.Resolution = alert.Resolved, now, now, why
	ev.Upserts = append(ev.Upserts, a)
	ev.Events = append(ev.Events, alert.Event{At: now, Kind: alert.EventResolved, AlertID: a.ID, Labels: a.Labels, Value: a.Value, Detail: string(why)})
}

// touch records the aggregation groups of those alerts that people may be told of.
func (e *Engine) touch(ev *alert.Evaluation, alerts []alert.Alert) {
	for i := range alerts {
		if alerts[i].State != alert.Pending {
			ev.Touched[alerts[i].ID] = e.setup.Route(alerts[i].Labels)
		}
	}
}

func (e *Engine) markReady() {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.ready:
	default:
		close(e.ready)
	}
}
