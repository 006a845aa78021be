package notifier

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Clean returns text that came from outside in a form that is harmless to
// show: valid UTF-8 whose only control characters are newlines, without the
// invisible and direction-changing characters that hide or reorder what is
// read.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\t':
			return ' '
		case unicode.IsControl(r), hidden(r):
			return -1
		default:
			return r // an invalid byte has become U+FFFD
		}
	}, s)
}

// CleanLine is Clean with every run of white space made one space.
func CleanLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// plain tells whether s is printable ASCII, which most text is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// hidden tells whether r shows nothing but changes what is read: zero-width
// characters, directional embeddings, overrides and isolates, tags. Joiners and
// the left-to-right and right-to-left marks stay, because scripts need them.
func hidden(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u180e', r == '\u200b', r == '\ufeff':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u206f':
		return true
	case r >= '\ufff9' && r <= '\ufffb', r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

// Length returns the length of s in UTF-16 code units, the longest of the ways
// in which chat services count characters.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Shorten returns s in at most limit UTF-16 code units, ending in … where
// something was cut.
func Shorten(s string, limit int) string {
	if len(s) <= limit { // no more code units than bytes
		return s
	}
	used, fits := 0, 0 // fits: the bytes of s that leave room for the …
	for i, r := range s {
		if used < limit {
			fits = i
		}
		if used += utf16.RuneLen(r); used > limit {
			if limit <= 0 {
				return ""
			}
			return strings.TrimRight(s[:fits], " \n") + "…"
		}
	}
	return s
}

// ShortenEscaped returns s escaped, in at most limit UTF-16 code units, ending
// in … where something was cut. It never cuts through an escape sequence.
// escape must treat each character by itself.
func ShortenEscaped(s string, limit int, escape func(string) string) string {
	if limit <= 0 {
		return ""
	}
	if len(s) <= limit { // no more code units than bytes
		if out := escape(s); Length(out) <= limit {
			return out
		}
	}
	var b strings.Builder
	used, fits := 0, 0 // fits: the bytes of b that leave room for the …
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		piece := escape(s[:size])
		n := Length(piece)
		if used+n > limit {
			return strings.TrimRight(b.String()[:fits], " \n") + "…"
		}
		b.WriteString(piece)
		used += n
		if used < limit {
			fits = b.Len()
		}
		s = s[size:]
	}
	return b.String()
}
