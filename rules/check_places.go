package rules

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// rule returns the rule number n, from 1, of a group; the document where there
// is none.
func (f *ruleFile) rule(group string, n int) yaml.Node {
	for _, g := range f.groups() {
		name, list := value(g, "name"), value(g, "rules")
		if list != nil && n <= len(list.Content) && (name == nil && group == "" || name != nil && name.Value == group) {
			return *list.Content[n-1]
		}
	}
	return f.document
}

func (f *ruleFile) groups() []*yaml.Node {
	if len(f.document.Content) == 0 {
		return nil
	}
	if list := value(f.document.Content[0], "groups"); list != nil {
		return list.Content
	}
	return nil
}

// place returns where within a node the mistake is: at the scalar that it names,
// at the group that it is about, or where the node begins.
func (f *ruleFile) place(within yaml.Node, mistake string) (line, column int) {
	named := regexp.MustCompile(`(?:label|annotation) "([^"]*)":|invalid (?:label|annotation) (?:name|value): (.*)$|duration string: "(.*)"$`)
	if m := named.FindStringSubmatch(mistake); m != nil {
		if n := scalar(&within, m[1]+m[2]+m[3]); n != nil {
			return n.Line, n.Column
		}
	}
	seen := map[string]bool{}
	for _, g := range f.groups() {
		name := ""
		if n := value(g, "name"); n != nil {
			name = n.Value
		}
		empty := name == "" && strings.Contains(mistake, "Groupname must not be empty")
		if empty || seen[name] && strings.HasSuffix(mistake, fmt.Sprintf("groupname: \"%s\" is repeated in the same file", name)) {
			return g.Line, g.Column
		}
		seen[name] = true
	}
	return max(within.Line, 1), max(within.Column, 1)
}

// value returns the value under a mapping's key, nil where there is none.
func value(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// scalar returns the first key or value of that text within n, nil where there
// is none.
func scalar(n *yaml.Node, text string) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Value == text {
		return n
	}
	for _, child := range n.Content {
		if found := scalar(child, text); found != nil {
			return found
		}
	}
	return nil
}
