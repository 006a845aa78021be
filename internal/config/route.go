package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/config/document"
	"alertd/internal/invalid"
	"alertd/internal/matchers"
	"alertd/notifier"
	"alertd/rules"
)

// Alertmanager's defaults, for a route that is written out.
const (
	defaultGroupWait      = 30 * time.Second
	defaultGroupInterval  = 5 * time.Minute
	defaultRepeatInterval = 4 * time.Hour
)

// RouteTree returns the routing tree, ready to match.
func (c *Config) RouteTree() (*notifier.Route, error) {
	top := notifier.RouteOptions{
		GroupBy:        map[string]bool{},
		GroupWait:      defaultGroupWait,
		GroupInterval:  defaultGroupInterval,
		RepeatInterval: defaultRepeatInterval,
	}
	tree, err := notifier.NewRoute(c.Route, top, matchers.Parse)
	if err != nil {
		return nil, fmt.Errorf("route: %w", err)
	}
	if err := tree.Mute(c.TimeIntervals); err != nil {
		return nil, fmt.Errorf("route: %w", err)
	}
	return tree, nil
}

func (b *builder) routing() {
	if !b.in.Route.Given() {
		b.out.Route = defaultRoute(b.out.Receivers)
		return
	}
	b.out.Route, b.out.Routed = &notifier.RouteSpec{}, true
	b.in.Route.Decode(b.out.Route)
	b.checkRoot(b.out.Route)
	b.checkRoute(b.in.Route, b.out.Route)
}

// defaultRoute tells every receiver everything, at once. What cron jobs do is
// grouped by job, so that each has one message; the rest by alert name.
func defaultRoute(receivers []Receiver) *notifier.RouteSpec {
	var atOnce model.Duration
	repeat := model.Duration(defaultRepeatInterval)
	jobs := func() []*notifier.RouteSpec {
		return []*notifier.RouteSpec{{Matchers: []string{rules.CronJobLabel + `!=""`}, GroupBy: []string{rules.CronJobLabel}}}
	}
	root := &notifier.RouteSpec{
		Receiver:       receivers[0].Name,
		GroupBy:        []string{"alertname"},
		GroupWait:      &atOnce,
		GroupInterval:  &atOnce,
		RepeatInterval: &repeat,
	}
	if len(receivers) == 1 {
		root.Routes = jobs()
		return root
	}
	for _, r := range receivers {
		root.Routes = append(root.Routes, &notifier.RouteSpec{Receiver: r.Name, Continue: true, Routes: jobs()})
	}
	return root
}

// checkRoot notes what only the top of the tree may not say, or must.
func (b *builder) checkRoot(spec *notifier.RouteSpec) {
	var wrong []invalid.Field
	if spec.Receiver == "" {
		wrong = append(wrong, invalid.Field{Path: "receiver", Problem: "the route at the top has no receiver", Mend: "add receiver: NAME, for what no route below takes"})
	}
	for _, m := range []struct {
		path  string
		given bool
	}{
		{"matchers", len(spec.Matchers) > 0},
		{"match", len(spec.Match) > 0},
		{"match_re", len(spec.MatchRE) > 0},
		{"continue", spec.Continue},
		{"mute_time_intervals", len(spec.MuteTimeIntervals) > 0},
		{"active_time_intervals", len(spec.ActiveIntervals) > 0},
	} {
		if m.given {
			wrong = append(wrong, invalid.Field{Path: m.path, Problem: "the route at the top takes everything, so it has no " + m.path, Mend: "move it to a route under routes"})
		}
	}
	b.in.Route.Report(wrong)
}

func (b *builder) checkRoute(n document.Node, spec *notifier.RouteSpec) {
	b.checkReceiver(n, spec.Receiver)
	checkExpressions(n.Child("matchers"), spec.Matchers)
	checkPatterns(n.Child("match_re"), spec.MatchRE)
	checkGiven(n.Child("match"))
	checkGiven(n.Child("match_re"))
	checkGroupBy(n, spec.GroupBy)
	for _, d := range []struct {
		path, example string
		value         *model.Duration
	}{{"group_interval", "5m", spec.GroupInterval}, {"repeat_interval", "4h", spec.RepeatInterval}} {
		if d.value != nil && *d.value <= 0 {
			n.Report([]invalid.Field{notPositive(d.path, d.example)})
		}
	}
	b.checkIntervals(n.Child("mute_time_intervals"), spec.MuteTimeIntervals)
	b.checkIntervals(n.Child("active_time_intervals"), spec.ActiveIntervals)
	checkLabelNames(n.Child("labels"), spec.Labels)
	for i, child := range n.Child("routes").Items() {
		if i < len(spec.Routes) && spec.Routes[i] != nil {
			b.checkRoute(child, spec.Routes[i])
		}
	}
}

func (b *builder) checkReceiver(n document.Node, name string) {
	var known []string
	for _, r := range b.out.Receivers {
		known = append(known, r.Name)
	}
	readable := b.in.Receivers.Empty() || b.in.Receivers.IsList()
	if name == "" || slices.Contains(known, name) || !readable {
		return
	}
	mend := "add it to receivers"
	if meant := document.Suggest(name, known); meant != "" {
		mend = "did you mean " + meant + "?"
	}
	n.Report([]invalid.Field{{Path: "receiver", Problem: "there is no receiver " + name, Mend: mend}})
}

// checkLabelNames notes labels of a route without a name.
func checkLabelNames(n document.Node, labels map[string]string) {
	if _, nameless := labels[""]; nameless {
		n.Child("").Fail("an empty label name", "remove it, or name it")
	}
}

func checkGroupBy(n document.Node, names []string) {
	items := n.Child("group_by").Items()
	seen := map[string]bool{}
	for i, name := range names {
		if i >= len(items) {
			break
		}
		switch {
		case name == "":
			items[i].Fail("an empty label name", "remove it")
		case seen[name]:
			items[i].Fail(name+" is given twice", "remove one")
		case name == notifier.GroupByAll && len(names) > 1:
			items[i].Fail("... stands for all labels, so no other can be named with it", "remove it, or the others")
		}
		seen[name] = true
	}
}

// checkGiven notes labels that are to be matched with nothing at all.
func checkGiven(n document.Node) {
	for _, e := range n.Entries() {
		if !e.Node.Given() {
			e.Node.Fail("nothing to match "+e.Key+" with", `write a value behind it, or "" for alerts without that label`)
		}
	}
}
