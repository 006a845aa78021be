package drill_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/internal/drill"
	"alertd/internal/matchers"
	"alertd/internal/store"
	"alertd/notifier"
	"alertd/rules/engine"
)

// far is a destination.
type far struct {
	mu    sync.Mutex
	err   error
	heard []string
}

func (f *far) Send(_ context.Context, m *notifier.Message) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.heard = append(f.heard, m.Data.Title)
	}
	return "", f.err
}

// office is engine, store and notifier together, with two receivers.
type office struct {
	*drill.Drills
	t        *testing.T
	store    store.Store
	engine   *engine.Engine
	ops, dev *far
}

func open(t *testing.T) (o *office, stop func()) {
	t.Helper()
	s, err := store.Open(context.WithoutCancel(t.Context()), store.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	wait, none := 30*time.Second, time.Duration(0)
	route, err := notifier.NewRoute(&notifier.RouteSpec{
		Receiver: "ops", Routes: []*notifier.RouteSpec{{Receiver: "dev", Matchers: []string{`team="dev"`}}},
	}, notifier.RouteOptions{GroupWait: wait, GroupInterval: none, RepeatInterval: time.Hour}, matchers.Parse)
	if err != nil {
		t.Fatal(err)
	}
	templates, err := notifier.LoadTemplates(nil, nil, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	o = &office{Drills: drill.New(s), t: t, store: s, ops: &far{}, dev: &far{}}
	told := notifier.New(s, logger, nil)
	target := func(name string, f *far) []notifier.Target {
		return []notifier.Target{{ID: name + "/x/0", Kind: "x", Channel: f, Options: notifier.Options{SendResolved: true}}}
	}
	told.Apply(&notifier.Setup{
		Route: route, Templates: templates, Expiry: 24 * time.Hour,
		Receivers: map[string][]notifier.Target{"ops": target("ops", o.ops), "dev": target("dev", o.dev)},
	})
	o.engine = engine.New(engine.Options{Store: o, Committed: told.Wake, Concurrency: 1, Logger: logger, Checks: []engine.Check{o.Check()}})
	o.Attach(o.engine.Look)
	o.engine.Apply(&engine.Setup{
		Route:    func(ls alert.Labels) []alert.GroupRef { return drill.Route(ls, route.Groups) },
		Interval: 15 * time.Second, Timeout: time.Second,
	})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { _ = o.engine.Run(ctx) })
	all.Go(func() { _ = told.Run(ctx) })
	synctest.Wait()
	return o, func() {
		cancel()
		all.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (o *office) report(id string) drill.Report {
	o.t.Helper()
	r, err := o.Report(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// A drill goes where the routes lead, after their waiting times, and is over when
// its recovery was told.
func TestDrill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, stop := open(t)
		defer stop()
		began := time.Now()
		d, err := o.Start(drill.Request{
			Labels:      alert.LabelsFromStrings(alert.AlertName, "CronFailed", "team", "dev"),
			Annotations: alert.LabelsFromStrings("summary", "practice"), For: 2 * time.Minute,
		}, began)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r := o.report(d.ID)
		if !r.EvaluatedAt.Equal(began) || !r.CommittedAt.Equal(began) || len(r.Deliveries) != 0 {
			t.Errorf("at first %+v", r)
		}
		pass(time.Minute)
		r = o.report(d.ID)
		if len(r.Deliveries) != 1 || r.Deliveries[0].Integration != "dev/x/0" || !r.Firing[r.Deliveries[0].ID] || r.Deliveries[0].FinishedAt.Sub(began) != 30*time.Second {
			t.Errorf("after a minute %+v", r)
		}
		active, err := o.store.ActiveAlerts(t.Context())
		if err != nil || len(active) != 1 || active[0].Labels.Get(alert.DrillLabel) != d.ID {
			t.Errorf("active %+v, %v", active, err)
		}
		pass(2 * time.Minute)
		r = o.report(d.ID)
		if !r.Over || r.RecoveredAt.Sub(began) != 2*time.Minute || len(r.Deliveries) != 2 || r.Firing[r.Deliveries[1].ID] {
			t.Errorf("in the end %+v", r)
		}
		if len(o.dev.heard) != 2 || !strings.HasPrefix(o.dev.heard[0], "[DRILL] ") || !strings.HasPrefix(o.dev.heard[1], "[DRILL] ") || len(o.ops.heard) != 0 {
			t.Errorf("heard %q and %q", o.dev.heard, o.ops.heard)
		}
	})
}

// One for a receiver is told at once and only there, and ends when asked to.
func TestDrillForAReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, stop := open(t)
		defer stop()
		d, err := o.Start(drill.Request{Labels: alert.LabelsFromStrings(alert.AlertName, "X", "team", "dev"), Receiver: "ops", For: time.Hour}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if len(o.ops.heard) != 1 || len(o.dev.heard) != 0 {
			t.Errorf("heard %q and %q", o.ops.heard, o.dev.heard)
		}
		if err := o.End(d.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if r := o.report(d.ID); !r.Over || len(o.ops.heard) != 2 {
			t.Errorf("over %v, heard %q", r.Over, o.ops.heard)
		}
	})
}

// A test tells how the first attempt went, and leaves nothing behind.
func TestReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, stop := open(t)
		defer stop()
		for _, err := range []error{nil, errors.New("away"), &notifier.Failure{Kind: notifier.Permanent, Err: errors.New("never")}} {
			o.ops.err = err
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			outcomes, testErr := o.Test(ctx, "ops", []string{"ops/x/0"}, time.Now())
			cancel()
			if testErr != nil || len(outcomes) != 1 || (outcomes[0].Err == "") != (err == nil) || err != nil && !strings.Contains(outcomes[0].Err, err.Error()) {
				t.Errorf("with %v: %+v, error %v", err, outcomes, testErr)
			}
			pass(time.Hour)
			o.nothingLeft()
		}
		if !slices.Equal(o.ops.heard, []string{"[TEST] 🔵 AlertdTest"}) || len(o.dev.heard) != 0 {
			t.Errorf("heard %q and %q", o.ops.heard, o.dev.heard)
		}
	})
}

func (o *office) nothingLeft() {
	o.t.Helper()
	active, err := o.store.ActiveAlerts(o.t.Context())
	ended, endedErr := o.store.EndedAlerts(o.t.Context(), time.Time{})
	deliveries, deliveriesErr := o.store.Deliveries(o.t.Context(), 10)
	events, eventsErr := o.store.Events(o.t.Context(), time.Time{}, time.Time{}, 10)
	if err := errors.Join(err, endedErr, deliveriesErr, eventsErr); err != nil {
		o.t.Fatal(err)
	}
	if len(active)+len(ended)+len(deliveries)+len(events) > 0 {
		o.t.Errorf("left: %+v %+v %+v %+v", active, ended, deliveries, events)
	}
}

// A test that alertd did not live to forget is swept at the next start.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, stop := open(t)
		defer stop()
		labels := alert.LabelsFromStrings(alert.AlertName, "AlertdTest", alert.DrillLabel, "test-old", alert.DrillReceiverLabel, "ops")
		err := o.store.CommitEvaluation(t.Context(), &alert.Evaluation{
			Group: alert.OwnGroup, At: time.Now(),
			Upserts: []alert.Alert{{ID: "a", RuleID: alert.OwnRule(drill.Name), Labels: labels, State: alert.Firing, ActiveAt: time.Now(), FiredAt: time.Now(), UpdatedAt: time.Now()}},
			Touched: map[string][]alert.GroupRef{"a": drill.Route(labels, nil)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.nothingLeft()
	})
}

// There is room for a bounded number of drills, those that are over aside.
func TestTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, stop := open(t)
		defer stop()
		var first string
		for i := range 21 {
			d, err := o.Start(drill.Request{Labels: alert.LabelsFromStrings(alert.AlertName, "X"), For: time.Hour}, time.Now())
			if (err != nil) != (i == 20) {
				t.Fatalf("drill %d: %v", i, err)
			}
			if i == 0 {
				first = d.ID
			}
			pass(time.Second)
		}
		if err := o.End(first, time.Now()); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if _, err := o.Start(drill.Request{Labels: alert.LabelsFromStrings(alert.AlertName, "X"), For: time.Hour}, time.Now()); err != nil {
			t.Error("one is over, and there is still no room:", err)
		}
		if _, err := o.Report(t.Context(), first); !errors.Is(err, drill.ErrUnknown) {
			t.Errorf("the one that made room: %v", err)
		}
		if err := o.End("none", time.Now()); !errors.Is(err, drill.ErrUnknown) {
			t.Errorf("ending none: %v", err)
		}
		pass(2 * time.Hour)
	})
}

func TestRoute(t *testing.T) {
	real := func(ls alert.Labels) []alert.GroupRef {
		if ls.Has(alert.DrillLabel) {
			t.Errorf("the routes see the mark: %s", ls)
		}
		return []alert.GroupRef{{Key: "{}:{}", RouteID: "{}", Receiver: "team"}}
	}
	plain := alert.LabelsFromStrings(alert.AlertName, "X")
	for _, test := range []struct {
		labels             alert.Labels
		key, route, toWhom string
	}{
		{plain, "{}:{}", "{}", "team"},
		{plain.With(alert.DrillLabel, "drill-1"), "{}:{}/drill-1", "{}", "team"},
		{plain.With(alert.DrillLabel, "drill-1").With(alert.DrillReceiverLabel, "ops"), alert.DirectRoute + "/drill-1", alert.DirectRoute, "ops"},
	} {
		refs := drill.Route(test.labels, real)
		if len(refs) != 1 || string(refs[0].Key) != test.key || refs[0].RouteID != test.route || refs[0].Receiver != test.toWhom {
			t.Errorf("%s goes to %+v", test.labels, refs)
		}
	}
}
