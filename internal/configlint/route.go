package configlint

import (
	"fmt"
	"strings"

	"alertd/internal/alert"
	"alertd/internal/matchers"
	"alertd/notifier"
)

// route is a node of the routing tree with what it inherits.
type route struct {
	path     string // in the file
	own      alert.Matchers
	all      alert.Matchers // own and those above
	receiver string
	named    bool // it names the receiver itself
	goOn     bool
	children []*route
}

// tree reads a routing tree that is known to be valid.
func tree(spec *notifier.RouteSpec, path string, above *route) *route {
	r := &route{path: path, goOn: spec.Continue, receiver: spec.Receiver, named: spec.Receiver != ""}
	for _, text := range spec.Matchers {
		if ms, err := matchers.Parse(text); err == nil {
			r.own = append(r.own, ms...)
		}
	}
	for op, from := range map[alert.MatchOp]map[string]string{alert.MatchEqual: spec.Match, alert.MatchRegexp: spec.MatchRE} {
		for name, value := range from {
			if m, err := alert.NewMatcher(name, op, value); err == nil {
				r.own = append(r.own, m)
			}
		}
	}
	r.all = r.own
	if above != nil {
		r.all = append(append(alert.Matchers{}, above.all...), r.own...)
		if !r.named {
			r.receiver = above.receiver
		}
	}
	for i, child := range spec.Routes {
		if child != nil {
			r.children = append(r.children, tree(child, fmt.Sprintf("%s.routes[%d]", path, i), r))
		}
	}
	return r
}

func (r *route) walk(visit func(*route)) {
	visit(r)
	for _, c := range r.children {
		c.walk(visit)
	}
}

// routes looks at the tree where the file has one.
func (r *review) routes() {
	if !r.config.Routed {
		return
	}
	root := tree(r.config.Route, "route", nil)
	root.walk(func(n *route) {
		impossible := r.contradictions(n)
		if !impossible {
			r.unknownAlerts(n)
			r.deadEnds(n)
		}
		for i, later := range n.children {
			for _, earlier := range n.children[:i] {
				if !earlier.goOn && implied(later.all, earlier.own) {
					r.at(unreachableRoute, later.path,
						fmt.Sprintf("nothing gets here: the route to %s before it takes every alert that this one could", earlier.receiver),
						"put this one first, or add continue: true to the other")
					break
				}
			}
		}
	})
	r.unrouted(root)
}

// contradictions reports matchers, inherited ones included, that exclude one
// another, and tells whether there are any.
func (r *review) contradictions(n *route) bool {
	for i, a := range n.all {
		for _, b := range n.all[:i] {
			if a.Name == b.Name && (excludes(a, b) || excludes(b, a)) {
				r.at(contradictoryMatchers, n.path,
					fmt.Sprintf("no alert gets here: %s and %s never hold together", b, a), "correct one of them, or move the route out from under the other")
				return true
			}
		}
	}
	return false
}

// excludes tells whether what a demands is what b refuses.
func excludes(a, b alert.Matcher) bool {
	if a.Op == alert.MatchEqual {
		return !b.Matches(a.Value)
	}
	return false
}

// implied tells whether whatever passes all of given passes all of wanted too.
func implied(given, wanted alert.Matchers) bool {
	for _, w := range wanted {
		if !follows(w, given) {
			return false
		}
	}
	return true
}

func follows(w alert.Matcher, given alert.Matchers) bool {
	for _, g := range given {
		if g.Name != w.Name {
			continue
		}
		if g.Op == w.Op && g.Value == w.Value || g.Op == alert.MatchEqual && w.Matches(g.Value) {
			return true
		}
	}
	return false
}

// deadEnds reports routes whose receiver has no channel, unless its name says
// that this is meant.
func (r *review) deadEnds(n *route) {
	if n.named && r.tellsNobody(n.receiver) && !meantAsNobody(n.receiver) {
		r.at(emptyReceiver, n.path+".receiver",
			fmt.Sprintf("the receiver %s has no channel, so nobody is told of what gets here", n.receiver),
			`give it a channel, or call it "null" if that is meant`)
	}
}

func (r *review) tellsNobody(receiver string) bool {
	for _, known := range r.config.Receivers {
		if known.Name == receiver {
			return len(known.Integrations) == 0
		}
	}
	return false
}

// meantAsNobody tells whether a receiver is called what people call one that is
// to drop alerts.
func meantAsNobody(name string) bool {
	switch strings.ToLower(strings.Trim(name, "-_ ")) {
	case "null", "none", "nobody", "nowhere", "blackhole", "black-hole", "devnull", "dev-null", "drop", "discard", "ignore", "noop", "void", "trash", "silent":
		return true
	}
	return false
}
