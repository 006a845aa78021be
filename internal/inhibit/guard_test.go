package inhibit_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/inhibit"
)

// kept is a store of one group: what was committed to it, unless it fails.
type kept struct {
	alerts  []alert.Alert
	touched []string // by the last commit
	fails   error
	within  func() // during a commit
}

func (k *kept) ActiveAlerts(context.Context) ([]alert.Alert, error) {
	return slices.Clone(k.alerts), k.fails
}

func (k *kept) GroupView(context.Context, alert.GroupKey) (*alert.GroupView, error) {
	return &alert.GroupView{Alerts: slices.Clone(k.alerts)}, k.fails
}

func (k *kept) CommitEvaluation(_ context.Context, e *alert.Evaluation) error {
	if k.within != nil {
		k.within()
	}
	if k.fails != nil {
		return k.fails
	}
	for _, a := range e.Completed() {
		k.alerts = slices.DeleteFunc(k.alerts, func(b alert.Alert) bool { return a.ID == b.ID })
		k.alerts = append(k.alerts, a)
	}
	k.touched = nil
	for id, refs := range e.Touched {
		if len(refs) != 1 || refs[0].Key != "routed" {
			return errors.New("not routed")
		}
		k.touched = append(k.touched, id)
	}
	slices.Sort(k.touched)
	return nil
}

func guarded(t *testing.T, k *kept, rules ...inhibit.Rule) *inhibit.Guard {
	t.Helper()
	g := inhibit.NewGuard(k, func(alert.Labels) []alert.GroupRef { return []alert.GroupRef{{Key: "routed"}} })
	if err := g.Apply(t.Context(), rules); err != nil {
		t.Fatal(err)
	}
	return g
}

func (k *kept) commit(t *testing.T, g *inhibit.Guard, alerts ...alert.Alert) error {
	t.Helper()
	return g.CommitEvaluation(t.Context(), &alert.Evaluation{At: time.Now(), Upserts: alerts})
}

func expectInhibited(t *testing.T, g *inhibit.Guard, want ...string) {
	t.Helper()
	view, err := g.GroupView(t.Context(), "routed")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for id := range view.Inhibited {
		got = append(got, id)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("inhibited are %v, want %v", got, want)
	}
}

// A change of the source touches the groups of its targets, in its own commit.
func TestCommitTouchesTargets(t *testing.T) {
	k := &kept{}
	g := guarded(t, k, rule(t, "s=1", "t=1", "e"))
	for _, step := range []struct {
		alert              alert.Alert
		touched, inhibited []string
	}{
		{firing("target", "t", "1", "e", "1"), nil, nil},
		{firing("elsewhere", "t", "1", "e", "2"), nil, nil},
		{firing("source", "s", "1", "e", "1"), []string{"target"}, []string{"target"}},
		{firing("second", "s", "1", "e", "1", "x", "y"), nil, []string{"target"}},
		{ended(firing("source", "s", "1", "e", "1")), nil, []string{"target"}},
		{ended(firing("second", "s", "1", "e", "1", "x", "y")), []string{"target"}, nil},
	} {
		if err := k.commit(t, g, step.alert); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(k.touched, step.touched) {
			t.Errorf("%s %s: touched %v, want %v", step.alert.ID, step.alert.State, k.touched, step.touched)
		}
		expectInhibited(t, g, step.inhibited...)
	}
}

func ended(a alert.Alert) alert.Alert {
	a.State = alert.Resolved
	return a
}

// What could not be committed inhibits nothing, and is noticed when it is
// committed after all.
func TestFailedCommit(t *testing.T) {
	k := &kept{}
	g := guarded(t, k, rule(t, "s=1", "t=1"))
	target, source := firing("target", "t", "1"), firing("source", "s", "1")
	if err := k.commit(t, g, target); err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	k.fails = full
	if err := k.commit(t, g, source, ended(target), firing("new", "t", "1")); !errors.Is(err, full) {
		t.Fatalf("error %v", err)
	}
	if by := g.InhibitedBy(target.Labels); len(by) > 0 {
		t.Errorf("inhibited by %v, which was not committed", by)
	}
	k.fails = nil
	if err := k.commit(t, g, source); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(k.touched, []string{"target"}) {
		t.Errorf("touched %v", k.touched)
	}
	expectInhibited(t, g, "target")
}

// The API is answered even while a commit waits for its disk.
func TestAnswersDuringACommit(t *testing.T) {
	k := &kept{alerts: []alert.Alert{firing("source", "s", "1")}}
	g := guarded(t, k, rule(t, "s=1", "t=1"))
	answered := false
	k.within = func() { answered = len(g.InhibitedBy(alert.LabelsFromStrings("t", "1"))) == 1 }
	if err := k.commit(t, g, firing("target", "t", "1")); err != nil {
		t.Fatal(err)
	}
	if !answered {
		t.Error("no answer")
	}
}

// Rules that are applied anew know the alerts that fire already; where these
// cannot be read, the rules before stay.
func TestApply(t *testing.T) {
	k := &kept{alerts: []alert.Alert{firing("source", "s", "1"), firing("target", "t", "1"), ended(firing("gone", "u", "1"))}}
	g := guarded(t, k)
	expectInhibited(t, g)
	rules := []inhibit.Rule{rule(t, "s=1", "t=1"), rule(t, "u=1", "s=1")}
	k.fails = errors.New("the disk is gone")
	if err := g.Apply(t.Context(), rules); !errors.Is(err, k.fails) {
		t.Errorf("error %v", err)
	}
	k.fails = nil
	expectInhibited(t, g)
	if err := g.Apply(t.Context(), rules); err != nil {
		t.Fatal(err)
	}
	expectInhibited(t, g, "target")
	if err := g.Apply(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	expectInhibited(t, g)
}
