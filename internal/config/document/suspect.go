package document

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// sensitive tells whether a key looks as if its value were secret. It is asked
// only where no type says so: of unknown keys, of a payload's, and where the YAML
// is broken.
func sensitive(key string) bool {
	key = strings.ToLower(key)
	for _, part := range []string{"pass", "secret", "token", "key", "credential", "auth", "url", "dsn", "cookie", "header", "signature", "private"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

// hideSensitive hides what stands below keys that look as if it were secret.
func (d *Document) hideSensitive(n Node, depth int) {
	t := n.target()
	if t == nil || depth > maxDepth {
		return
	}
	if n.key != nil && sensitive(n.key.Value) {
		d.hide(t)
		return
	}
	if _, done := d.sifted[t]; done {
		return
	}
	d.sifted[t] = struct{}{}
	if t.Kind == yaml.ScalarNode {
		d.hideUserinfo(t.Value)
	}
	for i, c := range t.Content {
		below := Node{doc: d, value: c}
		if t.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		if t.Kind == yaml.MappingNode {
			below.key = t.Content[i-1]
		}
		d.hideSensitive(below, depth+1)
	}
}

// fear marks the scalars at and below a value that nobody understands. What
// its aliases stand for is marked where it is understood.
func (d *Document) fear(n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		d.feared[n] = struct{}{}
	}
	for i, c := range n.Content {
		key := n.Kind == yaml.MappingNode && i%2 == 0
		if !key || !d.looksLikeKey(c) {
			d.fear(c)
		}
	}
}

// looksLikeKey tells whether a key is a name with a colon after it.
func (d *Document) looksLikeKey(key *yaml.Node) bool {
	odd := func(r rune) bool {
		return r != '_' && r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	line := d.source.line(key.Line)
	if len(line) > maxSearched {
		return false
	}
	after := []rune(line)
	after = after[min(len(after), max(key.Column-1, 0)+len([]rune(key.Value))):]
	colon := strings.HasPrefix(strings.TrimSpace(string(after)), ":") // not so in {a, b}
	return colon && key.Style == 0 && !strings.ContainsFunc(key.Value, odd)
}
