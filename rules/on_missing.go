package rules

import (
	"cmp"
	"fmt"

	"go.yaml.in/yaml/v4"

	"alertd/internal/invalid"
	"alertd/rules/rulefile"
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

// policies returns what is wrong with the labels of a rule file that say a
// policy for missing data.
func (l locator) policies() []invalid.Finding {
	var wrong []invalid.Finding
	check := func(within *yaml.Node) {
		label := rulefile.Value(rulefile.Value(within, "labels"), OnMissingLabel)
		if label == nil || OnMissing(label.Value).known() {
			return
		}
		f := l.finding(CheckPolicy, rulefile.Start(label), fmt.Sprintf("label %s: %q is no policy for missing data", OnMissingLabel, label.Value))
		f.Severity, f.Mend = invalid.Warning, mendOnMissing
		wrong = append(wrong, f)
	}
	for _, g := range l.Groups {
		check(g.Node)
		for _, r := range g.Rules {
			if rulefile.Value(r.Node, "alert") != nil {
				check(r.Node)
			}
		}
	}
	return wrong
}
