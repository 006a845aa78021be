package invalid

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// The look of a quoted line.
const (
	margin   = "    "
	ellipsis = "…"
	// maxQuoted is how many characters of a line are shown, around the caret.
	maxQuoted = 160
)

// Quote returns a line of text and below it a caret under the character at
// position caret, from 0. A long line is cut down to what surrounds the caret.
func Quote(line []rune, caret int) string {
	shown, caret := window(line, caret)
	var above, below strings.Builder
	for i, r := range shown {
		if r != '\t' && !unicode.IsPrint(r) {
			r = '\uFFFD' // what would move a terminal's cursor is shown as unprintable
		}
		above.WriteRune(r)
		if i < caret {
			below.WriteString(blank(r))
		}
	}
	return margin + above.String() + "\n" + margin + below.String() + "^"
}

// blank returns white space as wide as r.
func blank(r rune) string {
	switch {
	case r == '\t':
		return "\t"
	case unicode.In(r, unicode.Mn, unicode.Me):
		return ""
	}
	if kind := width.LookupRune(r).Kind(); kind == width.EastAsianWide || kind == width.EastAsianFullwidth {
		return "  "
	}
	return " "
}

// window cuts a long line down to what surrounds the caret.
func window(text []rune, caret int) ([]rune, int) {
	if len(text) <= maxQuoted {
		return text, min(caret, len(text))
	}
	from := max(0, caret-maxQuoted/2)
	to := min(len(text), from+maxQuoted)
	out := []rune{}
	if from > 0 {
		out = append(out, []rune(ellipsis)...)
	}
	caret = min(caret, to) - from + len(out)
	out = append(out, text[from:to]...)
	if to < len(text) {
		out = append(out, []rune(ellipsis)...)
	}
	return out, caret
}
