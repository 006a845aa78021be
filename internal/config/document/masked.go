package document

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"alertd/internal/secret"
)

// Masked returns the document as YAML: variables and aliases expanded, merged
// keys in place, secrets masked, and neither comments nor x- keys. Only what
// has been decoded is known to be secret.
func (d *Document) Masked() ([]byte, error) {
	if d.root == nil {
		return nil, nil
	}
	d.steps = 0
	out, err := yaml.Dump(d.masked(Node{doc: d, value: d.root}, 0), yaml.WithV4Defaults(), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return out, nil
}

func (d *Document) masked(n Node, depth int) *yaml.Node {
	t := n.target()
	if depth > maxDepth {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagString, Value: ellipsis}
	}
	out := &yaml.Node{Kind: t.Kind, Tag: t.Tag, Style: t.Style &^ yaml.TaggedStyle}
	switch t.Kind {
	case yaml.MappingNode:
		for _, p := range d.pairs(n, depth) {
			if t == d.root && strings.HasPrefix(p.key.Value, "x-") {
				continue
			}
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: p.key.Tag, Value: p.key.Value, Style: p.key.Style &^ yaml.TaggedStyle}
			out.Content = append(out.Content, key, d.masked(p, depth+1))
		}
	case yaml.SequenceNode:
		for _, c := range t.Content {
			out.Content = append(out.Content, d.masked(Node{doc: d, value: c}, depth+1))
		}
	default:
		out.Value = regexp.MustCompile(`://[^\s/]*@`).ReplaceAllString(t.Value, "://"+secret.Masked+"@")
		if _, hidden := d.hidden[t]; hidden && t.Value != "" {
			out.Value, out.Tag, out.Style = secret.Masked, tagString, 0
		}
	}
	return out
}
