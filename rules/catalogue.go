package rules

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
)

// Level is Saturation of what is no percentage.
type Level Saturation

// Switch is the settings of a condition that holds or does not.
type Switch struct {
	Enabled *bool           `yaml:"enabled"`
	For     *model.Duration `yaml:"for"`
}

// Recent is the settings of something that happens at once and leaves a trace.
type Recent struct {
	Enabled *bool           `yaml:"enabled"`
	Within  *model.Duration `yaml:"within"` // how long ago counts; the alert ends after it
}

// condition is a rule of the catalogue: what compiles to a Rule, in plain texts.
type condition struct {
	kind, name      string
	on              bool
	expr, evidence  string // PromQL
	clear           func(value float64) bool
	since           func(value float64, ts time.Time) time.Time
	wait            time.Duration
	severity        string
	unit, threshold string
	summary, detail string
}

// over makes the condition that a value is above a threshold, until it is at or
// below the other; per says what the threshold's number counts.
func (c condition) over(value string, s Saturation, per string) condition {
	c.expr, c.evidence = fmt.Sprintf("(%s) > %g", value, s.Fire), settled(value)
	c.clear = func(v float64) bool { return v <= s.Clear }
	c.wait = time.Duration(*s.For)
	c.threshold = strings.TrimSpace(fmt.Sprintf("> %g %s", s.Fire, per))
	if per == "%" {
		c.unit = "%"
	}
	return c
}

func (c condition) rule(labels map[string]string) *Rule {
	bears := map[string]string{"severity": c.severity}
	maps.Copy(bears, labels)
	return &Rule{
		ID: c.kind + "/" + c.name, Name: c.name,
		Expr: Fixed(c.expr), Evidence: Fixed(c.evidence), Clear: c.clear, Since: c.since,
		For: c.wait, OnMissing: Keep, Unit: c.unit, Threshold: c.threshold,
		Labels:      templates(bears, nil),
		Annotations: templates(map[string]string{"summary": c.summary, "description": c.detail}, nil),
	}
}

// compileConditions returns the rules of those that are on.
func compileConditions(all []condition, labels map[string]string) []*Rule {
	var rs []*Rule
	for _, c := range all {
		if c.on {
			rs = append(rs, c.rule(labels))
		}
	}
	return rs
}

// alive is an expression over the past, for the series that also have a sample
// now: of what has vanished, the past proves no recovery.
func alive(past, now string) string { return fmt.Sprintf("(%s) and (%s)", past, now) }

// settled is value for the series that have a sample now and had one when the
// window of its rates began. While a window is filled in part only, because its
// exporter died or has just come back, rates come out too low: a host that dies
// of its load would be told as recovered.
func settled(value string) string {
	rates := regexp.MustCompile(`rate\((.*?)\[5m\]\)`)
	if !rates.MatchString(value) {
		return value
	}
	now, before := rates.ReplaceAllString(value, "$1"), rates.ReplaceAllString(value, "$1 offset 5m")
	return fmt.Sprintf("(%s) and (%s) and (%s)", value, now, before)
}

// chosen is the user's word, or else what is sensible.
func chosen(flag *bool, otherwise bool) bool {
	if flag != nil {
		return *flag
	}
	return otherwise
}

func orElse(d *model.Duration, otherwise time.Duration) time.Duration {
	if d != nil {
		return time.Duration(*d)
	}
	return otherwise
}

// check tells what is wrong with a level; defaults is what it has when unset.
func (l Level) check(path string, defaults Saturation) []invalid.Field {
	var wrong []invalid.Field
	for _, v := range []struct {
		name  string
		value float64
	}{{"fire", l.Fire}, {"clear", l.Clear}} {
		if v.value < 0 || math.IsNaN(v.value) || math.IsInf(v.value, 0) {
			wrong = append(wrong, invalid.Field{
				Path:    path + "." + v.name,
				Problem: fmt.Sprintf("%g is not a level", v.value), Mend: "use a number above 0",
			})
		}
	}
	if s := Saturation(l).withDefaults(defaults); s.Clear > s.Fire {
		wrong = append(wrong, invalid.Field{
			Path:    path + ".clear",
			Problem: fmt.Sprintf("clear (%g) is above fire (%g)", s.Clear, s.Fire), Mend: "set clear to a value at or below fire",
		})
	}
	return wrong
}

// checkWithin: a past of no length holds nothing, and one of less than two
// scrapes is not told apart from none.
func checkWithin(path string, within *model.Duration) []invalid.Field {
	if within == nil || time.Duration(*within) >= time.Minute {
		return nil
	}
	return []invalid.Field{{
		Path:    path + ".within",
		Problem: fmt.Sprintf("%s is too short to see anything in", within), Mend: "write 1m or more",
	}}
}

// idle tells of settings of a rule that is off by default and was not turned
// on: whoever writes them counts on an alert that would never come.
func idle(path string, flag *bool, given bool) []invalid.Field {
	if flag != nil || !given {
		return nil
	}
	return []invalid.Field{{
		Path:    path,
		Problem: path + " is off unless it is turned on, so this has no effect", Mend: "add enabled: true",
	}}
}

func (s Saturation) given() bool { return s.Fire != 0 || s.Clear != 0 || s.For != nil }
