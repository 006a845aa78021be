// Package drill raises practice alerts: through the same engine, store, routes and
// outboxes as real ones, marked wherever people meet them, and followed hop by
// hop. A drill goes where the routes lead and ends with its recovery being told;
// a test tells one receiver and leaves nothing behind.
package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"alertd/internal/alert"
	"alertd/rules/engine"
)

// Name is the name of the check that raises practice alerts.
const Name = "Drill"

// testName is the name of the alert by which a receiver is tested.
const testName = "AlertdTest"

// remembered is how many drills are kept, and so how many can be under way.
const remembered = 20

// ErrUnknown says that no drill has the asked identity: it never had one, or
// alertd was restarted since.
var ErrUnknown = errors.New("there is no such drill")

// ErrTooMany says that too many drills are under way.
var ErrTooMany = fmt.Errorf("%d drills are under way already: let one end first", remembered)

// Store is what drills need of the store.
type Store interface {
	engine.Store
	Deliveries(ctx context.Context, limit int, states ...alert.DeliveryState) ([]alert.Delivery, error)
	GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error)
	ForgetDirect(ctx context.Context, prefix string) error
}

// Request is what to practise.
type Request struct {
	Labels      alert.Labels // of the alert, its name among them
	Annotations alert.Labels
	Receiver    string        // who is told; "": whom the routes say
	For         time.Duration // until it recovers
}

// Drill is a practice alert and how far it has come. Zero times mean "not yet".
type Drill struct {
	ID       string
	Labels   alert.Labels // as asked for
	Receiver string
	For      time.Duration

	StartedAt   time.Time // asked for
	EvaluatedAt time.Time // found by the engine
	CommittedAt time.Time // in the store, as firing
	EndedAt     time.Time // taken back
	RecoveredAt time.Time // in the store, as recovered

	marked      alert.Labels
	annotations alert.Labels
	alertID     string
	groups      []alert.GroupKey
	forgotten   bool // a test whose outcome is known: the store must not hear of it again
}

// Drills raises practice alerts. It stands between the engine and the store, to
// see when they are committed.
type Drills struct {
	Store
	look func() // has the engine look at once

	mu  sync.Mutex
	all map[string]*Drill
}

// New returns drills over a store. Call Attach before the first is started.
func New(store Store) *Drills { return &Drills{Store: store, all: map[string]*Drill{}} }

// Attach says how to have the engine look at once.
func (d *Drills) Attach(look func()) { d.look = look }

// Check is what makes alerts of drills.
func (d *Drills) Check() engine.Check { return engine.Check{Name: Name, Look: d.findings} }

// Start begins a drill. It ends after its For, or by End.
func (d *Drills) Start(r Request, now time.Time) (Drill, error) {
	started, err := d.begin("drill-", r, now)
	if err == nil {
		time.AfterFunc(r.For, func() { _ = d.End(started.ID, time.Now()) }) // it may be gone by then
	}
	return started, err
}

func (d *Drills) begin(kind string, r Request, now time.Time) (Drill, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.makeRoom(); err != nil {
		return Drill{}, err
	}
	id := kind + strconv.FormatInt(now.UnixMicro(), 36)
	if _, taken := d.all[id]; taken {
		return Drill{}, fmt.Errorf("a drill began in this very moment: %w", ErrTooMany)
	}
	begun := &Drill{
		ID: id, Labels: r.Labels, Receiver: r.Receiver, For: r.For, StartedAt: now,
		marked: r.Labels.With(alert.DrillLabel, id).With(alert.DrillReceiverLabel, r.Receiver), annotations: r.Annotations,
	}
	d.all[id] = begun
	d.look()
	return *begun, nil
}

// makeRoom drops the oldest of the drills that are over where there are many.
func (d *Drills) makeRoom() error {
	if len(d.all) < remembered {
		return nil
	}
	for _, id := range slices.SortedFunc(maps.Keys(d.all), func(a, b string) int { return d.all[a].StartedAt.Compare(d.all[b].StartedAt) }) {
		if !d.all[id].RecoveredAt.IsZero() {
			delete(d.all, id)
			return nil
		}
	}
	return ErrTooMany
}

// End takes a drill's alert back, so that it recovers.
func (d *Drills) End(id string, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	drill := d.all[id]
	if drill == nil {
		return ErrUnknown
	}
	if drill.EndedAt.IsZero() {
		drill.EndedAt = now
		d.look()
	}
	return nil
}

// findings returns the alerts of the drills under way.
func (d *Drills) findings(_ context.Context, now time.Time) ([]engine.Finding, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []engine.Finding
	for _, drill := range d.all {
		if !drill.EndedAt.IsZero() {
			continue
		}
		if drill.EvaluatedAt.IsZero() {
			drill.EvaluatedAt = now
		}
		mark := alert.DrillMark(drill.marked) + " "
		found = append(found, engine.Finding{
			Labels: drill.marked, Value: 1,
			Summary: mark + drill.annotations.Get("summary"), Description: drill.annotations.Get("description"),
		})
	}
	return found, nil
}

// CommitEvaluation stores what an evaluation changed, and notes how far that
// brings the drills.
func (d *Drills) CommitEvaluation(ctx context.Context, e *alert.Evaluation) error {
	own := e.Group == alert.OwnGroup
	if own {
		e = d.withoutForgotten(e)
	}
	if err := d.Store.CommitEvaluation(ctx, e); err != nil || !own {
		return err
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range e.Upserts {
		a := &e.Upserts[i]
		drill := d.all[a.Labels.Get(alert.DrillLabel)]
		if drill == nil {
			continue
		}
		drill.alertID = a.ID
		switch {
		case a.State == alert.Resolved:
			drill.RecoveredAt = now
		case a.State == alert.Firing && drill.CommittedAt.IsZero():
			drill.CommittedAt = now
		}
		for _, ref := range e.Touched[a.ID] {
			if !slices.Contains(drill.groups, ref.Key) {
				drill.groups = append(drill.groups, ref.Key)
			}
		}
	}
	return nil
}

// withoutForgotten returns the evaluation without the tests whose outcome is
// known. They are over for whoever asks.
func (d *Drills) withoutForgotten(e *alert.Evaluation) *alert.Evaluation {
	d.mu.Lock()
	defer d.mu.Unlock()
	forgotten := func(labels alert.Labels) bool {
		drill := d.all[labels.Get(alert.DrillLabel)]
		return drill != nil && drill.forgotten
	}
	if !slices.ContainsFunc(e.Upserts, func(a alert.Alert) bool { return forgotten(a.Labels) }) {
		return e
	}
	out := *e
	out.Touched = maps.Clone(e.Touched)
	out.Upserts = slices.DeleteFunc(slices.Clone(e.Completed()), func(a alert.Alert) bool {
		if !forgotten(a.Labels) {
			return false
		}
		delete(out.Touched, a.ID)
		if a.State == alert.Resolved {
			delete(d.all, a.Labels.Get(alert.DrillLabel))
		}
		return true
	})
	out.Events = slices.DeleteFunc(slices.Clone(e.Events), func(ev alert.Event) bool {
		id := ev.Labels.Get(alert.DrillLabel)
		return forgotten(ev.Labels) || id != "" && d.all[id] == nil
	})
	return &out
}

// Route returns the aggregation groups of an alert: a practice alert has groups of
// its own, so that it never shares a message with a real one.
func Route(labels alert.Labels, route func(alert.Labels) []alert.GroupRef) []alert.GroupRef {
	id := labels.Get(alert.DrillLabel)
	if id == "" {
		return route(labels)
	}
	mark := alert.Label{Name: alert.DrillLabel, Value: id}
	if receiver := labels.Get(alert.DrillReceiverLabel); receiver != "" {
		return []alert.GroupRef{{
			Key: directKey(id), RouteID: alert.DirectRoute, Receiver: receiver, Labels: alert.Labels{mark},
		}}
	}
	refs := route(labels.Without(alert.DrillLabel))
	for i := range refs {
		refs[i].Key += alert.GroupKey("/" + id)
		refs[i].Labels = refs[i].Labels.With(mark.Name, mark.Value)
	}
	return refs
}

// directKey is the key of the group of a practice alert for one receiver.
func directKey(id string) alert.GroupKey { return alert.GroupKey(alert.DirectRoute + "/" + id) }
