package document

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// pairs returns the keys and values of a mapping. What << merges in comes
// after the mapping's own keys and yields to them. Keys that are no text or
// given twice are mistakes, noted once.
func (d *Document) pairs(n Node, depth int) []Node {
	var all []Node
	seen := map[string]struct{}{}
	d.gather(n, depth, seen, &all)
	return all
}

func (d *Document) gather(n Node, depth int, seen map[string]struct{}, all *[]Node) {
	t := n.target()
	_, noted := d.keysSeen[t]
	d.keysSeen[t] = struct{}{}
	own := map[string]*yaml.Node{}
	var merged []Node
	for i := 0; i+1 < len(t.Content); i += 2 {
		p := Node{doc: d, key: t.Content[i], value: t.Content[i+1]}
		key := follow(p.key)
		switch first, twice := own[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			if !noted {
				d.hide(key) // what was meant by it is anybody's guess
				d.hideSensitive(p, 0)
				p.FailKey(describe(key)+" cannot be a key", "write key: value; quotes make text of it")
			}
			continue
		case key.Tag == tagMerge:
			merged = append(merged, p)
			continue
		case twice:
			if !noted {
				d.hideSensitive(p, 0)
				d.fear(p.value)
				p.FailKey(fmt.Sprintf("the key%s is given twice, first in line %d", p.named(), first.Line), "remove one")
			}
			continue
		}
		p.key = key
		own[key.Value] = key
		if _, overridden := seen[key.Value]; !overridden {
			*all = append(*all, p)
		}
	}
	for key := range own {
		seen[key] = struct{}{}
	}
	for _, m := range merged {
		d.merge(m, depth, noted, seen, all)
	}
}

// merge adds the keys of the mapping, or mappings, under a << key.
func (d *Document) merge(m Node, depth int, noted bool, seen map[string]struct{}, all *[]Node) {
	sources := []Node{m}
	if t := m.target(); t.Kind == yaml.SequenceNode {
		sources = sources[:0]
		for _, c := range t.Content {
			sources = append(sources, Node{doc: d, value: c})
		}
	}
	for _, s := range sources {
		switch {
		case !d.step(s, depth):
			return
		case s.target().Kind == yaml.MappingNode:
			d.gather(s, depth+1, seen, all)
		case !noted:
			d.fear(m.value)
			m.FailKey("only mappings can be merged", "write <<: *anchor, where the anchor is on a mapping")
		}
	}
}

// step counts a value that is looked at, and refuses to go on where aliases
// make the document endless or huge.
func (d *Document) step(n Node, depth int) bool {
	d.steps++
	if !d.exhausted && (depth > maxDepth || d.steps > maxSteps) {
		d.exhausted = true
		d.hideSensitive(Node{doc: d, value: d.root}, 0)
		n.Fail("the file says too much: its aliases repeat themselves too often or without end", "write out what they stand for")
	}
	return !d.exhausted
}
