package configlint

import (
	"slices"
	"strings"

	"alertd/internal/invalid"
	"alertd/rules/lint"
)

// applyComments takes away what comments in the file turn off: "# alertctl
// disable ID..." for the entry on its line or, alone on a line, for the entry
// below, with all that is indented under it.
func (r *review) applyComments(others []string) {
	lines := r.config.Lines()
	for n, line := range lines {
		comment, ok := lint.ParseComment(line)
		if !ok {
			continue
		}
		first, last := block(lines, n)
		for _, id := range comment.IDs {
			before := len(r.found)
			r.found = slices.DeleteFunc(r.found, func(f invalid.Finding) bool {
				return f.Check == id.Text && f.Severity < invalid.Error && (comment.WholeFile || f.Line > first && f.Line <= last)
			})
			at := r.config.PlaceAt(n+1, id.Column)
			switch own := lint.Has(Checks(), id.Text); {
			case !own && !lint.Has(lint.Checks(), id.Text) && !slices.Contains(others, id.Text):
				r.found = append(r.found, lint.UnknownDisable(at, id.Text))
			case own && len(r.found) == before:
				r.found = append(r.found, lint.UnusedDisable(at, id.Text))
			}
		}
	}
}

// block returns the lines, from 0 and the last not included, that a comment on
// line n is about.
func block(lines []string, n int) (first, last int) {
	for n < len(lines) && (strings.TrimSpace(lines[n]) == "" || strings.HasPrefix(strings.TrimSpace(lines[n]), "#")) {
		n++
	}
	if n >= len(lines) {
		return n, n
	}
	first, last = n, n+1
	for last < len(lines) && (strings.TrimSpace(lines[last]) == "" || indent(lines[last]) > indent(lines[n])) {
		last++
	}
	return first, last
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
