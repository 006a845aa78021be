package document

import (
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"
)

// shortestText is the least length at which a secret is looked for in texts:
// shorter ones are found only where they stand, as every text has their like.
const shortestText = 4

// hide marks every scalar at and below n, but for keys, as a secret.
func (d *Document) hide(n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind == yaml.AliasNode {
		d.hide(n.Alias)
		return
	}
	if _, done := d.hidden[n]; done {
		return
	}
	d.hidden[n] = struct{}{}
	// Without quotes a secret that begins with ! or & is taken for these.
	if !knownTag(n.Tag) {
		d.hideText(strings.TrimLeft(n.Tag, "!"))
	}
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		d.hideText(n.Anchor)
	}
	if n.Kind == yaml.ScalarNode {
		d.hideText(n.Value)
		// Of a scalar over several lines each line is quoted alone.
		for line := range strings.Lines(n.Value) {
			d.hideText(strings.TrimSpace(line))
		}
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && !d.onOneLine(n) {
			for word := range strings.FieldsSeq(n.Value) {
				d.hideText(word)
			}
		}
	}
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			d.hide(c)
		}
	}
}

// hideKeys marks the keys below n, where none should be, as secrets too.
func (d *Document) hideKeys(n *yaml.Node) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			d.hide(c)
		}
		d.hideKeys(c)
	}
}

func (d *Document) hideText(text string) {
	if len(text) >= shortestText {
		d.texts[text] = struct{}{}
	}
}

// hideUserinfo marks the name and password in a URL as secret.
func (d *Document) hideUserinfo(text string) {
	_, rest, found := strings.Cut(text, "//")
	at := strings.LastIndexByte(rest, '@')
	if !found || at < 0 {
		return
	}
	userinfo := rest[:at]
	d.hideText(userinfo)
	if _, password, ok := strings.Cut(userinfo, ":"); ok {
		d.hideText(password)
		if plain, err := url.PathUnescape(password); err == nil {
			d.hideText(plain)
		}
	}
}

// written returns a scalar as it stood in the file.
func (d *Document) written(n *yaml.Node) string {
	if raw, ok := d.raw[n]; ok {
		return raw
	}
	return n.Value
}

// repeatable tells whether a scalar is neither secret nor so odd that it would
// mean something else where a mistake repeats it.
func (d *Document) repeatable(n *yaml.Node) bool {
	_, hidden := d.hidden[n]
	return n.Kind == yaml.ScalarNode && !hidden && !strings.ContainsAny(n.Value, ",[]{}#:*&!|>'\"%@`\n")
}

func (d *Document) onOneLine(n *yaml.Node) bool {
	line := d.source.line(n.Line)
	if len(line) > maxSearched {
		return false
	}
	text := []rune(line)
	return d.extent(n, text).to < len(text) || strings.HasSuffix(string(text), d.written(n))
}
