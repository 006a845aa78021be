package inhibit_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"alertd/internal/alert"
	"alertd/internal/inhibit"
	"alertd/internal/matchers"
)

func match(t testing.TB, text string) alert.Matchers {
	t.Helper()
	ms, err := matchers.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func rule(t testing.TB, source, target string, equal ...string) inhibit.Rule {
	t.Helper()
	return inhibit.Rule{Source: match(t, source), Target: match(t, target), Equal: equal}
}

func firing(id string, labels ...string) alert.Alert {
	return alert.Alert{ID: id, State: alert.Firing, Labels: alert.LabelsFromStrings(labels...)}
}

// The cases are those of Alertmanager's documentation and of its
// InhibitRule.hasEqual.
func TestInhibitedBy(t *testing.T) {
	for _, c := range []struct {
		name   string
		rules  []inhibit.Rule
		alerts []alert.Alert
		want   map[string][]string // by id, the ids of those that inhibit it
	}{
		{
			"same values of the equal labels",
			[]inhibit.Rule{rule(t, "s=1", "t=1", "instance", "job")},
			[]alert.Alert{
				firing("source", "s", "1", "instance", "a", "job", "x"), firing("same", "t", "1", "instance", "a", "job", "x"),
				firing("other", "t", "1", "instance", "a", "job", "y"), firing("no target", "instance", "a", "job", "x"),
			},
			map[string][]string{"same": {"source"}},
		},
		{
			"values that run into each other",
			[]inhibit.Rule{rule(t, "s=1", "t=1", "a", "b")},
			[]alert.Alert{firing("source", "s", "1", "a", "x", "b", "yz"), firing("target", "t", "1", "a", "xy", "b", "z")},
			nil,
		},
		{
			"missing labels are equal to missing and empty ones",
			[]inhibit.Rule{rule(t, "s=1", "t=1", "instance")},
			[]alert.Alert{firing("source", "s", "1"), firing("target", "t", "1"), firing("with", "t", "1", "instance", "a")},
			map[string][]string{"target": {"source"}},
		},
		{
			"without equal labels, all of them",
			[]inhibit.Rule{rule(t, "s=1", "t=1")},
			[]alert.Alert{firing("source", "s", "1"), firing("one", "t", "1", "x", "1"), firing("two", "t", "1", "x", "2")},
			map[string][]string{"one": {"source"}, "two": {"source"}},
		},
		{
			"no alert inhibits itself, nor its like on both sides",
			[]inhibit.Rule{rule(t, "a=1", "a=1")},
			[]alert.Alert{firing("one", "a", "1", "x", "1"), firing("two", "a", "1", "x", "2")},
			nil,
		},
		{
			"on both sides, inhibited by who is on one",
			[]inhibit.Rule{rule(t, "s=1", "t=1")},
			[]alert.Alert{firing("both", "s", "1", "t", "1"), firing("source", "s", "1")},
			map[string][]string{"both": {"source"}},
		},
		{
			"on both sides, inhibits who is target only",
			[]inhibit.Rule{rule(t, "s=1", "t=1")},
			[]alert.Alert{firing("both", "s", "1", "t", "1"), firing("target", "t", "1")},
			map[string][]string{"target": {"both"}},
		},
		{
			"an inhibited alert inhibits",
			[]inhibit.Rule{rule(t, "a=1", "b=1"), rule(t, "b=1", "c=1")},
			[]alert.Alert{firing("first", "a", "1"), firing("second", "b", "1"), firing("third", "c", "1")},
			map[string][]string{"second": {"first"}, "third": {"second"}},
		},
		{
			"each by the other",
			[]inhibit.Rule{rule(t, "a=1", "b=1"), rule(t, "b=1", "a=1")},
			[]alert.Alert{firing("one", "a", "1"), firing("two", "b", "1")},
			map[string][]string{"one": {"two"}, "two": {"one"}},
		},
		{
			"neither pending nor resolved ones inhibit",
			[]inhibit.Rule{rule(t, "s=1", "t=1")},
			[]alert.Alert{
				{ID: "pending", State: alert.Pending, Labels: alert.LabelsFromStrings("s", "1")},
				{ID: "resolved", State: alert.Resolved, Labels: alert.LabelsFromStrings("s", "1")},
				firing("target", "t", "1"),
			},
			nil,
		},
		{
			"a practice alert is inhibited, and inhibits nothing",
			[]inhibit.Rule{rule(t, "s=1", "t=1"), rule(t, "d=1", "t=1")},
			[]alert.Alert{
				firing("source", "s", "1"), firing("practised target", "t", "1", alert.DrillLabel, "drill-1"),
				firing("practised source", "d", "1", alert.DrillLabel, "drill-2"), firing("target", "t", "1"),
			},
			map[string][]string{"target": {"source"}, "practised target": {"source"}},
		},
		{
			"rules without matchers concern all, which are then on both sides",
			[]inhibit.Rule{{}},
			[]alert.Alert{firing("one", "a", "1"), firing("two", "b", "1")},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := inhibit.NewIndex(c.rules, c.alerts)
			for _, a := range c.alerts {
				var want []string
				for _, id := range c.want[a.ID] {
					i := slices.IndexFunc(c.alerts, func(a alert.Alert) bool { return a.ID == id })
					want = append(want, c.alerts[i].Fingerprint().String())
				}
				var got []string
				for _, f := range x.InhibitedBy(a.Labels) {
					got = append(got, f.String())
				}
				if a.State == alert.Firing && !slices.Equal(got, want) {
					t.Errorf("%s is inhibited by %v, want %v", a.ID, got, want)
				}
			}
		})
	}
}

// scan is the definition: whether some firing alert inhibits one, and which
// ones may be named.
func scan(rules []inhibit.Rule, alerts map[string]alert.Alert, target alert.Labels) (by []alert.Fingerprint) {
	for _, r := range rules {
		if !r.Target.Matches(target) {
			continue
		}
		for _, a := range alerts {
			equal := a.State == alert.Firing && r.Source.Matches(a.Labels)
			for _, name := range r.Equal {
				equal = equal && a.Labels.Get(name) == target.Get(name)
			}
			if equal && (!r.Source.Matches(target) || !r.Target.Matches(a.Labels)) {
				by = append(by, a.Fingerprint())
			}
		}
	}
	return by
}

// TestAgainstAScan leads random histories through the index: after each change
// it must answer as a scan of all alerts would, and name every alert whose
// answer changed.
func TestAgainstAScan(t *testing.T) {
	inhibited := 0
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 7))
		value := func() string { return fmt.Sprint(r.IntN(3)) }
		var rules []inhibit.Rule
		for range 1 + r.IntN(4) {
			texts := []string{"s=0", "s=~1|2", "t!=1", "s!=\"\",t=2", "e=0", ""}
			equal := [][]string{nil, {"e"}, {"e", "f"}}
			rules = append(rules, rule(t, texts[r.IntN(len(texts))], texts[r.IntN(len(texts))], equal[r.IntN(3)]...))
		}
		known := map[string]alert.Alert{}
		x := inhibit.NewIndex(rules, nil)
		for step := range 80 {
			id := fmt.Sprint(r.IntN(25))
			a, ok := known[id]
			if !ok {
				a = firing(id, "id", id, "s", value(), "t", value(), "e", value(), "f", value())
			} else if a.State = alert.Firing; r.IntN(2) == 0 {
				a.State = []alert.State{alert.Pending, alert.Resolved}[r.IntN(2)]
			}
			before := map[string]bool{}
			for id, a := range known {
				before[id] = len(scan(rules, known, a.Labels)) > 0
			}
			was := known[id].State
			known[id] = a
			changed := x.Set(&a)
			if step%20 == 0 { // as after a restart
				x = inhibit.NewIndex(rules, slices.Collect(maps.Values(known)))
			}
			for id, a := range known {
				want, got := scan(rules, known, a.Labels), x.InhibitedBy(a.Labels)
				if len(want) > 0 != (len(got) > 0) {
					t.Fatalf("seed %d step %d: %s is inhibited by %v, by a scan %v", seed, step, a.Labels, got, want)
				}
				for _, f := range got {
					inhibited++
					if !slices.Contains(want, f) {
						t.Fatalf("seed %d step %d: %s is inhibited by %s, by a scan %v", seed, step, a.Labels, f, want)
					}
				}
				if _, told := changed[id]; !told && a.State == alert.Firing && was == alert.Firing && before[id] != (len(got) > 0) {
					t.Fatalf("seed %d step %d: nobody is told that %s changed", seed, step, a.Labels)
				}
			}
		}
	}
	if inhibited < 1000 {
		t.Errorf("only %d inhibitions were compared", inhibited)
	}
}

// BenchmarkSourceComes is one source that begins and ends among 100,000 firing
// alerts and 20 rules, with 10 targets.
func BenchmarkSourceComes(b *testing.B) {
	var rules []inhibit.Rule
	for i := range 20 {
		rules = append(rules, rule(b, fmt.Sprintf(`alertname="Down%d"`, i), `severity=~"warning|info"`, "instance"))
	}
	alerts := make([]alert.Alert, 100_000)
	for i := range alerts {
		alerts[i] = firing(fmt.Sprint(i), "alertname", fmt.Sprint("A", i%10), "instance", fmt.Sprint(i/10), "severity", "warning", "job", "x")
	}
	x := inhibit.NewIndex(rules, alerts)
	source := firing("source", "alertname", "Down7", "instance", "77", "severity", "critical")
	for b.Loop() {
		source.State = alert.Firing
		begun := x.Set(&source)
		source.State = alert.Resolved
		if ended := x.Set(&source); len(begun) != 10 || len(ended) != 10 {
			b.Fatalf("%d and %d targets", len(begun), len(ended))
		}
	}
}

// BenchmarkLoad is the start with 100,000 firing alerts and 20 rules.
func BenchmarkLoad(b *testing.B) {
	var rules []inhibit.Rule
	for i := range 20 {
		rules = append(rules, rule(b, fmt.Sprintf(`alertname="Down%d"`, i), fmt.Sprintf(`severity=~"warning|info",job="j%d"`, i), "instance"))
	}
	alerts := make([]alert.Alert, 100_000)
	for i := range alerts {
		alerts[i] = firing(fmt.Sprint(i), "alertname", fmt.Sprint("A", i%10), "instance", fmt.Sprint(i/10), "severity", "warning", "job", fmt.Sprint("j", i%20))
	}
	for b.Loop() {
		inhibit.NewIndex(rules, alerts)
	}
}
