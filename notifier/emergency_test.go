package notifier_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/notifier"
)

// held is an alert as the engine has it.
func held(name string, state alert.State) alert.Alert {
	now := time.Now()
	a := alert.Alert{
		ID: name, RuleID: "r", Labels: alert.LabelsFromStrings(alert.AlertName, name), State: state,
		ActiveAt: now, FiredAt: now, UpdatedAt: now,
	}
	if name == alert.StorageUnavailable {
		a.RuleID = alert.OwnRule(name)
	}
	if state == alert.Resolved {
		a.ResolvedAt = now
	}
	return a
}

// What the store does not take is told once, with the reason, and so is its end;
// what fails is tried again, and nothing is told before the reason is certain.
func TestEmergency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good, bad := &far{}, &far{}
		bad.heed = func(n int) error {
			if n == 1 {
				return errors.New("away")
			}
			return nil
		}
		o := open(t, map[string]*far{"good": good, "bad": bad}, notifier.Options{})
		defer o.close()
		e := o.n.NewEmergency()
		tell := func(alerts ...alert.Alert) {
			e.Tell(t.Context(), alerts, time.Now())
			pass(5 * time.Second)
		}
		began := held("Late", alert.Firing)
		old := began
		old.ID, old.FiredAt = "old", time.Now().Add(-time.Hour)
		tell(began, old)
		o.expect(good, "")

		reason := held(alert.StorageUnavailable, alert.Firing)
		pending := held("Not yet", alert.Pending)
		for range 20 {
			tell(reason, began, pending, old)
		}
		if good.n != 1 || bad.n != 2 {
			t.Errorf("attempts: %d and %d, want one, and one more where the first failed", good.n, bad.n)
		}
		ended := began
		ended.State, ended.ResolvedAt = alert.Resolved, time.Now()
		old.State, old.ResolvedAt = alert.Resolved, time.Now()
		brief := held("Brief", alert.Resolved)
		for range 20 {
			tell(reason, ended, old, brief)
		}
		if good.n != 2 || good.resolved != 2 {
			t.Errorf("%d messages with %d recoveries: what people heard of ends once", good.n, good.resolved)
		}
		tell()
		again, reason := held("Again", alert.Firing), held(alert.StorageUnavailable, alert.Firing)
		for range 20 {
			tell(reason, again)
		}
		if good.n != 3 {
			t.Errorf("another emergency: %d messages", good.n)
		}
	})
}

// A silence holds in an emergency, and a drill is none.
func TestEmergencySilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		m, err := alert.NewMatcher(alert.AlertName, alert.MatchRegexp, "Quiet|"+alert.StorageUnavailable)
		if err != nil {
			t.Fatal(err)
		}
		err = o.store.SaveSilences(t.Context(), time.Now(), alert.Silence{
			ID: "s", Matchers: alert.Matchers{m}, StartsAt: time.Now(), EndsAt: time.Now().Add(time.Hour), CreatedBy: "a", Comment: "c",
		})
		if err != nil {
			t.Fatal(err)
		}
		drill := held("Drill", alert.Firing)
		drill.Labels = drill.Labels.With(alert.DrillLabel, "drill-1")
		o.n.NewEmergency().Tell(t.Context(), []alert.Alert{held(alert.StorageUnavailable, alert.Firing), held("Quiet", alert.Firing), drill}, time.Now())
		if f.n != 0 {
			t.Errorf("%d messages about what is silenced, or a drill", f.n)
		}
	})
}

// An alert about an integration is told by the others, and so is its end.
func TestNotByTheChannelThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing, other := &far{}, &far{}
		o := open(t, map[string]*far{"failing": failing, "other": other}, notifier.Options{})
		defer o.close()
		now := time.Now()
		a := alert.Alert{
			ID: "a", RuleID: alert.OwnRule("ChannelFailing"), State: alert.Firing, ActiveAt: now, FiredAt: now, UpdatedAt: now,
			Labels: alert.LabelsFromStrings(alert.AlertName, "ChannelFailing", alert.IntegrationLabel, "team/failing"),
		}
		commit := func() {
			e := &alert.Evaluation{Group: alert.OwnGroup, At: time.Now(), Upserts: []alert.Alert{a}, Touched: map[string][]alert.GroupRef{a.ID: o.route.Groups(a.Labels)}}
			if err := o.store.CommitEvaluation(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			o.n.Wake()
			pass(time.Hour)
		}
		commit()
		a.State, a.ResolvedAt, a.UpdatedAt = alert.Resolved, time.Now(), time.Now()
		commit()
		o.expect(failing, "")
		o.expect(other, "0s firing ChannelFailing, 3600s resolved ChannelFailing")
	})
}

// Health follows what comes of the attempts.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		var answers atomic.Pointer[error]
		answer := func(err error) { answers.Store(&err) }
		answer(nil)
		f.heed = func(int) error { return *answers.Load() }
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		health := func() notifier.Health { return o.n.Health()["team/x"] }
		if h := health(); h.Works() || h != (notifier.Health{}) {
			t.Errorf("at first %+v", h)
		}
		answer(errors.New("away"))
		began := time.Now()
		o.put(alert.Firing, "A")
		pass(time.Minute)
		if h := health(); !h.FailingSince.Equal(began) || !strings.Contains(h.LastError, "away") || h.Works() {
			t.Errorf("failing %+v", h)
		}
		answer(nil)
		pass(time.Minute)
		if h := health(); !h.Works() {
			t.Errorf("works again %+v", h)
		}
		answer(&notifier.Failure{Kind: notifier.Permanent, Err: errors.New("never")})
		o.put(alert.Firing, "B")
		pass(time.Minute)
		if h := health(); h.Lost != 1 || h.Works() {
			t.Errorf("refused %+v", h)
		}
	})
}

// A note is told at once to each integration, and the error says who did not hear.
func TestNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf, other := &far{heed: func(int) error { return errors.New("away") }}, &far{}
		o := open(t, map[string]*far{"deaf": deaf, "other": other}, notifier.Options{})
		defer o.close()
		err := o.n.Note(t.Context(), "team", held("AlertdStarted", alert.Firing))
		if err == nil || !strings.Contains(err.Error(), "team/deaf") || strings.Contains(err.Error(), "team/other") {
			t.Errorf("error %v", err)
		}
		if other.n != 1 {
			t.Errorf("told %d times", other.n)
		}
	})
}

// A group of the direct route is told at once, whatever is silenced, and its
// message is marked.
func TestDirectRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		everything, err := alert.NewMatcher(alert.AlertName, alert.MatchRegexp, ".+")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		err = o.store.SaveSilences(t.Context(), now, alert.Silence{ID: "s", Matchers: alert.Matchers{everything}, StartsAt: now, EndsAt: now.Add(time.Hour), CreatedBy: "a", Comment: "c"})
		if err != nil {
			t.Fatal(err)
		}
		a := held("Practice", alert.Firing)
		a.Labels = a.Labels.With(alert.DrillLabel, "drill-1")
		e := &alert.Evaluation{Group: alert.OwnGroup, At: now, Upserts: []alert.Alert{a}, Touched: map[string][]alert.GroupRef{
			a.ID: {{Key: "direct", RouteID: alert.DirectRoute, Receiver: "team"}},
		}}
		if err := o.store.CommitEvaluation(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		o.n.Wake()
		pass(time.Minute)
		if f.n != 1 {
			t.Errorf("told %d times", f.n)
		}
	})
}

func TestDrillTitle(t *testing.T) {
	templates, err := notifier.LoadTemplates(nil, nil, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"drill-1": "[DRILL] ", "test-1": "[TEST] ", "": "🔴 CronFailed"} {
		a := held("CronFailed", alert.Firing)
		a.Labels = a.Labels.With(alert.DrillLabel, id)
		m := templates.Message(alert.Delivery{ID: "d", Content: alert.Content{Firing: []string{a.ID}}}, alert.Group{}, []alert.Alert{a}, 0, "", time.Now())
		if !strings.HasPrefix(m.Data.Title, want) || notifier.Length(m.Data.Title) > 60 {
			t.Errorf("%q: the title is %q", id, m.Data.Title)
		}
	}
}
