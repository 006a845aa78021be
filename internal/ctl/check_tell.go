package ctl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"alertd/internal/check"
	"alertd/internal/invalid"
)

// checked is the answer of the check commands about one file.
type checked struct {
	File     string            `json:"file"` // "" for the environment
	OK       bool              `json:"ok"`   // there is no error
	Summary  string            `json:"summary,omitempty"`
	Rules    *int              `json:"rules,omitempty"` // of a rule file
	Findings []invalid.Finding `json:"findings,omitempty"`
}

// tell writes what was found and returns the failure that it amounts to; what
// names what was checked. answer is for programs, summary for people.
func (c *cli) tell(f *checkFlags, report check.Report, answer any, what string, summary func()) error {
	found := f.chosen(report.Findings)
	if f.github {
		for _, one := range found {
			c.out.printf("%s\n", annotation(one))
		}
	} else if err := c.print(answer, func() {
		summary()
		for _, one := range found {
			c.err.printf("%s\n", neutral(forPeople(one)))
		}
	}); err != nil {
		return err
	}
	for _, note := range report.Notes {
		c.err.printf("alertctl: %s\n", neutral(note))
	}
	return verdict(found, f.strict, what)
}

// forPeople is a finding in words. What is only worth knowing takes one line.
func forPeople(one invalid.Finding) string {
	one.File = relative(one.File)
	if one.Severity == invalid.Info {
		one.Quote = ""
	}
	return one.Tagged()
}

// verdict returns the failure that findings amount to, nil where they do not.
func verdict(found []invalid.Finding, strict bool, what string) error {
	counts := map[invalid.Severity]int{}
	for _, one := range found {
		counts[one.Severity]++
	}
	if counts[invalid.Error] == 0 && (!strict || len(found) == 0) {
		return nil
	}
	var parts []string
	for _, s := range []invalid.Severity{invalid.Error, invalid.Warning, invalid.Info} {
		if counts[s] > 0 && (strict || s == invalid.Error) {
			parts = append(parts, count(counts[s], map[invalid.Severity]string{
				invalid.Error: "error", invalid.Warning: "warning", invalid.Info: "note",
			}[s]))
		}
	}
	return refused("%s: %s", what, strings.Join(parts, ", "))
}

// annotation is a finding as a command of GitHub's workflows, which becomes an
// annotation of its line:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func annotation(one invalid.Finding) string {
	level := map[invalid.Severity]string{invalid.Error: "error", invalid.Warning: "warning", invalid.Info: "notice"}[one.Severity]
	properties := []string{"file=" + escapeProperty(relative(one.File))}
	if one.Line > 0 {
		properties = append(properties, fmt.Sprintf("line=%d,col=%d", one.Line, one.Column))
	}
	properties = append(properties, "title="+escapeProperty(one.Check))
	message := one.Problem
	if one.Mend != "" {
		message += ": " + one.Mend
	}
	return fmt.Sprintf("::%s %s::%s", level, strings.Join(properties, ","), escapeMessage(message))
}

func escapeMessage(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(strings.ToValidUTF8(text, "\uFFFD"))
}

func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeMessage(text))
}

// relative is a path as seen from the working directory where it lies within:
// so people write it, and so GitHub finds the file.
func relative(path string) string {
	dir, err := os.Getwd()
	if err != nil || !filepath.IsAbs(path) {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
