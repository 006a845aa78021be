package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v4"

	"alertd/internal/invalid"
	"alertd/rules/rulefile"
)

// anotherKind is the one mistake of a file that has no groups but a key which
// tells what it is instead: the mistakes in it would not say so.
func (l locator) anotherKind() (invalid.Finding, bool) {
	root := l.Root()
	if root == nil || rulefile.Value(root, "groups") != nil {
		return invalid.Finding{}, false
	}
	for _, kind := range []struct{ key, what, mend string }{
		{"tests", "unit tests of rules", "keep them where no pattern of rule files finds them, such as another directory; alertctl test runs them"},
		{"scrape_configs", "a configuration of Prometheus", "name the files under its rule_files"},
		{"cron", "a configuration of alertd", "name the files under its rule_files, or give it as the configuration: alertctl check FILE, --config.file FILE"},
		{"prometheus", "a configuration of alertd", "name the files under its rule_files, or give it as the configuration: alertctl check FILE, --config.file FILE"},
		{"receivers", "a configuration of alertd or Alertmanager", "name the files under its rule_files, or give it as the configuration: alertctl check FILE, --config.file FILE"},
	} {
		if value := rulefile.Value(root, kind.key); value != nil {
			found := l.finding(CheckRuleFile, rulefile.Place{Line: 1, Column: 1}, "this is no rule file but "+kind.what)
			found.Mend, found.Quote = kind.mend, ""
			return found, true
		}
	}
	return invalid.Finding{}, false
}

// rule returns the rule number n, from 1, of a group; nil where there is none.
func (l locator) rule(group string, n int) *yaml.Node {
	for _, g := range l.Groups {
		if g.Name == group && n >= 1 && n <= len(g.Rules) {
			return g.Rules[n-1].Node
		}
	}
	return nil
}

// expression returns the mistakes that the PromQL parser found in a rule, each
// where it is within the expression; nil where err tells of none.
func (l locator) expression(rule *yaml.Node, err error) []invalid.Finding {
	all, ok := errors.AsType[parser.ParseErrors](err)
	expr := rulefile.Value(rule, "expr")
	if !ok || len(all) == 0 || expr == nil {
		return nil
	}
	semantic, _ := errors.AsType[*rulefmt.Error](err) // or else there were no rule
	first := all[0]                                   // the others follow from it
	at := l.Within(expr, int(first.PositionRange.Start))
	return []invalid.Finding{l.finding(CheckExpression, at, ruleName(semantic)+"could not parse expression: "+first.Err.Error())}
}

// place returns where within a node the mistake is: at the scalar that it names,
// at the group that it is about, or where the node begins.
func (l locator) place(within *yaml.Node, mistake string) rulefile.Place {
	named := regexp.MustCompile(`(?:label|annotation) "([^"]*)":|invalid (?:label|annotation) (?:name|value): (.*)$|duration(?: string:)? "(.*)"$`)
	if m := named.FindStringSubmatch(mistake); m != nil {
		if n := l.scalar(within, m[1]+m[2]+m[3]); n != nil {
			return rulefile.Start(n)
		}
	}
	seen := map[string]bool{}
	for _, g := range l.Groups {
		empty := g.Name == "" && strings.Contains(mistake, "Groupname must not be empty")
		if empty || seen[g.Name] && strings.HasSuffix(mistake, fmt.Sprintf("groupname: \"%s\" is repeated in the same file", g.Name)) {
			return rulefile.Start(g.Node)
		}
		seen[g.Name] = true
	}
	return rulefile.Start(within)
}

// scalar returns the first key or value of that text within n, or anywhere in
// the file where n is nil; nil where there is none.
func (l locator) scalar(n *yaml.Node, text string) *yaml.Node {
	if n != nil {
		return scalar(n, text)
	}
	return scalar(l.Root(), text)
}

func scalar(n *yaml.Node, text string) *yaml.Node {
	if n == nil || n.Kind == yaml.ScalarNode && n.Value == text {
		return n
	}
	for _, child := range n.Content {
		if found := scalar(child, text); found != nil {
			return found
		}
	}
	return nil
}
