package document

import "strings"

// source is a text in lines, to be quoted from.
type source struct {
	name  string
	lines []string
	// variables are the names of the environment variables that the lines
	// stand for; nil where the lines are a file's.
	variables []string
}

// line returns line number n, counted from 1; "" beyond the end.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// place names a position as a Mistake does. Line 0 is the whole text.
func (s *source) place(line, column int) (file string, l, c int) {
	switch {
	case s.variables == nil:
		return s.name, max(line, 1), max(column, 1)
	case line < 1 || line > len(s.variables):
		return s.name, 0, 0
	}
	return s.variables[line-1], 0, 0
}

// splitLines splits text where YAML sees a line break: besides LF and CRLF,
// that is CR, NEL and the two Unicode separators.
func splitLines(text string) []string {
	var lines []string
	start := 0
	for i, r := range text {
		next := i + 1
		switch r {
		case '\r':
			if strings.HasPrefix(text[next:], "\n") {
				continue
			}
		case '\n':
		case '\u0085':
			next = i + len("\u0085")
		case '\u2028', '\u2029':
			next = i + len("\u2028")
		default:
			continue
		}
		lines = append(lines, strings.TrimRight(text[start:i], "\r"))
		start = next
	}
	return append(lines, text[start:])
}
