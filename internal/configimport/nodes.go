package configimport

import "go.yaml.in/yaml/v4"

// find returns the key and the value in a mapping; nil where there is none.
func find(n *yaml.Node, name string) (key, value *yaml.Node) {
	n = follow(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], follow(n.Content[i+1])
		}
	}
	return nil, nil
}

func get(n *yaml.Node, name string) *yaml.Node {
	_, value := find(n, name)
	return value
}

// follow returns what n is an alias of, or n itself.
func follow(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func keys(n *yaml.Node) []string {
	var names []string
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		names = append(names, n.Content[i].Value)
	}
	return names
}

func text(value string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(value)
	return n
}

func mapping(key string, value *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{text(key), value}}
}

// add writes a section and returns its key.
func (m *importer) add(name string, value *yaml.Node) *yaml.Node {
	key := text(name)
	m.out.Content = append(m.out.Content, key, value)
	return key
}
