package ctl

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

const (
	columnGap = "  "
	// cellLimit is how many columns of the screen a cell may take. A label of
	// 10 kB would make the table unreadable; -o json has all of it.
	cellLimit = 120
	// errorLimit is that of an error at the end of a row: how to mend it comes
	// last in its text.
	errorLimit  = 600
	errorColumn = "ERROR"
)

// cell is one field of a table. Its text is anybody's: the table neutralises
// it.
type cell struct {
	text  string
	style style
}

// table is rows under a header.
type table struct {
	header []string
	rows   [][]cell
}

// add adds a row, which has as many cells as the header.
func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// text returns an unstyled cell.
func text(s string) cell { return cell{text: s} }

// print writes the table, its columns aligned by two spaces.
func (t *table) print(s screen) {
	head := make([]cell, len(t.header))
	for i, name := range t.header {
		head[i] = cell{name, bold}
	}
	rows := append([][]cell{head}, t.rows...)
	widths, limits := make([]int, len(t.header)), make([]int, len(t.header))
	for i, name := range t.header {
		limits[i] = cellLimit
		if name == errorColumn && i == len(t.header)-1 {
			limits[i] = errorLimit
		}
	}
	for _, row := range rows {
		for i := range row {
			row[i].text = clip(oneLine(row[i].text), limits[i])
			widths[i] = max(widths[i], columns(row[i].text))
		}
	}
	var line strings.Builder
	for _, row := range rows {
		line.Reset()
		for i, c := range row {
			line.WriteString(s.paint(c.text, c.style))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-columns(c.text)) + columnGap)
			}
		}
		s.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// field is one line of a description.
type field struct {
	name  string
	value cell
}

// fields prints a description, its values aligned. Those without a text are
// left out.
func (c *cli) fields(fields []field) {
	widest := 0
	for _, f := range fields {
		widest = max(widest, columns(f.name))
	}
	for _, f := range fields {
		if f.value.text != "" {
			c.out.printf("%-*s%s%s\n", widest, f.name, columnGap, c.out.paint(oneLine(f.value.text), f.value.style))
		}
	}
}

// columns returns how many columns of a terminal text takes.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300: // most text is spared the tables
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// clip returns text cut to limit columns, the last one an ellipsis.
func clip(text string, limit int) string {
	if columns(text) <= limit {
		return text
	}
	n := 0
	for i, r := range text {
		n += runeColumns(r)
		if n > limit-1 {
			return text[:i] + "…"
		}
	}
	return text
}
