// Package rulefile knows where everything in a Prometheus rule file stands:
// groups, rules, their fields, and each character of an expression, however the
// YAML around it is written.
package rulefile

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"alertd/internal/invalid"
)

// File is the text of a rule file and what it is made of.
type File struct {
	Path   string
	Groups []Group // as far as the file can be read

	root  *yaml.Node
	lines []string
}

// Group is a group of rules.
type Group struct {
	Node  *yaml.Node
	Name  string
	Rules []Rule
}

// Rule is one rule: a mapping, or whatever else stands in its place.
type Rule struct{ Node *yaml.Node }

// Place is a position in a file.
type Place struct{ Line, Column int } // from 1; columns in characters

// Parse reads the text of the file path. It is no judge: a text that is no rule
// file has no groups.
func Parse(path string, text []byte) *File {
	f := &File{Path: path, root: document(text), lines: strings.Split(string(text), "\n")}
	for i, l := range f.lines {
		f.lines[i] = strings.TrimSuffix(l, "\r")
	}
	if f.root == nil {
		return f
	}
	for _, g := range items(Value(f.root, "groups")) {
		group := Group{Node: g}
		if name := Value(g, "name"); name != nil {
			group.Name = name.Value
		}
		for _, r := range items(Value(g, "rules")) {
			group.Rules = append(group.Rules, Rule{Node: r})
		}
		f.Groups = append(f.Groups, group)
	}
	return f
}

// document returns the top of the first document of a text; nil where there is
// none that can be read. What is wrong with it is told by those who judge it.
func document(text []byte) (root *yaml.Node) {
	defer func() {
		if recover() != nil {
			root = nil // the parser gives up on some texts by panicking
		}
	}()
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}

// maxMerges bounds how deep merged mappings are looked into.
const maxMerges = 20

// Value returns what stands under a mapping's key, aliases and merged keys
// followed; nil where nothing does.
func Value(n *yaml.Node, key string) *yaml.Node { return find(follow(n), key, 0) }

func find(n *yaml.Node, key string, depth int) *yaml.Node {
	if n == nil || depth > maxMerges {
		return nil
	}
	var merged *yaml.Node
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		switch name := n.Content[i]; {
		case name.Value == key:
			return follow(n.Content[i+1])
		case name.Tag == "!!merge":
			merged = follow(n.Content[i+1])
		}
	}
	if merged == nil || merged.Kind == yaml.MappingNode {
		return find(merged, key, depth+1)
	}
	for _, each := range merged.Content {
		if found := find(follow(each), key, depth+1); found != nil {
			return found
		}
	}
	return nil
}

func follow(n *yaml.Node) *yaml.Node {
	for range maxMerges {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

func items(list *yaml.Node) []*yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]*yaml.Node, len(list.Content))
	for i, n := range list.Content {
		if out[i] = follow(n); out[i] == nil {
			out[i] = n
		}
	}
	return out
}

// Start returns where a node begins; the file's beginning for nil.
func Start(n *yaml.Node) Place {
	if n == nil {
		return Place{1, 1}
	}
	return Place{max(n.Line, 1), max(n.Column, 1)}
}

// Root returns the top of the file; nil where it cannot be read as YAML.
func (f *File) Root() *yaml.Node { return f.root }

// Line returns line number n, from 1; "" where there is none.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	return f.lines[n-1]
}

// Lines returns how many lines the file has.
func (f *File) Lines() int { return len(f.lines) }

// Quote returns the line of a place with a caret under it.
func (f *File) Quote(p Place) string {
	line := f.Line(p.Line)
	if line == "" {
		return ""
	}
	return invalid.Quote([]rune(line), p.Column-1)
}
