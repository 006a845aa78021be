package lint

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"alertd/internal/invalid"
)

// Comment turns checks off: "# alertctl disable ID..." for what it stands on or
// above, "# alertctl disable-file ID..." for the whole file. What follows
// another # is a remark.
type Comment struct {
	WholeFile bool
	IDs       []CommentID
}

// CommentID is the name of a check in a comment.
type CommentID struct {
	Text   string
	Column int // in characters, from 1
}

// ParseComment reads the comment of a line, if there is one that turns checks off.
func ParseComment(line string) (Comment, bool) {
	m := regexp.MustCompile(`(?:^|\s)#\s*alertctl\s+(disable|disable-file)\s+(.*)$`).FindStringSubmatchIndex(line)
	if m == nil {
		return Comment{}, false
	}
	c := Comment{WholeFile: line[m[2]:m[3]] == "disable-file"}
	for _, at := range regexp.MustCompile(`[^\s,]+`).FindAllStringIndex(line[m[4]:m[5]], -1) {
		from, to := m[4]+at[0], m[4]+at[1]
		if line[from] == '#' {
			break
		}
		c.IDs = append(c.IDs, CommentID{Text: line[from:to], Column: utf8.RuneCountInString(line[:from]) + 1})
	}
	return c, true
}

// UnknownDisable is the finding that a comment names a check that there is not.
func UnknownDisable(at invalid.Finding, id string) invalid.Finding {
	at.Check, at.Severity = checkUnknownDisable, invalid.Warning
	at.Problem, at.Mend = fmt.Sprintf("there is no check %s to turn off", id), "write one of the names in docs/checks.md"
	return at
}

// UnusedDisable is the finding that a comment turns off what finds nothing.
func UnusedDisable(at invalid.Finding, id string) invalid.Finding {
	at.Check, at.Severity = checkUnusedDisable, invalid.Info
	at.Problem, at.Mend = fmt.Sprintf("%s finds nothing here, so there is nothing to turn off", id), "remove it"
	return at
}

// Has tells whether one of the checks has that name.
func Has(checks []Check, id string) bool {
	for _, c := range checks {
		if c.ID == id {
			return true
		}
	}
	return false
}
