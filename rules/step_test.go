package rules_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// at returns the moment of a test's minute.
func at(minutes float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))
}

// tick is one evaluation: what was asked and found, and what must come of it.
// Values are of the series named by the key.
type tick struct {
	minute   float64
	breaches map[string]float64
	evidence map[string]float64
	err      error
	failed   error // asking for the evidence

	want   string // "name:state[:mark]" of every active alert, sorted, comma-separated
	events string
}

func series(name string) alert.Labels { return alert.LabelsFromStrings("instance", name) }

func outcome(t tick) rules.Outcome {
	o := rules.Outcome{Err: t.err, EvidenceErr: t.failed, Evidence: map[alert.Fingerprint]float64{}}
	for _, name := range sortedKeys(t.breaches) {
		ls := series(name)
		o.Breaches = append(o.Breaches, rules.Breach{
			Labels: ls.With(alert.AlertName, "X"), Series: ls.Fingerprint(), Value: t.breaches[name],
		})
	}
	for name, v := range t.evidence {
		o.Evidence[series(name).Fingerprint()] = v
	}
	return o
}

func sortedKeys(m map[string]float64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func describe(alerts []alert.Alert) string {
	var out []string
	for _, a := range alerts {
		text := a.Labels.Get("instance") + ":" + string(a.State)
		if !a.MissingSince.IsZero() {
			text += ":missing"
		}
		if !a.KeepFiringSince.IsZero() {
			text += ":kept"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

func kinds(events []alert.Event) string {
	var out []string
	for _, e := range events {
		out = append(out, string(e.Kind))
	}
	return strings.Join(out, ",")
}

func evidenceRule(change func(*rules.Rule)) *rules.Rule {
	r := &rules.Rule{ID: "r", Name: "X", Expr: rules.Fixed("x > 1"), Evidence: rules.Fixed("x"), OnMissing: rules.Keep}
	if change != nil {
		change(r)
	}
	return r
}

func TestStep(t *testing.T) {
	down := errors.New("no answer")
	one := map[string]float64{"a": 5}
	for name, test := range map[string]struct {
		rule  *rules.Rule
		ticks []tick
	}{
		"fires at once without for, resolves on evidence": {
			evidenceRule(nil),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, breaches: one, want: "a:firing"},
				{minute: 2, evidence: map[string]float64{"a": 0}, want: "", events: "resolved"},
			},
		},
		"for counts from the first breach": {
			evidenceRule(func(r *rules.Rule) { r.For = 2 * time.Minute }),
			[]tick{
				{minute: 0, breaches: one, want: "a:pending", events: "pending"},
				{minute: 1, breaches: one, want: "a:pending"},
				{minute: 2, breaches: one, want: "a:firing", events: "firing"},
			},
		},
		"a pending alert that recovers leaves nothing": {
			evidenceRule(func(r *rules.Rule) { r.For = 2 * time.Minute }),
			[]tick{
				{minute: 0, breaches: one, want: "a:pending", events: "pending"},
				{minute: 1, evidence: map[string]float64{"a": 0}, want: "", events: "pending ended"},
				{minute: 2, breaches: one, want: "a:pending", events: "pending"},
			},
		},
		"missing data is no recovery": {
			evidenceRule(nil),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, want: "a:firing:missing", events: "no data"},
				{minute: 60, want: "a:firing:missing"},
				{minute: 61, evidence: map[string]float64{"b": 0}, want: "a:firing:missing"},
				{minute: 62, evidence: map[string]float64{"a": 0}, want: "", events: "resolved"},
			},
		},
		"data that returns in breach goes on": {
			evidenceRule(nil),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, want: "a:firing:missing", events: "no data"},
				{minute: 2, breaches: one, want: "a:firing", events: "data returned"},
			},
		},
		"a pending alert without data neither fires nor ends": {
			evidenceRule(func(r *rules.Rule) { r.For = 2 * time.Minute }),
			[]tick{
				{minute: 0, breaches: one, want: "a:pending", events: "pending"},
				{minute: 5, want: "a:pending:missing", events: "no data"},
				{minute: 6, breaches: one, want: "a:firing", events: "data returned,firing"},
			},
		},
		"an error changes nothing": {
			evidenceRule(nil),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, err: down, want: "a:firing"},
				{minute: 600, err: down, want: "a:firing"},
			},
		},
		"evidence that cannot be had concerns only those that need it": {
			evidenceRule(nil),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, breaches: map[string]float64{"b": 5}, failed: down, want: "a:firing,b:firing", events: "firing"},
				{minute: 2, evidence: map[string]float64{"a": 0, "b": 0}, want: "", events: "resolved,resolved"},
			},
		},
		"nor does it hold up what missing data resolves": {
			evidenceRule(func(r *rules.Rule) { r.OnMissing = rules.Resolve }),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, failed: down, want: "", events: "resolved"},
			},
		},
		"no number proves nothing": {
			evidenceRule(nil),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, evidence: map[string]float64{"a": math.NaN()}, want: "a:firing:missing", events: "no data"},
				{minute: 2, evidence: map[string]float64{"a": 0}, want: "", events: "resolved"},
			},
		},
		"Prometheus's own semantics: missing data resolves": {
			evidenceRule(func(r *rules.Rule) { r.OnMissing = rules.Resolve }),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, want: "", events: "resolved"},
			},
		},
		"missing data counts as a breach where the rule says so": {
			evidenceRule(func(r *rules.Rule) { r.OnMissing, r.For = rules.AlertOnMissing, 2*time.Minute }),
			[]tick{
				{minute: 0, breaches: one, want: "a:pending", events: "pending"},
				{minute: 1, want: "a:pending:missing", events: "no data"},
				{minute: 2, want: "a:firing:missing", events: "firing"},
			},
		},
		"between the thresholds a firing alert stays, a pending one ends": {
			evidenceRule(func(r *rules.Rule) { r.Clear = func(v float64) bool { return v <= 1 } }),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, evidence: map[string]float64{"a": 2}, want: "a:firing"},
				{minute: 2, evidence: map[string]float64{"a": 1}, want: "", events: "resolved"},
			},
		},
		"keep_firing_for counts from the first absence": {
			evidenceRule(func(r *rules.Rule) { r.KeepFiringFor, r.OnMissing = 2*time.Minute, rules.Resolve }),
			[]tick{
				{minute: 0, breaches: one, want: "a:firing", events: "firing"},
				{minute: 1, want: "a:firing:kept"},
				{minute: 2, breaches: one, want: "a:firing"},
				{minute: 3, want: "a:firing:kept"},
				{minute: 4, want: "a:firing:kept"},
				{minute: 5, want: "", events: "resolved"},
			},
		},
		"series live and die apart": {
			evidenceRule(nil),
			[]tick{
				{minute: 0, breaches: map[string]float64{"a": 5, "b": 6}, want: "a:firing,b:firing", events: "firing,firing"},
				{minute: 1, breaches: map[string]float64{"b": 6}, evidence: map[string]float64{"a": 0, "b": 6}, want: "b:firing", events: "resolved"},
				{minute: 2, want: "b:firing:missing", events: "no data"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var active []alert.Alert
			for _, tick := range test.ticks {
				steps, err := test.rule.Step(active, outcome(tick), at(tick.minute))
				if !errors.Is(err, tick.err) {
					t.Fatalf("minute %v: error %v, want %v", tick.minute, err, tick.err)
				}
				if got := describe(steps.Active); got != tick.want {
					t.Errorf("minute %v: active %q, want %q", tick.minute, got, tick.want)
				}
				if got := kinds(steps.Events); got != tick.events {
					t.Errorf("minute %v: events %q, want %q", tick.minute, got, tick.events)
				}
				active = steps.Active
			}
		})
	}
}

func TestStepRecordsTheRecovery(t *testing.T) {
	r := evidenceRule(nil)
	fired, err := r.Step(nil, outcome(tick{breaches: map[string]float64{"a": 5}}), at(0))
	if err != nil {
		t.Fatal(err)
	}
	ended, err := r.Step(fired.Active, outcome(tick{evidence: map[string]float64{"a": 0.5}}), at(7))
	if err != nil || len(ended.Changed) != 1 {
		t.Fatalf("ended %+v, error %v", ended, err)
	}
	a := ended.Changed[0]
	if a.ID != fired.Active[0].ID || a.State != alert.Resolved || a.Resolution != alert.Recovered ||
		a.RecoveredValue == nil || *a.RecoveredValue != 0.5 || a.Value != 5 || a.Duration(at(99)) != 7*time.Minute {
		t.Errorf("the recovered alert is %+v", a)
	}
}

// The moment of a timestamp rule's breach is the computed one, not the one at
// which it was noticed.
func TestStepSince(t *testing.T) {
	r := evidenceRule(func(r *rules.Rule) {
		r.For = 10 * time.Minute
		r.Since = func(age float64, ts time.Time) time.Time { return ts.Add(-time.Duration(age) * time.Minute) }
	})
	steps, err := r.Step(nil, outcome(tick{breaches: map[string]float64{"a": 30}}), at(60))
	if err != nil || len(steps.Active) != 1 {
		t.Fatalf("steps %+v, error %v", steps, err)
	}
	if a := steps.Active[0]; a.State != alert.Firing || !a.ActiveAt.Equal(at(30)) {
		t.Errorf("state %s since %s, want firing since %s", a.State, a.ActiveAt, at(30))
	}
}

// Facts move the beginning of a breach, in order; one that is yet to begin, or
// never will, is no alert, and one that is there is left alone.
func TestStepFacts(t *testing.T) {
	seconds := func(minute float64) float64 { return float64(at(minute).Unix()) }
	moment := func(fact float64) time.Time { return time.Unix(int64(fact), 0) }
	r := evidenceRule(func(r *rules.Rule) {
		r.Since = func(_ float64, ts time.Time) time.Time { return ts.Add(-20 * time.Minute) }
		r.Facts = []rules.Fact{
			{Begin: func(_ time.Time, _, fact float64) time.Time {
				if fact == 0 {
					return time.Time{}
				}
				return moment(fact)
			}},
			{Begin: func(since time.Time, _, fact float64) time.Time {
				if later := moment(fact); later.After(since) {
					return later
				}
				return since
			}},
		}
	})
	for name, c := range map[string]struct {
		first, second map[string]float64
		want          string
		since         time.Time
	}{
		"none":          {nil, nil, "a:firing", at(40)},
		"first":         {map[string]float64{"a": seconds(30)}, nil, "a:firing", at(30)},
		"both":          {map[string]float64{"a": seconds(30)}, map[string]float64{"a": seconds(50)}, "a:firing", at(50)},
		"now":           {nil, map[string]float64{"a": seconds(60)}, "a:firing", at(60)},
		"later":         {nil, map[string]float64{"a": seconds(60.1)}, "", time.Time{}},
		"never":         {map[string]float64{"a": 0}, map[string]float64{"a": seconds(50)}, "", time.Time{}},
		"of another":    {map[string]float64{"b": 0}, nil, "a:firing", at(40)},
		"not yet, ever": {map[string]float64{"a": seconds(70)}, map[string]float64{"a": seconds(50)}, "", time.Time{}},
	} {
		o := outcome(tick{breaches: map[string]float64{"a": 5}})
		for _, facts := range []map[string]float64{c.first, c.second} {
			o.Facts = append(o.Facts, outcome(tick{evidence: facts}).Evidence)
		}
		if !r.NeedsFacts(nil, o.Breaches) {
			t.Fatal("a new breach needs no facts")
		}
		steps, err := r.Step(nil, o, at(60))
		if err != nil || describe(steps.Active) != c.want {
			t.Errorf("%s: active %q, error %v, want %q", name, describe(steps.Active), err, c.want)
			continue
		}
		if c.want == "" {
			if len(steps.Events)+len(steps.Changed) > 0 {
				t.Errorf("%s: %+v", name, steps)
			}
			continue
		}
		if !steps.Active[0].ActiveAt.Equal(c.since) {
			t.Errorf("%s: since %s, want %s", name, steps.Active[0].ActiveAt, c.since)
		}
		if r.NeedsFacts(steps.Active, o.Breaches) {
			t.Errorf("%s: a known breach needs facts", name)
		}
		o.Facts[0] = outcome(tick{evidence: map[string]float64{"a": 0}}).Evidence
		if on, err := r.Step(steps.Active, o, at(61)); err != nil || describe(on.Active) != c.want || !on.Active[0].ActiveAt.Equal(c.since) {
			t.Errorf("%s: goes on as %+v, error %v", name, on.Active, err)
		}
	}
}

func TestStepRaisedForDemotes(t *testing.T) {
	r := evidenceRule(nil)
	steps, _ := r.Step(nil, outcome(tick{breaches: map[string]float64{"a": 5}}), at(0))
	r.For = time.Hour
	steps, err := r.Step(steps.Active, outcome(tick{breaches: map[string]float64{"a": 5}}), at(1))
	if err != nil || describe(steps.Active) != "a:pending" {
		t.Errorf("active %s, error %v", describe(steps.Active), err)
	}
}

// An alert under keep_firing_for that breaches again must be written, or a
// restart would count its absence from the first one.
func TestStepReturnUnderKeepFiringForIsWritten(t *testing.T) {
	r := evidenceRule(func(r *rules.Rule) { r.KeepFiringFor = 3 * time.Minute })
	var active []alert.Alert
	for minute, test := range []struct {
		o       tick
		want    string
		changed int
	}{
		{tick{breaches: map[string]float64{"a": 5}}, "a:firing", 1},
		{tick{evidence: map[string]float64{"a": 0}}, "a:firing:kept", 1},
		{tick{breaches: map[string]float64{"a": 5}}, "a:firing", 1},
		{tick{breaches: map[string]float64{"a": 5}}, "a:firing", 0},
	} {
		steps, err := r.Step(active, outcome(test.o), at(float64(minute)))
		if active = steps.Active; err != nil || describe(active) != test.want || len(steps.Changed) != test.changed {
			t.Errorf("minute %d: %s, %d changed, error %v", minute, describe(active), len(steps.Changed), err)
		}
	}
}

// A raised `for` demotes what keep_firing_for holds, which then ends at its next
// absence.
func TestStepRaisedForDemotesWhatIsKept(t *testing.T) {
	r := evidenceRule(func(r *rules.Rule) { r.KeepFiringFor = time.Hour })
	healthy := outcome(tick{evidence: map[string]float64{"a": 0}})
	steps, _ := r.Step(nil, outcome(tick{breaches: map[string]float64{"a": 5}}), at(0))
	steps, _ = r.Step(steps.Active, healthy, at(1))
	r.For = 2 * time.Hour
	steps, err := r.Step(steps.Active, healthy, at(2))
	if err != nil || describe(steps.Active) != "a:pending" || len(steps.Changed) != 1 {
		t.Errorf("active %s, error %v", describe(steps.Active), err)
	}
	if steps, err = r.Step(steps.Active, healthy, at(3)); err != nil || len(steps.Active) != 0 {
		t.Errorf("active %s, error %v", describe(steps.Active), err)
	}
}

func TestStepRefusals(t *testing.T) {
	twin := rules.Breach{Labels: series("a"), Value: 1}
	r := evidenceRule(func(r *rules.Rule) { r.Limit = 2 })
	before, err := r.Step(nil, outcome(tick{breaches: map[string]float64{"a": 1}}), at(0))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		o    rules.Outcome
		want error
	}{
		"duplicate labels": {rules.Outcome{Breaches: []rules.Breach{twin, twin}}, rules.ErrDuplicate},
		"over the limit":   {outcome(tick{breaches: map[string]float64{"a": 1, "b": 1, "c": 1}}), rules.ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			steps, err := r.Step(before.Active, test.o, at(1))
			if !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if describe(steps.Active) != "a:firing" || len(steps.Changed) != 0 {
				t.Errorf("a refused result changed the state: %s", describe(steps.Active))
			}
		})
	}
}

func BenchmarkStepUnchanged(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			breaches := map[string]float64{}
			for i := range n {
				breaches[fmt.Sprint("host-", i)] = 1
			}
			r, o := evidenceRule(nil), outcome(tick{breaches: breaches})
			steps, err := r.Step(nil, o, at(0))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Step(steps.Active, o, at(1)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
