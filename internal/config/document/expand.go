package document

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Expand puts the values of variables into the scalars of the document: ${NAME}
// and ${NAME:-default}, where the default is taken for an empty variable too.
// $${ stands for ${, and a dollar that no name in braces follows is just
// itself. Keys are not expanded, nor is what a variable holds. A variable that
// is not set and has no default is a mistake.
func (d *Document) Expand(lookup func(name string) (string, bool)) {
	e := expander{doc: d, lookup: lookup}
	if d.root != nil {
		e.walk(d.root)
	}
}

type expander struct {
	doc    *Document
	lookup func(string) (string, bool)
	size   int
}

func (e *expander) walk(n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		e.scalar(n)
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			e.walk(n.Content[i])
		}
	default: // an alias has nothing below it: its target is met where it stands
		for _, c := range n.Content {
			e.walk(c)
		}
	}
}

func (e *expander) scalar(n *yaml.Node) {
	if !strings.Contains(n.Value, "${") {
		return
	}
	value, changed := e.text(n)
	if !changed {
		return
	}
	e.doc.raw[n] = n.Value
	n.Value = value
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	if plain {
		n.Tag = plainTag(value)
	}
}

// text returns the expanded value of n and whether that differs from it.
func (e *expander) text(n *yaml.Node) (value string, changed bool) {
	var out strings.Builder
	rest := n.Value
	for {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			out.WriteString(rest)
			return out.String(), changed
		}
		if text, escaped := strings.CutSuffix(before, "$"); escaped {
			out.WriteString(text + "${")
			rest, changed = after, true
			continue
		}
		out.WriteString(before)
		name := identifier(after)
		if name == "" {
			out.WriteString("${")
			rest = after
			continue
		}
		changed = true
		text, remainder, ok := e.variable(n, name, after[len(name):])
		if !ok {
			return n.Value, false
		}
		if e.size += len(text); e.size > maxExpanded {
			e.fail(n, name, "the variables expand to too much text", "use fewer or shorter ones")
			return n.Value, false
		}
		out.WriteString(text)
		rest = remainder
	}
}

// variable returns what ${name followed by after expands to, and what follows.
func (e *expander) variable(n *yaml.Node, name, after string) (text, rest string, ok bool) {
	inside, rest, closed := strings.Cut(after, "}")
	fallback, hasDefault := strings.CutPrefix(inside, ":-")
	switch {
	case !closed, inside != "" && !hasDefault:
		// The name is not told: it may be the middle of a password.
		e.fail(n, name, "${ and a name are not followed by } or by :- and a default", "write ${NAME} or ${NAME:-default}, or $${ for the characters themselves")
		return "", "", false
	case strings.Contains(fallback, "${"):
		e.fail(n, name, "a default cannot hold another variable", "write the default itself")
		return "", "", false
	}
	value, set := e.lookup(name)
	switch {
	case hasDefault && value == "":
		return fallback, rest, true
	case !set:
		e.fail(n, name, fmt.Sprintf("the environment variable %s is not set", name), fmt.Sprintf("set it, or give a default: ${%s:-default}", name))
		return "", "", false
	}
	return value, rest, true
}

// fail notes a mistake where ${name stands, or where the scalar begins.
func (e *expander) fail(n *yaml.Node, name, problem, mend string) {
	e.doc.failed[n] = struct{}{}
	if e.doc.hopeless() {
		return
	}
	column := n.Column
	line := []rune(e.doc.source.line(n.Line))
	if from := min(max(n.Column-1, 0), len(line)); from < len(line) {
		if i := strings.Index(string(line[from:]), "${"+name); i >= 0 {
			column += len([]rune(string(line[from:])[:i]))
		}
	}
	e.doc.fail(n.Line, column, problem, mend)
}

// identifier returns the name that text begins with, or "".
func identifier(text string) string {
	for i := range len(text) {
		c := text[i]
		letter := c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return text[:i]
		}
	}
	return text
}

// plainTag returns the tag that YAML gives a scalar without quotes.
func plainTag(value string) string {
	switch value {
	case "", "~", "null", "Null", "NULL":
		return tagNull
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return tagBool
	}
	if _, err := parseInt(value); err == nil {
		return tagInt
	}
	if _, err := parseFloat(value); err == nil {
		return tagFloat
	}
	return tagString
}
