package document

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// span is a part of a line, in characters from 0, the end not included.
type span struct {
	from, to int
	guess    bool // that it is secret is not known, only feared
}

// spans returns the parts of a line that hold secrets.
func (c *censor) spans(line int, text []rune) []span {
	var all []span
	for _, n := range c.hidden[line] {
		at := c.doc.extent(n, text)
		all = append(all, at, comment(text, at.to))
	}
	for _, n := range c.feared[line] {
		at := c.doc.extent(n, text)
		all = append(all, words(text[:at.to], at.from)...)
	}
	// A line that was commented out for another may hold any secret.
	all = append(all, words(text, comment(text, 0).from)...)
	for _, s := range c.secrets {
		all = append(all, occurrences(string(text), s)...)
	}
	userinfo := regexp.MustCompile(`//[^\s"'<>]*@`)
	for _, at := range userinfo.FindAllStringIndex(string(text), -1) {
		from := len([]rune(string(text)[:at[0]]))
		length := len([]rune(string(text)[at[0]:at[1]]))
		all = append(all, span{from: from + len("//"), to: from + length - len("@")})
	}
	if c.doc.root == nil && c.doc.source.variables == nil {
		all = append(all, c.doc.suspects(line, text)...)
	}
	return all
}

// comment returns the comment in a line after position start: without quotes a
// secret that begins with # is taken for one.
func comment(text []rune, start int) span {
	for i := max(start, 1); i < len(text); i++ {
		if text[i] == '#' && (text[i-1] == ' ' || text[i-1] == '\t') {
			return span{from: i, to: len(text)}
		}
	}
	return span{from: len(text), to: len(text)}
}

func occurrences(text, s string) []span {
	var all []span
	for start := 0; ; {
		i := strings.Index(text[start:], s)
		if i < 0 {
			return all
		}
		from := len([]rune(text[:start+i]))
		all = append(all, span{from: from, to: from + len([]rune(s))})
		start += i + len(s)
	}
}

// extent returns where in its line a scalar stands.
func (d *Document) extent(n *yaml.Node, text []rune) span {
	from, end := min(max(n.Column-1, 0), len(text)), len(text)
	if d.source.variables != nil {
		return span{from: from, to: end}
	}
	// Anchors and tags stand before the value.
	for knownTag(n.Tag) && n.Value != "" && from < end && (text[from] == '&' || text[from] == '!') {
		for from < end && text[from] != ' ' {
			from++
		}
		for from < end && text[from] == ' ' {
			from++
		}
	}
	if from == end {
		return span{from: end, to: end}
	}
	switch quote := text[from]; {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return span{from: end, to: end} // its text is on the lines below
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		for i := from + 1; i < end; i++ {
			switch {
			case text[i] == '\\' && quote == '"':
				i++
			case text[i] == quote && quote == '\'' && i+1 < end && text[i+1] == quote:
				i++
			case text[i] == quote:
				return d.unlessVariable(span{from: from + 1, to: i}, text)
			}
		}
	default:
		if written := []rune(d.written(n)); len(written) > 0 && strings.HasPrefix(string(text[from:]), string(written)) {
			return d.unlessVariable(span{from: from, to: from + len(written)}, text)
		}
	}
	return span{from: from, to: end}
}

// unlessVariable returns s, or nothing where ${NAME} is all that stands there.
func (d *Document) unlessVariable(s span, text []rune) span {
	if regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`).MatchString(string(text[s.from:s.to])) {
		return span{from: s.to, to: s.to}
	}
	return s
}
