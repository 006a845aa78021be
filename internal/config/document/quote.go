package document

import "alertd/internal/invalid"

// ellipsis stands for what may be a secret.
const ellipsis = "…"

// quote returns a line, its secrets masked, and a caret under the column.
func (c *censor) quote(line, column int) string {
	written := c.doc.source.line(line)
	if written == "" || len(written) > maxSearched || c.overwhelmed() {
		return ""
	}
	text := []rune(written)
	return invalid.Quote(cover(text, c.spans(line, text), column-1))
}
