package lint

import (
	"slices"

	"alertd/internal/invalid"
	"alertd/rules/rulefile"
)

// directive is a comment in a rule file and what it is about.
type directive struct {
	Comment
	line  int
	scope rulefile.Scope
	used  map[string]bool
}

func directives(f *rulefile.File) []directive {
	var all []directive
	for n := 1; n <= f.Lines(); n++ {
		comment, ok := ParseComment(f.Line(n))
		if !ok {
			continue
		}
		d := directive{Comment: comment, line: n, scope: f.Scope(n), used: map[string]bool{}}
		if d.scope.Group < 0 {
			d.WholeFile = true // it stands above all that there is
		}
		all = append(all, d)
	}
	return all
}

// covers tells whether the comment turns a check off for a group or rule.
func (d directive) covers(id string, s rulefile.Scope) bool {
	about := d.WholeFile || d.scope.Group == s.Group && (d.scope.Rule < 0 || d.scope.Rule == s.Rule)
	return about && slices.ContainsFunc(d.IDs, func(n CommentID) bool { return n.Text == id })
}

// Findings returns what has been found, in order of place, less what comments
// turn off; a mistake that keeps the file from being used cannot be turned off.
// ran tells which checks of other packages have looked at the file: a comment
// about one that has not is not called unused. nil is none.
func (f *File) Findings(ran func(check string) bool) []invalid.Finding {
	out := slices.Clone(f.mistakes)
	for _, one := range f.found {
		if !f.disabled(one.Check, one.scope) {
			out = append(out, one.Finding)
		}
	}
	for _, d := range f.comments {
		for _, n := range d.IDs {
			looked := Has(Checks(), n.Text) || ran != nil && ran(n.Text)
			at := f.finding(rulefile.Place{Line: d.line, Column: n.Column})
			switch {
			case !f.known[n.Text]:
				out = append(out, UnknownDisable(at, n.Text))
			case n.Text != checkUnusedDisable && !d.used[n.Text] && looked && len(f.mistakes) == 0 && !f.disabled(checkUnusedDisable, d.scope):
				out = append(out, UnusedDisable(at, n.Text))
			}
		}
	}
	slices.SortStableFunc(out, invalid.ByPlace)
	return out
}

// disabled tells whether a comment turns a check off for a group or rule, and
// notes that it was of use.
func (f *File) disabled(id string, s rulefile.Scope) bool {
	off := false
	for _, d := range f.comments {
		if d.covers(id, s) {
			d.used[id], off = true, true
		}
	}
	return off
}
