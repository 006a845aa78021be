// Package explain tells the story of one alert: what happened from its first
// breach to the messages about it, where it stands, and what happens next. Tell
// is a pure function of what is recorded and of what planning would decide now.
package explain

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
	"alertd/notifier"
)

// Facts is what a story is told from.
type Facts struct {
	Now      time.Time
	Trace    *alert.Trace
	Shown    apiv1.Alert // the alert as the API shows it
	Rule     *Rule       // nil: others sent it, or its rule is gone
	Routes   []Route     // that take it by the configuration in force
	Silences alert.Silences
	// Previews are of the groups that it belongs to: what planning them now would decide.
	Previews []notifier.Preview
	// Inhibitors are the labels of the alerts that keep it from being told.
	Inhibitors map[alert.Fingerprint]alert.Labels
}

// Rule is the rule that the alert comes from.
type Rule struct {
	Name, Group, Expression string

	For            time.Duration
	FiresAt        time.Time     // where it is pending: when it fires, if it stays
	KeepFiringFor  time.Duration // how long it fires on when it is well
	StableFor      time.Duration // how long it must be well when it flaps
	Interval       time.Duration // between evaluations
	LastEvaluation time.Time     // zero: none yet
	LastError      string
}

// Route is a route that takes the alert.
type Route struct {
	Path    []alert.Matchers // of each node from the root
	Group   alert.GroupRef
	Options notifier.RouteOptions
}

// Tell tells the story.
func Tell(f Facts) *apiv1.Story {
	s := &apiv1.Story{At: f.Now.UTC(), Alert: f.Shown, Past: past(f.Trace)}
	s.Rule, s.RuleMissing = f.rule()
	for _, r := range f.Routes {
		s.Routes = append(s.Routes, storyRoute(r))
	}
	s.Suppressed = f.suppressions()
	s.Told = f.integrations(s.Suppressed)
	s.Next = f.next(s)
	if len(f.Previews) == 0 && f.Trace.State == alert.Firing {
		s.NotComplete = append(s.NotComplete, "it belongs to no aggregation group yet: whom it is told to is decided when it does")
	}
	return s
}

func (f *Facts) rule() (*apiv1.StoryRule, string) {
	switch r := f.Rule; {
	case r != nil:
		return &apiv1.StoryRule{
			Name: r.Name, Group: r.Group, Expression: r.Expression, ForSeconds: r.For.Seconds(),
			LastError: r.LastError, LastEvaluation: moment(r.LastEvaluation),
		}, ""
	case f.Trace.RuleID == "":
		return nil, "another program sent it: alertd does not know its rule"
	default:
		return nil, "the configuration in force has no such rule, or alertd raised it about itself"
	}
}

func storyRoute(r Route) apiv1.StoryRoute {
	path := make([]string, len(r.Path))
	for i, ms := range r.Path {
		parts := make([]string, len(ms))
		for k, m := range ms {
			parts[k] = m.String()
		}
		path[i] = cmp.Or(strings.Join(parts, " "), "everything")
	}
	return apiv1.StoryRoute{
		Path: path, Receiver: r.Group.Receiver, Group: string(r.Group.Key), GroupedBy: r.Group.Labels,
		GroupWaitSeconds: r.Options.GroupWait.Seconds(), GroupIntervalSeconds: r.Options.GroupInterval.Seconds(),
		RepeatIntervalSeconds: r.Options.RepeatInterval.Seconds(),
	}
}

// inTime sorts lines; those of one moment stay in their order.
func inTime(lines []apiv1.StoryLine) []apiv1.StoryLine {
	slices.SortStableFunc(lines, func(a, b apiv1.StoryLine) int { return a.At.Compare(b.At) })
	return lines
}

// moment is a time that may not have come yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
