// Package configlint finds what is probably wrong with a configuration that is
// valid: routes that nothing reaches, alerts that reach nobody, schedules that
// the clock's shifts disturb. docs/checks.md describes the checks.
package configlint

import (
	"slices"
	"time"

	"alertd/internal/config"
	"alertd/internal/invalid"
	"alertd/rules"
	"alertd/rules/lint"
)

// The names of the checks.
const (
	unreachableRoute      = "unreachable-route"
	contradictoryMatchers = "contradictory-matchers"
	unknownAlert          = "matcher-without-alert"
	emptyReceiver         = "receiver-without-channel"
	unroutedAlert         = "alert-reaches-nobody"
	unusedReceiver        = "unused-receiver"
	idleInhibition        = "inhibit-rule-without-effect"
	unusedInterval        = "unused-time-interval"
	maxAgeBelowPeriod     = "max-age-below-period"
	graceBeyondPeriod     = "grace-beyond-period"
	clockShift            = "schedule-in-clock-shift"
	noFiles               = "pattern-without-files"
)

// Checks returns every check of this package, in the order of the documentation.
func Checks() []lint.Check {
	return []lint.Check{
		{ID: config.Invalid, Severity: invalid.Error, Summary: "a configuration that cannot be used"},
		{ID: unreachableRoute, Severity: invalid.Warning, Summary: "a route behind another that takes all that it could"},
		{ID: contradictoryMatchers, Severity: invalid.Warning, Summary: "a route whose matchers can never hold together"},
		{ID: unknownAlert, Severity: invalid.Info, Summary: "a route or an inhibit rule for alerts that no rule raises"},
		{ID: emptyReceiver, Severity: invalid.Warning, Summary: "a route to a receiver that tells nobody"},
		{ID: unroutedAlert, Severity: invalid.Warning, Summary: "an alert of which nobody is told"},
		{ID: unusedReceiver, Severity: invalid.Info, Summary: "a receiver that no route names"},
		{ID: idleInhibition, Severity: invalid.Warning, Summary: "an inhibit rule that can never inhibit anything"},
		{ID: unusedInterval, Severity: invalid.Info, Summary: "a time interval that no route names"},
		{ID: maxAgeBelowPeriod, Severity: invalid.Warning, Summary: "a cron job's max_age that is over before its next run"},
		{ID: graceBeyondPeriod, Severity: invalid.Info, Summary: "a cron job's grace that is longer than the time to its next run"},
		{ID: clockShift, Severity: invalid.Info, Summary: "a cron job due at a time that the clock skips or shows twice"},
		{ID: noFiles, Severity: invalid.Warning, Summary: "a pattern that matches no file"},
	}
}

// Check returns what is found in a configuration, in order of place; groups are
// the rules of it and of its rule files, and others the names of checks of
// other packages that a comment may name.
func Check(cfg *config.Config, groups []rules.Group, others []string, now time.Time) []invalid.Finding {
	r := &review{config: cfg, groups: groups, now: now}
	r.routes()
	r.receivers()
	r.inhibition()
	r.intervals()
	r.schedules()
	r.patterns()
	r.applyComments(others)
	slices.SortStableFunc(r.found, invalid.ByPlace)
	return r.found
}

// review is one configuration under the checks.
type review struct {
	config *config.Config
	groups []rules.Group
	now    time.Time
	found  []invalid.Finding
}

// at reports a finding at the value at a path of the file.
func (r *review) at(check, path, problem, mend string) {
	f := r.config.Place(path)
	f.Check, f.Problem, f.Mend = check, problem, mend
	for _, c := range Checks() {
		if c.ID == check {
			f.Severity = c.Severity
		}
	}
	r.found = append(r.found, f)
}
