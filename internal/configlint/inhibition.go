package configlint

import (
	"fmt"
	"maps"
	"slices"

	"alertd/internal/alert"
	"alertd/notifier"
)

// inhibition reports inhibit rules that never have an effect.
func (r *review) inhibition() {
	for i := range r.config.Inhibit {
		rule := &r.config.Inhibit[i]
		source, sourceErr := rule.Source()
		target, targetErr := rule.Target()
		if sourceErr != nil || targetErr != nil {
			continue // refused anyway
		}
		path := fmt.Sprintf("inhibit_rules[%d]", i)
		switch {
		case r.excluding(path, source), r.excluding(path, target):
		case implied(source, target) && implied(target, source):
			r.at(idleInhibition, path, "this rule inhibits nothing: all that match one side match the other as well, and such alerts do not inhibit each other",
				"let source and target differ, by severity or by name")
		default:
			r.unknownSource(path, source)
		}
	}
}

// excluding reports matchers of a rule that no alert can pass.
func (r *review) excluding(path string, ms alert.Matchers) bool {
	for i, a := range ms {
		for _, b := range ms[:i] {
			if a.Name == b.Name && (excludes(a, b) || excludes(b, a)) {
				r.at(idleInhibition, path, fmt.Sprintf("this rule inhibits nothing: %s and %s never hold together", b, a), "correct one of them")
				return true
			}
		}
	}
	return false
}

// unknownSource reports a source that no rule raises.
func (r *review) unknownSource(path string, source alert.Matchers) {
	if m, values, unknown := r.unknownAlert(source); unknown {
		r.at(unknownAlert, path, fmt.Sprintf("no rule raises an alert with %s, so only what others post inhibits anything", m),
			"correct it, if alertd's own alerts are meant: "+shown(m.Name, values))
	}
}

// intervals reports time intervals that no route names.
func (r *review) intervals() {
	named := map[string]bool{}
	var visit func(*notifier.RouteSpec)
	visit = func(spec *notifier.RouteSpec) {
		for _, name := range slices.Concat(spec.MuteTimeIntervals, spec.ActiveIntervals) {
			named[name] = true
		}
		for _, child := range spec.Routes {
			if child != nil {
				visit(child)
			}
		}
	}
	visit(r.config.Route)
	for _, name := range slices.Sorted(maps.Keys(r.config.TimeIntervals)) {
		if !named[name] {
			r.at(unusedInterval, r.config.IntervalPath(name), fmt.Sprintf("no route is muted or active by the time interval %s", name),
				"add it to mute_time_intervals or active_time_intervals of a route, or remove it")
		}
	}
}
