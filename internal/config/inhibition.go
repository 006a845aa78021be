package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"alertd/internal/alert"
	"alertd/internal/config/document"
	"alertd/internal/inhibit"
	"alertd/internal/matchers"
)

// InhibitRule is an entry of inhibit_rules, in Alertmanager's names.
type InhibitRule struct {
	Name           string            `yaml:"name,omitempty"`
	SourceMatchers []string          `yaml:"source_matchers,omitempty"`
	SourceMatch    map[string]string `yaml:"source_match,omitempty"`
	SourceMatchRE  map[string]string `yaml:"source_match_re,omitempty"`
	TargetMatchers []string          `yaml:"target_matchers,omitempty"`
	TargetMatch    map[string]string `yaml:"target_match,omitempty"`
	TargetMatchRE  map[string]string `yaml:"target_match_re,omitempty"`
	Equal          []string          `yaml:"equal,omitempty"`
}

// Source returns the matchers of the alerts that inhibit.
func (r *InhibitRule) Source() (alert.Matchers, error) {
	return allMatchers(r.SourceMatchers, r.SourceMatch, r.SourceMatchRE)
}

// Target returns the matchers of the alerts that are inhibited.
func (r *InhibitRule) Target() (alert.Matchers, error) {
	return allMatchers(r.TargetMatchers, r.TargetMatch, r.TargetMatchRE)
}

func allMatchers(texts []string, match, matchRE map[string]string) (alert.Matchers, error) {
	var all alert.Matchers
	for _, text := range texts {
		ms, err := matchers.Parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, ms...)
	}
	for _, old := range []struct {
		op   alert.MatchOp
		from map[string]string
	}{{alert.MatchEqual, match}, {alert.MatchRegexp, matchRE}} {
		for _, name := range slices.Sorted(maps.Keys(old.from)) {
			m, err := alert.NewMatcher(name, old.op, old.from[name])
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
	}
	return all, nil
}

// InhibitRules returns which alerts inhibit which, ready to match.
func (c *Config) InhibitRules() ([]inhibit.Rule, error) {
	rules := make([]inhibit.Rule, len(c.Inhibit))
	for i := range c.Inhibit {
		r := &c.Inhibit[i]
		source, err := r.Source()
		if err != nil {
			return nil, fmt.Errorf("inhibit_rules[%d]: source: %w", i, err)
		}
		target, err := r.Target()
		if err != nil {
			return nil, fmt.Errorf("inhibit_rules[%d]: target: %w", i, err)
		}
		rules[i] = inhibit.Rule{Name: r.Name, Source: source, Target: target, Equal: r.Equal}
	}
	return rules, nil
}

// inhibition reads inhibit_rules.
func (b *builder) inhibition() {
	for _, item := range b.in.InhibitRules.Items() {
		var rule InhibitRule
		item.Decode(&rule)
		for _, texts := range []struct {
			path  string
			given []string
		}{{"source_matchers", rule.SourceMatchers}, {"target_matchers", rule.TargetMatchers}} {
			checkExpressions(item.Child(texts.path), texts.given)
		}
		checkGiven(item.Child("source_match_re"))
		checkGiven(item.Child("target_match_re"))
		checkPatterns(item.Child("source_match_re"), rule.SourceMatchRE)
		checkPatterns(item.Child("target_match_re"), rule.TargetMatchRE)
		for _, old := range []string{"source_match", "source_match_re", "target_match", "target_match_re"} {
			for _, e := range item.Child(old).Entries() {
				if e.Key == "" {
					e.Node.FailKey("an empty label name", "remove it, or name it")
				}
			}
		}
		checkNames(item.Child("equal"), rule.Equal)
		b.out.Inhibit = append(b.out.Inhibit, rule)
	}
}

// checkNames notes label names that are empty.
func checkNames(n document.Node, names []string) {
	items := n.Items()
	for i, name := range names {
		if name == "" && i < len(items) {
			items[i].Fail("an empty label name", "remove it")
		}
	}
}

// checkExpressions notes match expressions that cannot be read.
func checkExpressions(n document.Node, texts []string) {
	for i, item := range n.Items() {
		if i >= len(texts) {
			break
		}
		if _, err := matchers.Parse(texts[i]); err != nil {
			item.Fail(err.Error(), `write it as name="value", or with !=, =~ or !~`)
		}
	}
}

// checkPatterns notes values that are no regular expressions.
func checkPatterns(n document.Node, patterns map[string]string) {
	for name, pattern := range patterns {
		if _, err := regexp.Compile(pattern); err != nil {
			n.Child(name).Fail("not a regular expression: "+err.Error(), "correct it; see https://github.com/google/re2/wiki/Syntax")
		}
	}
}
