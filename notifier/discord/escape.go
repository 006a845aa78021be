package discord

import (
	"strings"

	"alertd/notifier"
)

// escapeAll makes every mark of Discord's markdown, and the beginning of
// mentions, plain text.
func escapeAll(s string) string {
	if !strings.ContainsAny(s, marks) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(marks, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// marks are the characters that mean something somewhere in a line.
const marks = "\\*_~`|>#[]<@"

func escape(s string, limit int) string { return notifier.ShortenEscaped(s, limit, escapeAll) }

func shorten(s string, limit int) string { return notifier.Shorten(s, limit) }
