// Package routetree reads the routing tree of an Alertmanager configuration,
// draws it, and tells where an alert goes. It needs the routes only, so it can
// read what a server gives of its configuration, secrets masked.
package routetree

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"

	"alertd/internal/alert"
	"alertd/internal/matchers"
	"alertd/notifier"
)

// Tree is a routing tree.
type Tree struct {
	spec  *notifier.RouteSpec
	route *notifier.Route
}

// ErrNoRoute says that a configuration has no routes.
var ErrNoRoute = errors.New("the configuration has no route")

// Parse reads the route section of an alertmanager.yml. The error says which
// matcher is wrong.
func Parse(text []byte) (*Tree, error) {
	var file struct {
		Route *notifier.RouteSpec `yaml:"route"`
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, ErrNoRoute
	}
	if err := yaml.Load(text, &file, yaml.WithV3Defaults()); err != nil {
		return nil, fmt.Errorf("reading the routes: %w", err)
	}
	if file.Route == nil {
		return nil, ErrNoRoute
	}
	top := notifier.RouteOptions{ // Alertmanager's defaults
		GroupBy: map[string]bool{}, GroupWait: 30 * time.Second, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour,
	}
	route, err := notifier.NewRoute(file.Route, top, matchers.Parse)
	if err != nil {
		return nil, err
	}
	return &Tree{spec: file.Route, route: route}, nil
}

// Destination is where an alert goes.
type Destination struct {
	Receiver       string       `json:"receiver"`
	Route          string       `json:"route"`       // its matchers and those above, as Alertmanager writes them
	GroupLabels    alert.Labels `json:"groupLabels"` // what the alert shares with others of its message
	GroupWait      string       `json:"groupWait"`
	GroupInterval  string       `json:"groupInterval"`
	RepeatInterval string       `json:"repeatInterval"`
}

// Destinations returns where an alert with these labels goes, in the order of
// the routes.
func (t *Tree) Destinations(labels alert.Labels) []Destination {
	groups := t.route.Groups(labels)
	var out []Destination
	for i, r := range t.route.Match(labels) {
		out = append(out, Destination{
			Receiver: r.Options.Receiver, Route: r.ID, GroupLabels: groups[i].Labels,
			GroupWait: duration(r.Options.GroupWait), GroupInterval: duration(r.Options.GroupInterval), RepeatInterval: duration(r.Options.RepeatInterval),
		})
	}
	return out
}

func duration(d time.Duration) string { return model.Duration(d).String() }

// Draw returns the tree as lines of text: of each route its matchers, whom it
// tells, and what it says of grouping and timing.
func (t *Tree) Draw() string {
	var b strings.Builder
	b.WriteString(describe(t.spec) + "\n")
	draw(&b, t.spec.Routes, "")
	return b.String()
}

func draw(b *strings.Builder, routes []*notifier.RouteSpec, indent string) {
	for i, r := range routes {
		branch, below := "├── ", "│   "
		if i == len(routes)-1 {
			branch, below = "└── ", "    "
		}
		b.WriteString(indent + branch + describe(r) + "\n")
		draw(b, r.Routes, indent+below)
	}
}

func describe(r *notifier.RouteSpec) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	var all []string
	for _, text := range r.Matchers {
		all = append(all, strings.Trim(text, "{}"))
	}
	for _, l := range alert.LabelsFromMap(r.Match) {
		all = append(all, fmt.Sprintf("%s=%q", l.Name, l.Value))
	}
	for _, l := range alert.LabelsFromMap(r.MatchRE) {
		all = append(all, fmt.Sprintf("%s=~%q", l.Name, l.Value))
	}
	add("{%s}", strings.Join(all, ", "))
	if r.Receiver != "" {
		add("receiver: %s", r.Receiver)
	}
	if r.Continue {
		add("continue")
	}
	if len(r.GroupBy) > 0 {
		add("group by: %s", strings.Join(r.GroupBy, ", "))
	}
	for _, d := range []struct {
		name  string
		value *model.Duration
	}{{"wait", r.GroupWait}, {"interval", r.GroupInterval}, {"repeat", r.RepeatInterval}} {
		if d.value != nil {
			add("%s: %s", d.name, d.value)
		}
	}
	for _, names := range []struct {
		name  string
		value []string
	}{{"muted", r.MuteTimeIntervals}, {"active", r.ActiveIntervals}} {
		if len(names.value) > 0 {
			add("%s: %s", names.name, strings.Join(names.value, ", "))
		}
	}
	return strings.Join(parts, "  ")
}
