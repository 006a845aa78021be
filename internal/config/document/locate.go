package document

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// At returns the value at a path such as routes[0].receiver below the node. A
// path that leads nowhere gives the last node on the way that exists.
func (n Node) At(path string) Node {
	at, _, _ := n.locate(path)
	return at
}

// locate is At, and tells whether the whole path was found, and whether a
// mistake on the way explains what may be wrong with the value.
func (n Node) locate(path string) (at Node, found, noted bool) {
	for {
		_, noted = n.doc.failed[n.value]
		if path == "" || noted {
			return n, path == "", noted
		}
		next, rest, ok := n.child(path)
		if !ok {
			_, noted = n.doc.misspelt[entry{n.target(), firstKey(path)}]
			return n, false, noted
		}
		n, path = next, rest
	}
}

// child returns the node that the first step of path leads to.
func (n Node) child(path string) (next Node, rest string, ok bool) {
	t := n.target()
	if t == nil {
		return Node{}, "", false
	}
	if t.Kind == yaml.SequenceNode {
		number, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(t.Content) {
			return Node{}, "", false
		}
		return Node{doc: n.doc, value: t.Content[i]}, strings.TrimPrefix(rest, "."), true
	}
	if t.Kind != yaml.MappingNode {
		return Node{}, "", false
	}
	// Keys may hold dots themselves: the longest that fits is meant.
	length := -1
	for _, p := range n.doc.pairs(n, 0) {
		after, begins := strings.CutPrefix(path, p.key.Value)
		if begins && len(p.key.Value) > length && (after == "" || after[0] == '.' || after[0] == '[') {
			next, rest, length = p, strings.TrimPrefix(after, "."), len(p.key.Value)
		}
	}
	return next, rest, length >= 0
}

func firstKey(path string) string {
	key, _, _ := strings.Cut(path, ".")
	key, _, _ = strings.Cut(key, "[")
	return key
}

func lastKey(path string) string {
	return path[strings.LastIndexByte(path, '.')+1:]
}
