package document

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// What a value may be expected to be.
const (
	expectMap  = "a mapping"
	expectList = "a list"
	expectText = "text"
)

// wrongKind notes that the value is something else than expected.
func (n Node) wrongKind(expected string) {
	t := n.target()
	key := "key"
	if n.key != nil {
		key = n.key.Value
	}
	mend := ""
	if expected == expectMap || t.Kind == yaml.MappingNode {
		n.doc.fear(t) // it may be what should have been under a key for secrets
	}
	switch {
	case expected == expectMap && t.Kind == yaml.SequenceNode:
		mend = "remove the dash, and write key: value"
	case expected == expectMap:
		mend = "write key: value on the lines below, indented"
	case expected == expectList && t.Kind == yaml.MappingNode:
		mend = "put a dash before it: - key: value"
	case expected == expectList && n.doc.repeatable(t):
		mend = "write " + key + ": [" + n.doc.written(t) + "]"
	case expected == expectList:
		mend = "write " + key + ": [one, two]"
	case t.Kind == yaml.SequenceNode && len(t.Content) == 1 && n.doc.repeatable(t.Content[0]):
		mend = "write " + key + ": " + n.doc.written(t.Content[0])
	default:
		mend = "write " + key + ": value"
	}
	n.refuse(fmt.Sprintf("%s where %s is expected", describe(t), expected), mend)
}

// describe names the kind of a value.
func describe(n *yaml.Node) string {
	switch n = follow(n); {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == tagInt, n.Tag == tagFloat:
		return "a number"
	case n.Tag == tagBool:
		return "true or false"
	case n.Tag == tagNull:
		return "nothing"
	}
	return "text"
}
