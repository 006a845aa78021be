package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"alertd/internal/alert"
	"alertd/internal/store"
)

// at is a moment of the tests: so many minutes after their beginning, which
// has nanoseconds.
func at(minutes float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))
}

// fixture is a store at a place of its own, and shorthands for using it.
type fixture struct {
	store.Store
	t       *testing.T
	backend Backend
	place   string
}

func newFixture(t *testing.T, b Backend) *fixture {
	s := &fixture{t: t, backend: b, place: b.Place(t)}
	s.open()
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		active, err := s.ActiveAlerts(ctx)
		if errors.Is(err, store.ErrClosed) {
			return
		}
		s.check("reading what is active", err)
		s.reopen()
		again, err := s.ActiveAlerts(ctx)
		s.check("reading what is active", err)
		same(t, "what is active after another start", byID(again), byID(active))
		s.check("closing", s.Close())
	})
	return s
}

func byID(alerts []alert.Alert) map[string]alert.Alert {
	all := map[string]alert.Alert{}
	for i := range alerts {
		all[alerts[i].ID] = alerts[i]
	}
	return all
}

func (s *fixture) open() {
	s.t.Helper()
	opened, err := s.backend.Open(context.WithoutCancel(s.t.Context()), s.place)
	s.check("opening", err)
	s.Store = opened
}

func (s *fixture) reopen() {
	s.t.Helper()
	s.check("closing", s.Close())
	s.open()
}

func (s *fixture) check(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func (s *fixture) want(what string, err, target error) {
	s.t.Helper()
	if !errors.Is(err, target) {
		s.t.Fatalf("%s: got error %v, want %v", what, err, target)
	}
}

// same compares what a test got with what it wants; empty and nil are alike,
// and so are two NaN.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs(),
		cmp.Comparer(func(a, b alert.Matcher) bool { return a.String() == b.String() }))
	if diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// commit commits an evaluation.
func (s *fixture) commit(e alert.Evaluation) {
	s.t.Helper()
	s.check("committing an evaluation", s.CommitEvaluation(s.t.Context(), &e))
}

// fire commits, at a minute, firing alerts of one group.
func (s *fixture) fire(minute float64, g alert.GroupKey, ids ...string) {
	s.t.Helper()
	s.put(minute, g, alert.Firing, ids...)
}

// resolve commits, at a minute, that alerts of a group have ended.
func (s *fixture) resolve(minute float64, g alert.GroupKey, ids ...string) {
	s.t.Helper()
	s.put(minute, g, alert.Resolved, ids...)
}

func (s *fixture) put(minute float64, g alert.GroupKey, state alert.State, ids ...string) {
	s.t.Helper()
	e := alert.Evaluation{Group: "test", At: at(minute), Touched: map[string][]alert.GroupRef{}}
	for _, id := range ids {
		e.Upserts = append(e.Upserts, newAlert(id, state, at(minute)))
		e.Touched[id] = []alert.GroupRef{ref(g)}
	}
	s.commit(e)
}

func newAlert(id string, state alert.State, now time.Time) alert.Alert {
	a := alert.Alert{
		ID: id, RuleID: "rule", Labels: alert.LabelsFromStrings("alertname", id, "job", "backup"),
		State: state, ActiveAt: at(-1), UpdatedAt: now,
	}
	if state != alert.Pending {
		a.FiredAt = at(-1)
	}
	if state == alert.Resolved {
		a.ResolvedAt, a.Resolution = now, alert.Recovered
	}
	return a
}

func ref(key alert.GroupKey) alert.GroupRef {
	return alert.GroupRef{Key: key, RouteID: "route", Receiver: "team", Labels: alert.LabelsFromStrings("group", string(key))}
}

func (s *fixture) view(key alert.GroupKey) *alert.GroupView {
	s.t.Helper()
	v, err := s.GroupView(s.t.Context(), key)
	s.check("reading group "+string(key), err)
	return v
}

// plan carries out a plan of the group as it is.
func (s *fixture) plan(p alert.PlanResult) {
	s.t.Helper()
	p.Revision = s.view(p.Key).Revision
	s.check("committing a plan", s.CommitPlan(s.t.Context(), &p))
}

// deliver makes and returns a delivery to "mail", due at the minute.
func (s *fixture) deliver(minute float64, g alert.GroupKey, id string, c alert.Content) alert.Delivery {
	s.t.Helper()
	d := newDelivery(minute, g, id, "mail")
	d.Content = c
	s.plan(alert.PlanResult{Key: g, FlushedAt: at(minute), Create: []alert.Delivery{d}})
	return d
}

func newDelivery(minute float64, g alert.GroupKey, id, integration string) alert.Delivery {
	return alert.Delivery{
		ID: id, Group: g, Receiver: "team", Integration: integration, Reason: "test", State: alert.DeliveryDue,
		CreatedAt: at(minute), NextAttemptAt: at(minute), ExpiresAt: at(minute + 1440),
	}
}

// finish commits an outcome of the delivery at a minute.
func (s *fixture) finish(minute float64, d alert.Delivery, state alert.DeliveryState) {
	s.t.Helper()
	d.State, d.Attempts, d.Ref = state, d.Attempts+1, "ref-"+d.ID
	s.check("committing delivery "+d.ID, s.CommitDelivery(s.t.Context(), &d, at(minute)))
}

// delivery returns one delivery as it is kept.
func (s *fixture) delivery(id string) alert.Delivery {
	s.t.Helper()
	all, err := s.Deliveries(s.t.Context(), 1000)
	s.check("reading deliveries", err)
	i := slices.IndexFunc(all, func(d alert.Delivery) bool { return d.ID == id })
	if i < 0 {
		s.t.Fatalf("delivery %s is gone", id)
	}
	return all[i]
}

func ids(alerts []alert.Alert) []string {
	out := make([]string, len(alerts))
	for i := range alerts {
		out[i] = alerts[i].ID
	}
	slices.Sort(out)
	return out
}

func deliveryIDs(deliveries []alert.Delivery) []string {
	out := make([]string, len(deliveries))
	for i := range deliveries {
		out[i] = deliveries[i].ID
	}
	return out
}

func numbered(format string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}
