package invalid

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// Severity is how much a finding matters.
type Severity int

// The severities, the least first.
const (
	// Info is worth knowing, and may well be meant.
	Info Severity = iota
	// Warning is probably not what was meant.
	Warning
	// Error keeps the input from being used.
	Error
)

// String returns info, warning or error.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	default:
		return "info"
	}
}

// MarshalJSON writes the severity's name.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Finding is what a check has found at one place of a file.
type Finding struct {
	Check    string   `json:"id"` // of the check, such as missing-comparison
	Severity Severity `json:"severity"`
	File     string   `json:"file"`             // or the environment variable
	Line     int      `json:"line,omitempty"`   // from 1; 0 where there is no line
	Column   int      `json:"column,omitempty"` // in characters, from 1; 0 likewise
	Problem  string   `json:"problem"`          // what is wrong, and why that matters
	Mend     string   `json:"mend,omitempty"`   // how to put it right
	Quote    string   `json:"-"`                // the line and a caret; see Quote
}

// String returns the finding as file:line:column: problem: how to mend it, with
// the line and a caret below.
func (f Finding) String() string {
	return f.write("")
}

// Tagged is String with the severity and the check's name, for a reader who may
// want to turn it off.
func (f Finding) Tagged() string {
	return f.write(fmt.Sprintf("%s: ", f.Severity))
}

func (f Finding) write(tag string) string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	b.WriteString(": " + tag + f.Problem)
	if f.Mend != "" {
		b.WriteString(": " + f.Mend)
	}
	if tag != "" {
		b.WriteString(" [" + f.Check + "]")
	}
	if f.Quote != "" {
		b.WriteString("\n" + f.Quote)
	}
	return b.String()
}

// ByPlace orders findings by file, line, column and check.
func ByPlace(a, b Finding) int {
	return cmp.Or(
		strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		strings.Compare(a.Check, b.Check), strings.Compare(a.Problem, b.Problem))
}
