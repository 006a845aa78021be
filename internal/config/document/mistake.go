package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"alertd/internal/invalid"
)

// Mistake is one thing wrong with a configuration.
type Mistake struct {
	File    string // the file, or the environment variable
	Line    int    // from 1; 0 where the mistake is not in a file
	Column  int    // in characters, from 1; 0 likewise
	Problem string
	Mend    string // how to put it right

	quote string // the line and a caret, secrets masked
}

// String returns the mistake as file:line:column: problem: how to mend it,
// and below it the line with a caret under the column.
func (m Mistake) String() string { return m.Finding().String() }

// Invalid is the check that a document must pass to be used at all.
const Invalid = "invalid-config"

// Finding returns the mistake as what a check has found.
func (m Mistake) Finding() invalid.Finding {
	return invalid.Finding{
		Check: Invalid, Severity: invalid.Error,
		File: m.File, Line: m.Line, Column: m.Column, Problem: m.Problem, Mend: m.Mend, Quote: m.quote,
	}
}

// Mistakes is everything wrong with a configuration, in order of position.
// Neither the list nor the text of the error holds a secret.
type Mistakes struct {
	List []Mistake
}

// maxPrinted keeps the text of a hopeless file readable.
const maxPrinted = 50

// Error returns every mistake, as Mistake.String does.
func (m *Mistakes) Error() string {
	var b strings.Builder
	for i, one := range m.List {
		if i == maxPrinted {
			fmt.Fprintf(&b, "\nand %d more", len(m.List)-maxPrinted)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.String())
	}
	return b.String()
}

// note is a mistake before it is known which texts are secret.
type note struct {
	line, column  int
	problem, mend string
}

// maxNotes bounds the memory that a hopeless file takes.
const maxNotes = 1000

func (d *Document) fail(line, column int, problem, mend string) {
	n := note{line, column, problem, mend}
	if _, twice := d.noted[n]; !twice && len(d.notes) < maxNotes {
		d.noted[n] = struct{}{}
		d.notes = append(d.notes, n)
	}
}

// hopeless tells whether there are too many mistakes to look for more.
func (d *Document) hopeless() bool { return len(d.notes) >= maxNotes }

// Err returns the mistakes found so far as a *Mistakes, or nil.
func (d *Document) Err() error {
	if len(d.notes) == 0 {
		return nil
	}
	notes := slices.Clone(d.notes)
	slices.SortStableFunc(notes, func(a, b note) int {
		inA, _, _ := d.source.place(a.line, a.column)
		inB, _, _ := d.source.place(b.line, b.column)
		return cmp.Or(cmp.Compare(inA, inB), cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	c := d.newCensor()
	if c.overwhelmed() {
		notes = notes[:min(len(notes), maxPrinted)]
	}
	list := make([]Mistake, len(notes))
	for i, n := range notes {
		m := Mistake{Problem: c.scrub(n.problem), Mend: c.scrub(n.mend)}
		m.File, m.Line, m.Column = d.source.place(n.line, n.column)
		if i < maxPrinted {
			m.quote = c.quote(n.line, n.column)
		}
		list[i] = m
	}
	return &Mistakes{List: list}
}
