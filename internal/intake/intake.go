// Package intake takes in alerts that others send (POST /api/v2/alerts): a
// Prometheus with alertd as its Alertmanager, amtool, scripts. Such an alert
// fires until its sender ends it or stops renewing it.
package intake

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"alertd/internal/alert"
)

// Store is what the intake needs of the store.
type Store interface {
	ActiveAlerts(ctx context.Context) ([]alert.Alert, error)
	Routing(ctx context.Context, group string) (string, error)
	CommitEvaluation(ctx context.Context, e *alert.Evaluation) error
}

// Posted is an alert as its sender described it.
type Posted struct {
	Labels, Annotations alert.Labels
	StartsAt            time.Time // zero: now
	EndsAt              time.Time // zero: ResolveTimeout from now, unless renewed
	GeneratorURL        string
}

// Setup is what the configuration says of alerts that others send.
type Setup struct {
	Route func(alert.Labels) []alert.GroupRef
	// Routing names what Route gives: while it stays the same, over restarts too,
	// the alerts are in their groups already. "" is never the same.
	Routing        string
	ResolveTimeout time.Duration
}

// Intake holds the active alerts of others.
type Intake struct {
	store     Store
	committed func()
	logger    *slog.Logger
	wake      chan struct{}

	mu    sync.Mutex
	setup Setup
	// active's ExpiresAt are times that a process has seen pass, and not of the
	// day: a clock that is set makes no alert end.
	active map[alert.Fingerprint]alert.Alert
	opened bool      // Apply has been called
	grace  time.Time // until when alerts of before the start last at least
	alarm  time.Time // when Run looks for expired alerts; zero: it does not
}

// Open returns an intake that goes on from the store. committed is called
// after each commit, to wake whoever tells of it.
func Open(ctx context.Context, store Store, committed func(), logger *slog.Logger) (*Intake, error) {
	in := &Intake{
		store: store, committed: committed, logger: logger,
		wake: make(chan struct{}, 1), active: map[alert.Fingerprint]alert.Alert{},
	}
	known, err := store.ActiveAlerts(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the alerts of others: %w", err)
	}
	for _, a := range known {
		if a.RuleID == "" {
			in.active[a.Fingerprint()] = a
		}
	}
	return in, nil
}

// Apply replaces the setup and hands the active alerts to its routes, where these
// are others than before.
func (in *Intake) Apply(ctx context.Context, s Setup, now time.Time) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	followed, err := in.store.Routing(ctx, source)
	if err != nil {
		return fmt.Errorf("handing the alerts of others to the routes: %w", err)
	}
	if s.Routing == "" || followed != s.Routing {
		e := newEvaluation(now)
		e.Routing = s.Routing
		for _, a := range in.active {
			e.Touched[a.ID] = s.Route(a.Labels)
		}
		if err := in.commit(ctx, e, nil); err != nil {
			return err
		}
	}
	in.setup = s
	in.open(now)
	return nil
}

// open gives senders time: nobody could renew an alert while alertd was away.
func (in *Intake) open(now time.Time) {
	if in.opened {
		return
	}
	in.opened = true
	in.grace = now.Add(in.setup.ResolveTimeout)
	for fp, a := range in.active {
		a.ExpiresAt = passing(a.ExpiresAt, now)
		if a.ExpiresAt.Before(in.grace) {
			a.ExpiresAt = in.grace
		}
		in.active[fp] = a
	}
}

// Receive takes in posted alerts; when it returns nil they are durable.
func (in *Intake) Receive(ctx context.Context, posted []Posted, now time.Time) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	e := newEvaluation(now)
	next := map[alert.Fingerprint]alert.Alert{}
	for _, p := range posted {
		fp := p.Labels.Fingerprint()
		known, ok := next[fp]
		if !ok {
			known, ok = in.active[fp]
		}
		a, changed := in.merge(p, known, ok && known.Active(), now)
		if changed {
			next[fp] = a
		}
	}
	for _, a := range next {
		in.record(e, a, now)
	}
	return in.commit(ctx, e, next)
}

// merge returns the alert that a post makes of the one known before it.
func (in *Intake) merge(p Posted, known alert.Alert, active bool, now time.Time) (alert.Alert, bool) {
	ended := !p.EndsAt.IsZero() && !p.EndsAt.After(now)
	a := known
	if !active {
		if ended {
			return alert.Alert{}, false // the end of something that we never heard of
		}
		starts := p.StartsAt
		if starts.IsZero() {
			starts = now
		}
		a = alert.Alert{
			ID: alert.NewID("", p.Labels, now), Labels: p.Labels, State: alert.Firing,
			ActiveAt: starts, FiredAt: starts, Series: p.Labels.Fingerprint(),
		}
	}
	if !p.StartsAt.IsZero() && p.StartsAt.Before(a.ActiveAt) {
		a.ActiveAt, a.FiredAt = p.StartsAt, p.StartsAt
	}
	a.Annotations, a.GeneratorURL, a.UpdatedAt = p.Annotations, p.GeneratorURL, now
	if ended {
		a.State, a.ResolvedAt, a.Resolution = alert.Resolved, p.EndsAt, alert.EndedByPeer
		return a, true
	}
	a.ExpiresAt = passing(p.EndsAt, now)
	if p.EndsAt.IsZero() {
		a.ExpiresAt = now.Add(in.setup.ResolveTimeout)
	}
	if active && in.promised(&known) && known.ExpiresAt.After(a.ExpiresAt) {
		a.ExpiresAt = known.ExpiresAt
	}
	return a, true
}

// promised tells whether a sender said when the alert ends. Of several senders
// (a pair of Prometheus servers) the one that says later is believed, as by
// Alertmanager; an end that we assumed ourselves gives way to any.
func (in *Intake) promised(a *alert.Alert) bool {
	return !a.ExpiresAt.Equal(a.UpdatedAt.Add(in.setup.ResolveTimeout)) && !a.ExpiresAt.Equal(in.grace)
}

// passing returns a time of day as the moment that is as far from now, which no
// setting of the clock moves. now must be read from the clock.
func passing(t, now time.Time) time.Time { return now.Add(t.Sub(now)) }

// record adds an alert to the evaluation; renewals alone touch no group.
func (in *Intake) record(e *alert.Evaluation, a alert.Alert, now time.Time) {
	e.Upserts = append(e.Upserts, a)
	known, ok := in.active[a.Fingerprint()]
	switch {
	case a.State == alert.Resolved:
		e.Events = append(e.Events, event(a, alert.EventResolved, now))
	case !ok || known.ID != a.ID:
		e.Events = append(e.Events, event(a, alert.EventFiring, now))
	case known.Annotations.Equal(a.Annotations):
		return
	}
	e.Touched[a.ID] = in.setup.Route(a.Labels)
}

func event(a alert.Alert, kind alert.EventKind, now time.Time) alert.Event {
	return alert.Event{At: now, Kind: kind, AlertID: a.ID, Labels: a.Labels, Detail: string(a.Resolution)}
}

// commit makes the changes durable, and only then believes them itself.
func (in *Intake) commit(ctx context.Context, e *alert.Evaluation, next map[alert.Fingerprint]alert.Alert) error {
	if e.Empty() {
		return nil
	}
	if err := in.store.CommitEvaluation(ctx, e); err != nil {
		return fmt.Errorf("storing %d posted alerts: %w", len(e.Upserts), err)
	}
	sooner := false
	for fp, a := range next {
		if !a.Active() {
			delete(in.active, fp)
			continue
		}
		in.active[fp] = a
		sooner = sooner || in.alarm.IsZero() || a.ExpiresAt.Before(in.alarm)
	}
	in.committed()
	if sooner {
		select {
		case in.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// source is the group that others' alerts are stored as.
const source = "api"

func newEvaluation(now time.Time) *alert.Evaluation {
	return &alert.Evaluation{Group: source, At: now, Touched: map[string][]alert.GroupRef{}}
}
