package rules_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// cycles evaluates a rule of one series every minute and remembers, as the
// engine does, when its alerts fired. It returns what people would be told.
type cycles struct {
	t      *testing.T
	rule   *rules.Rule
	active []alert.Alert
	fired  map[alert.Fingerprint][]time.Time
	told   []string
}

func flappingRule(change func(*rules.Rule)) *rules.Rule {
	r := evidenceRule(change)
	r.Flapping = rules.Flapping{Firings: 3, Window: time.Hour, Stable: 15 * time.Minute}
	return r
}

func newCycles(t *testing.T, r *rules.Rule) *cycles {
	return &cycles{t: t, rule: r, fired: map[alert.Fingerprint][]time.Time{}}
}

// minute evaluates at a minute of the test; what is "breach", "healthy" or
// "missing".
func (c *cycles) minute(m int, what string) {
	c.t.Helper()
	tick := tick{}
	switch what {
	case "breach":
		tick.breaches = map[string]float64{"a": 5}
	case "healthy":
		tick.evidence = map[string]float64{"a": 0}
	}
	o := outcome(tick)
	o.Fired = c.fired
	steps, err := c.rule.Step(c.active, o, at(float64(m)))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range steps.Events {
		switch e.Kind {
		case alert.EventFiring, alert.EventResolved:
			c.told = append(c.told, fmt.Sprintf("%d:%s", m, e.Kind))
		case alert.EventFlapping:
			c.told = append(c.told, fmt.Sprintf("%d:%s %s", m, e.Kind, e.Detail[:strings.Index(e.Detail, " since")]))
		default: // not what people are told
		}
	}
	for _, a := range steps.Changed {
		if a.State == alert.Resolved {
			c.fired[a.Fingerprint()] = append(c.fired[a.Fingerprint()], a.FiredAt)
		}
	}
	c.active = steps.Active
}

func (c *cycles) want(told ...string) {
	c.t.Helper()
	if got := strings.Join(c.told, ", "); got != strings.Join(told, ", ") {
		c.t.Errorf("got  %s\nwant %s", got, strings.Join(told, ", "))
	}
}

// An alert that comes and goes every other minute is told as flapping at its
// third firing, counted on, and resolves after a quarter of an hour's health.
func TestFlapping(t *testing.T) {
	c := newCycles(t, flappingRule(nil))
	for m := range 12 {
		c.minute(m, []string{"breach", "healthy"}[m%2])
	}
	held := c.active[0]
	if !held.Flapping() || held.Flaps != 6 || !held.FlappingSince.Equal(at(0)) || !held.HealthySince.Equal(at(11)) || held.State != alert.Firing {
		t.Errorf("held as %+v", held)
	}
	for m := 12; m < 30; m++ {
		c.minute(m, "healthy")
	}
	c.want("0:firing", "1:resolved", "2:firing", "3:resolved", "4:firing", "4:flapping fired 3 times",
		"6:flapping fired 4 times", "8:flapping fired 5 times", "10:flapping fired 6 times", "26:resolved")
}

func TestNotFlapping(t *testing.T) {
	t.Run("too seldom", func(t *testing.T) {
		c := newCycles(t, flappingRule(nil))
		for i := range 4 {
			c.minute(i*31, "breach")
			c.minute(i*31+1, "healthy")
		}
		c.want("0:firing", "1:resolved", "31:firing", "32:resolved", "62:firing", "63:resolved", "93:firing", "94:resolved")
	})
	t.Run("of another label set", func(t *testing.T) {
		c := newCycles(t, flappingRule(nil))
		other := alert.LabelsFromStrings(alert.AlertName, "X", "instance", "b").Fingerprint()
		c.fired[other] = []time.Time{at(-3), at(-2), at(-1)}
		c.minute(0, "breach")
		c.want("0:firing")
	})
	t.Run("turned off", func(t *testing.T) {
		c := newCycles(t, evidenceRule(nil))
		for m := range 8 {
			c.minute(m, []string{"breach", "healthy"}[m%2])
		}
		if len(c.told) != 8 || strings.Contains(strings.Join(c.told, ","), "flapping") {
			t.Errorf("told %q", c.told)
		}
	})
	t.Run("a pending alert does not count", func(t *testing.T) {
		c := newCycles(t, flappingRule(func(r *rules.Rule) { r.For = 2 * time.Minute }))
		for m := range 20 {
			c.minute(m, []string{"breach", "healthy"}[m%2])
		}
		c.want()
	})
}

// Only evidence ends it: the time without data does not count.
func TestFlappingResolvesOnEvidence(t *testing.T) {
	c := newCycles(t, flappingRule(nil))
	for m := range 6 {
		c.minute(m, []string{"breach", "healthy"}[m%2])
	}
	told := len(c.told)
	for m := 6; m < 12; m++ {
		c.minute(m, "healthy")
	}
	for m := 12; m < 60; m++ {
		c.minute(m, "missing")
	}
	if a := c.active[0]; a.MissingSince.IsZero() || !a.HealthySince.IsZero() {
		t.Errorf("without data: %+v", a)
	}
	for m := 60; m < 75; m++ {
		c.minute(m, "healthy")
	}
	if len(c.told) != told || len(c.active) != 1 || !c.active[0].MissingSince.IsZero() {
		t.Fatalf("told %q, active %+v", c.told, c.active)
	}
	c.minute(75, "healthy")
	if len(c.active) != 0 || c.told[len(c.told)-1] != "75:resolved" {
		t.Errorf("told %q, active %+v", c.told, c.active)
	}
}

// A rule whose flapping is turned off lets go of what it held.
func TestFlappingTurnedOff(t *testing.T) {
	c := newCycles(t, flappingRule(nil))
	for m := range 6 {
		c.minute(m, []string{"breach", "healthy"}[m%2])
	}
	c.rule = evidenceRule(nil)
	c.minute(6, "healthy")
	if c.told[len(c.told)-1] != "6:resolved" {
		t.Errorf("told %q", c.told)
	}
}

// Flapping is for what alertd watches by itself; rule files ask for it.
func TestFlappingOfKindsAndFiles(t *testing.T) {
	f := rules.Flapping{Firings: 4, Window: time.Hour, Stable: time.Minute}
	groups, err := rules.Spec{Cron: []rules.CronJob{{Name: "etl"}}, Containers: rules.Containers{Expect: []string{"db"}}, Flapping: f}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Flapping != f {
				t.Errorf("%s: %+v", r.ID, r.Flapping)
			}
		}
	}
	for _, asked := range []bool{false, true} {
		groups, err := rules.LoadFiles([]rules.FileSpec{{Path: "../monitoring/rules/example.rules.yml", Flapping: asked}}, rules.FileOptions{Interval: time.Minute, Flapping: f, Logger: slog.New(slog.DiscardHandler)})
		if err != nil || len(groups) == 0 {
			t.Fatalf("%d groups, error %v", len(groups), err)
		}
		for _, r := range groups[0].Rules {
			if (r.Flapping == f) != asked {
				t.Errorf("flapping: %t: %s has %+v", asked, r.ID, r.Flapping)
			}
		}
	}
}
