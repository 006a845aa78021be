package document

import (
	"slices"

	"alertd/internal/invalid"
)

// Place returns a finding with its place only: where the value at a path such
// as route.routes[0].receiver is written, with the line, its secrets masked. A
// path that leads nowhere gives the last value on the way that exists. Only
// what has been decoded is known to be secret.
func (d *Document) Place(path string) invalid.Finding {
	return d.PlaceAt(d.Root().At(path).position())
}

// PlaceAt is Place for a line and column, from 1.
func (d *Document) PlaceAt(line, column int) invalid.Finding {
	var at invalid.Finding
	at.File, at.Line, at.Column = d.source.place(line, column)
	at.Quote = d.newCensor().quote(line, column)
	return at
}

// Lines returns the text that was parsed; nil where it was no file.
func (d *Document) Lines() []string {
	if d.source.variables != nil {
		return nil
	}
	return slices.Clone(d.source.lines)
}
