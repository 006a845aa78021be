package rules

import (
	"cmp"
	"fmt"

	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v4"

	"alertd/internal/invalid"
)

// OnMissing is what a rule does when the series of an active alert vanishes.
type OnMissing string

// The policies for missing data.
const (
	// Keep holds the alert as it is until a sample says more.
	Keep OnMissing = "keep"
	// Resolve ends the alert, as Prometheus does.
	Resolve OnMissing = "resolve"
	// AlertOnMissing counts missing data as a breach.
	AlertOnMissing OnMissing = "alert"
)

// OnMissingLabel is the label by which a rule of a Prometheus rule file says
// its own policy; Prometheus takes it for a label like any other.
const OnMissingLabel = "on_missing"

// mendOnMissing says what a policy may be.
const mendOnMissing = "write keep, resolve or alert"

func (o OnMissing) known() bool { return o == Keep || o == Resolve || o == AlertOnMissing }

// Check tells what is wrong with the policy under that key; "" is none, and
// right.
func (o OnMissing) Check(path string) []invalid.Field {
	if o == "" || o.known() {
		return nil
	}
	return []invalid.Field{{Path: path, Problem: fmt.Sprintf("%q is no policy for missing data", string(o)), Mend: mendOnMissing}}
}

// apply gives the rules the policy, where one is said.
func (o OnMissing) apply(rs []*Rule) []*Rule {
	for _, r := range rs {
		r.OnMissing = cmp.Or(o, r.OnMissing)
	}
	return rs
}

// labelled returns the policy that a file's rule says by its label, or the
// other where it says none that there is.
func labelled(labels map[string]string, otherwise OnMissing) OnMissing {
	if o := OnMissing(labels[OnMissingLabel]); o.known() {
		return o
	}
	return cmp.Or(otherwise, Resolve)
}

// mistakenPolicies returns, as line:column: text, the labels of a rule file that
// name no policy for missing data.
func (f *ruleFile) mistakenPolicies(groups []rulefmt.RuleGroup) []string {
	var mistakes []string
	check := func(labels map[string]string, within *yaml.Node) {
		policy, given := labels[OnMissingLabel]
		if !given || OnMissing(policy).known() {
			return
		}
		place := within
		if n := value(within, "labels"); n != nil {
			place = n
			if n := value(n, OnMissingLabel); n != nil {
				place = n
			}
		}
		mistakes = append(mistakes, fmt.Sprintf("%d:%d: label %s: %q is no policy for missing data: %s",
			max(place.Line, 1), max(place.Column, 1), OnMissingLabel, policy, mendOnMissing))
	}
	nodes := f.groups()
	for i, g := range groups {
		if i < len(nodes) {
			check(g.Labels, nodes[i])
		}
		for n, r := range g.Rules {
			if r.Alert != "" {
				within := f.rule(g.Name, n+1)
				check(r.Labels, &within)
			}
		}
	}
	return mistakes
}
