package notifier

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/mutetime"
)

// GroupByAll is the group_by entry that makes a group of every label set.
const GroupByAll = "..."

// RouteSpec is a node of the `route` section, in Alertmanager's names. What is
// unset is inherited from the parent.
type RouteSpec struct {
	Receiver          string            `yaml:"receiver,omitempty"`
	Matchers          []string          `yaml:"matchers,omitempty"`
	Match             map[string]string `yaml:"match,omitempty"`
	MatchRE           map[string]string `yaml:"match_re,omitempty"`
	Continue          bool              `yaml:"continue,omitempty"`
	GroupBy           []string          `yaml:"group_by,omitempty"`
	GroupWait         *model.Duration   `yaml:"group_wait,omitempty"`
	GroupInterval     *model.Duration   `yaml:"group_interval,omitempty"`
	RepeatInterval    *model.Duration   `yaml:"repeat_interval,omitempty"`
	MuteTimeIntervals []string          `yaml:"mute_time_intervals,omitempty"`
	ActiveIntervals   []string          `yaml:"active_time_intervals,omitempty"`
	Labels            map[string]string `yaml:"labels,omitempty"`
	Routes            []*RouteSpec      `yaml:"routes,omitempty"`
}

// RouteOptions are what a route, with all that it inherited, says of timing
// and grouping.
type RouteOptions struct {
	Receiver       string
	GroupBy        map[string]bool
	GroupByAll     bool
	GroupWait      time.Duration // from a group's first alert to its first message
	GroupInterval  time.Duration // between messages about changes
	RepeatInterval time.Duration // between messages about no change
	// Muting is when the route tells nobody; nil: never. It is not inherited.
	Muting *mutetime.Schedule
	// Labels are the route's own and inherited ones, their values templates.
	Labels map[string]string
}

// Route is a node of the routing tree, ready to match.
type Route struct {
	ID       string // its matchers and its parents', as Alertmanager writes it
	Options  RouteOptions
	matchers alert.Matchers
	goOn     bool
	children []*Route

	mute, active []string // names of time intervals
}

// NewRoute returns the routing tree of spec. top gives what the root does not
// say itself. Match expressions are parsed by parse.
func NewRoute(spec *RouteSpec, top RouteOptions, parse func(string) (alert.Matchers, error)) (*Route, error) {
	return newRoute(spec, top, "", "", parse)
}

func newRoute(spec *RouteSpec, inherited RouteOptions, above, place string, parse func(string) (alert.Matchers, error)) (*Route, error) {
	r := &Route{Options: inherited.overlaid(spec), goOn: spec.Continue, mute: spec.MuteTimeIntervals, active: spec.ActiveIntervals}
	for _, text := range spec.Matchers {
		ms, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("matcher %q of the route to %s: %w", text, r.Options.Receiver, err)
		}
		r.matchers = append(r.matchers, ms...)
	}
	old, err := deprecatedMatchers(spec)
	if err != nil {
		return nil, fmt.Errorf("the route to %s: %w", r.Options.Receiver, err)
	}
	r.matchers = append(r.matchers, old...)
	slices.SortFunc(r.matchers, byNameAndValue)
	r.ID = above + matchersText(r.matchers) + place
	for i, childSpec := range spec.Routes {
		// The place among its siblings keeps alike routes apart, as in Alertmanager.
		child, err := newRoute(childSpec, r.Options, r.ID+"/", "/"+strconv.Itoa(i), parse)
		if err != nil {
			return nil, err
		}
		r.children = append(r.children, child)
	}
	return r, nil
}

func deprecatedMatchers(spec *RouteSpec) (alert.Matchers, error) {
	var out alert.Matchers
	for _, old := range []struct {
		op   alert.MatchOp
		from map[string]string
	}{{alert.MatchEqual, spec.Match}, {alert.MatchRegexp, spec.MatchRE}} {
		for _, l := range alert.LabelsFromMap(old.from) {
			m, err := alert.NewMatcher(l.Name, old.op, l.Value)
			if err != nil {
				return nil, err
			}
			out = append(out, m)
		}
	}
	return out, nil
}

func (o RouteOptions) overlaid(spec *RouteSpec) RouteOptions {
	if spec.Receiver != "" {
		o.Receiver = spec.Receiver
	}
	if spec.GroupBy != nil { // an empty list makes one group of all
		o.GroupBy, o.GroupByAll = map[string]bool{}, false
		for _, name := range spec.GroupBy {
			if name == GroupByAll {
				o.GroupByAll = true
			} else {
				o.GroupBy[name] = true
			}
		}
	}
	for _, d := range []struct {
		to   *time.Duration
		from *model.Duration
	}{{&o.GroupWait, spec.GroupWait}, {&o.GroupInterval, spec.GroupInterval}, {&o.RepeatInterval, spec.RepeatInterval}} {
		if d.from != nil {
			*d.to = time.Duration(*d.from)
		}
	}
	if len(spec.Labels) > 0 {
		o.Labels = maps.Clone(o.Labels)
		if o.Labels == nil {
			o.Labels = map[string]string{}
		}
		maps.Copy(o.Labels, spec.Labels)
	}
	return o
}

// Mute gives every route of the tree the time intervals that it names. A name
// that is not among them is an error.
func (r *Route) Mute(intervals mutetime.Intervals) error {
	var err error
	r.Walk(func(route *Route) {
		schedule, wrong := intervals.Schedule(route.mute, route.active)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("the route to %s: %w", route.Options.Receiver, wrong))
		}
		route.Options.Muting = schedule
	})
	return err
}

// byNameAndValue is Alertmanager's order of a route's matchers, which group
// keys show.
func byNameAndValue(a, b alert.Matcher) int {
	order := func(op alert.MatchOp) int {
		return slices.Index([]alert.MatchOp{alert.MatchEqual, alert.MatchNotEqual, alert.MatchRegexp, alert.MatchNotRegexp}, op)
	}
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value), cmp.Compare(order(a.Op), order(b.Op)))
}

func matchersText(ms alert.Matchers) string {
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = m.String()
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// Match returns the routes that take an alert with these labels: the deepest
// that match, and where they say `continue` their next siblings too.
func (r *Route) Match(labels alert.Labels) []*Route {
	if !r.matchers.Matches(labels) {
		return nil
	}
	var all []*Route
	for _, child := range r.children {
		found := child.Match(labels)
		all = append(all, found...)
		if len(found) > 0 && !child.goOn {
			break
		}
	}
	if len(all) == 0 {
		all = append(all, r)
	}
	return all
}

// Groups returns the aggregation groups that an alert with these labels
// belongs to.
func (r *Route) Groups(labels alert.Labels) []alert.GroupRef {
	var refs []alert.GroupRef
	for _, route := range r.Match(labels) {
		by := route.groupLabels(labels)
		refs = append(refs, alert.GroupRef{
			Key:      alert.GroupKey(route.ID + ":" + by.String()),
			RouteID:  route.ID,
			Receiver: route.Options.Receiver,
			Labels:   by,
			Wait:     route.Options.GroupWait,
			Interval: route.Options.GroupInterval,
		})
	}
	return refs
}

func (r *Route) groupLabels(labels alert.Labels) alert.Labels {
	if r.Options.GroupByAll {
		return labels
	}
	var by alert.Labels
	for _, l := range labels {
		if r.Options.GroupBy[l.Name] {
			by = append(by, l)
		}
	}
	return by
}

// Walk calls visit for the route and every route below it.
func (r *Route) Walk(visit func(*Route)) {
	visit(r)
	for _, child := range r.children {
		child.Walk(visit)
	}
}
