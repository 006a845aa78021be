package rulefile

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// Within returns where the byte at offset of a scalar's value stands in the
// file. YAML folds lines, strips indentation and resolves escapes, but only
// ever around white space and quotes: so the value's visible characters are
// found again, in their order, in the text from the scalar's place on. Where
// that fails, the scalar's own place is returned.
func (f *File) Within(n *yaml.Node, offset int) Place {
	at := Start(n)
	if n == nil || n.Kind != yaml.ScalarNode {
		return at
	}
	r := reader{lines: f.lines, line: at.Line - 1, escapes: n.Style&yaml.DoubleQuotedStyle != 0}
	r.begin(n, at.Column-1)
	for i, want := range n.Value {
		if i > offset {
			break
		}
		if unicode.IsSpace(want) {
			continue
		}
		found, ok := r.seek(want)
		if !ok {
			return at
		}
		at = found
	}
	return at
}

// reader goes through the characters of a file.
type reader struct {
	lines   []string
	line    int // from 0
	rest    []rune
	column  int // of rest, from 0
	escapes bool
}

// begin puts the reader before the first character of the scalar's text.
func (r *reader) begin(n *yaml.Node, column int) {
	if r.line >= len(r.lines) {
		return
	}
	text := []rune(r.lines[r.line])
	column = min(column, len(text))
	// An anchor and a tag stand before the value.
	for column < len(text) && (text[column] == '&' || text[column] == '!') {
		for column < len(text) && !unicode.IsSpace(text[column]) {
			column++
		}
		for column < len(text) && unicode.IsSpace(text[column]) {
			column++
		}
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		column = len(text) // the text is on the lines below
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		column = min(column+1, len(text))
	}
	r.rest, r.column = text[column:], column
}

// seek returns the place of the next character that is want.
func (r *reader) seek(want rune) (Place, bool) {
	for {
		for len(r.rest) == 0 {
			r.line++
			if r.line >= len(r.lines) {
				return Place{}, false
			}
			r.rest, r.column = []rune(r.lines[r.line]), 0
		}
		at := Place{r.line + 1, r.column + 1}
		got := r.next()
		if r.escapes && got == '\\' && len(r.rest) > 0 {
			if got = r.next(); strings.ContainsRune("nt\trvfabe0_NLP ", got) {
				continue // white space or what nobody sees
			}
		}
		if got == want {
			return at, true
		}
	}
}

func (r *reader) next() rune {
	got := r.rest[0]
	r.rest, r.column = r.rest[1:], r.column+1
	return got
}
