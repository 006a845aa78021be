package document

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"alertd/internal/invalid"
)

// Node is a value of a document and the key that it stands under. As a field
// of a struct to decode into, it takes whatever stands there, to be decoded
// later; where nothing does it has no value.
type Node struct {
	doc        *Document
	key, value *yaml.Node // key is nil in a list and at the top; value is nil where nothing is
}

// Entry is a key of a mapping and what stands under it.
type Entry struct {
	Key  string
	Node Node
}

// The tags of values.
const (
	tagString = "!!str"
	tagInt    = "!!int"
	tagFloat  = "!!float"
	tagBool   = "!!bool"
	tagNull   = "!!null"
	tagTime   = "!!timestamp"
	tagMap    = "!!map"
	tagList   = "!!seq"
	tagMerge  = "!!merge"
)

// Given tells whether there is a value, and not just a key.
func (n Node) Given() bool { return n.value != nil && !null(n.target()) }

// Written tells whether the key is there, whatever stands under it.
func (n Node) Written() bool { return n.value != nil }

// Empty tells whether there is no value, or one without content.
func (n Node) Empty() bool {
	t := n.target()
	return !n.Given() || t.Kind != yaml.ScalarNode && len(t.Content) == 0
}

// IsMapping tells whether the value is a mapping.
func (n Node) IsMapping() bool { return n.Given() && n.target().Kind == yaml.MappingNode }

// IsList tells whether the value is a list.
func (n Node) IsList() bool { return n.Given() && n.target().Kind == yaml.SequenceNode }

// target returns the value, or what it is an alias of.
func (n Node) target() *yaml.Node { return follow(n.value) }

// follow returns what n is an alias of, or n itself.
func follow(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n == nil || n.Kind != yaml.AliasNode {
			break
		}
		n = n.Alias
	}
	return n
}

func null(n *yaml.Node) bool { return n != nil && n.Kind == yaml.ScalarNode && n.Tag == tagNull }

// Child returns what stands under key in a mapping; a node without a value
// where nothing does.
func (n Node) Child(key string) Node {
	if n.IsMapping() {
		for _, p := range n.doc.pairs(n, 0) {
			if p.key.Value == key {
				return p
			}
		}
	}
	return n.absent(key)
}

func (n Node) absent(key string) Node {
	return Node{doc: n.doc, key: &yaml.Node{Kind: yaml.ScalarNode, Value: key}}
}

// Items returns the entries of a list. That the value is none is a mistake.
func (n Node) Items() []Node {
	if !n.Given() || !n.doc.step(n, 0) {
		return nil
	}
	if n.target().Kind != yaml.SequenceNode {
		n.wrongKind(expectList)
		return nil
	}
	items := make([]Node, 0, len(n.target().Content))
	for _, c := range n.target().Content {
		item := Node{doc: n.doc, value: c}
		if !item.Given() {
			item.Fail("an empty entry", "remove it, or write something after the dash")
			continue
		}
		items = append(items, item)
	}
	return items
}

// Entries returns the keys and values of a mapping, merged ones included. That
// the value is no mapping is a mistake.
func (n Node) Entries() []Entry {
	if !n.Given() || !n.doc.step(n, 0) {
		return nil
	}
	if n.target().Kind != yaml.MappingNode {
		n.wrongKind(expectMap)
		return nil
	}
	var all []Entry
	for _, p := range n.doc.pairs(n, 0) {
		all = append(all, Entry{Key: p.key.Value, Node: p})
	}
	return all
}

// Fail notes a mistake at the value, or at its key where that shows it better.
func (n Node) Fail(problem, mend string) {
	if n.value != nil {
		n.doc.failed[n.value] = struct{}{}
	}
	line, column := n.position()
	n.doc.fail(line, column, problem, mend)
}

// Conceal keeps the value from being quoted, as a secret is.
func (n Node) Conceal() {
	if n.value != nil {
		n.doc.hide(n.value)
	}
}

// refuse is Fail for a value that is not looked into any further.
func (n Node) refuse(problem, mend string) {
	n.doc.hideSensitive(n, 0)
	n.Fail(problem, mend)
}

// FailKey notes a mistake at the key.
func (n Node) FailKey(problem, mend string) {
	if n.key == nil {
		n.Fail(problem, mend)
		return
	}
	n.doc.fail(n.key.Line, n.key.Column, problem, mend)
}

// Unknown notes that the key is none of the known ones; its name is added to
// the problem. The value may be a secret all the same, so no more of it is
// quoted than shows where it is, and so may the key be if it does not look like
// one.
func (n Node) Unknown(problem, mend string) {
	n.doc.hideSensitive(n, 0)
	n.doc.fear(n.value)
	n.FailKey(problem+n.named(), mend)
}

// named returns the key for the end of a phrase; nothing, and the key is hidden,
// where it does not look like one.
func (n Node) named() string {
	if n.doc.looksLikeKey(n.key) {
		return " " + n.key.Value
	}
	n.doc.hide(n.key)
	return ""
}

// position is the value's where it is a scalar, and otherwise the key's.
func (n Node) position() (line, column int) {
	switch {
	case n.value != nil && (n.key == nil || n.value.Kind == yaml.ScalarNode && !null(n.value)):
		return n.value.Line, n.value.Column
	case n.key != nil:
		return n.key.Line, n.key.Column
	}
	return 0, 0
}

// Report notes mistakes in fields at and below the node. One in a field that
// could not be decoded anyway, or whose key is misspelt, has been noted as that.
func (n Node) Report(fields []invalid.Field) {
	for _, f := range fields {
		at, found, noted := n.locate(f.Path)
		if noted || n.doc.exhausted {
			continue
		}
		problem := f.Problem
		switch {
		case n.value == nil && n.key != nil:
			problem = n.key.Value + "." + f.Path + ": " + problem
		case !found && !strings.Contains(problem, lastKey(f.Path)):
			problem = f.Path + ": " + problem
		}
		line, column := at.position()
		n.doc.fail(line, column, problem, f.Mend)
	}
}
