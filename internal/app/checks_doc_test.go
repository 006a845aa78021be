package app

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/check"
	"alertd/internal/configlint"
	"alertd/internal/invalid"
	"alertd/rules/lint"
	"alertd/rules/lint/live"
)

var update = flag.Bool("update", false, "write what is found into docs/checks.md")

const checksPage = "../../docs/checks.md"

// section is a check as docs/checks.md has it.
type section struct {
	id, text  string
	blocks    []string // of YAML: what is found, and what is not
	told      string   // what the page says is told of the first
	toldBegin int      // where that is in the page
}

func sections(t *testing.T) (page string, all []section) {
	t.Helper()
	data, err := os.ReadFile(checksPage)
	if err != nil {
		t.Fatal(err)
	}
	page = string(data)
	heads := regexp.MustCompile(`(?m)^### (\S+)\n`).FindAllStringSubmatchIndex(page, -1)
	for i, h := range heads {
		end := len(page)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		s := section{id: page[h[2]:h[3]], text: page[h[1]:end]}
		for _, b := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(s.text, -1) {
			s.blocks = append(s.blocks, b[1])
		}
		if b := regexp.MustCompile("(?s)\n\n```\n(.*?)```\n").FindStringSubmatchIndex(s.text); b != nil {
			s.told, s.toldBegin = s.text[b[2]:b[3]], h[1]+b[2]
		}
		all = append(all, s)
	}
	return page, all
}

// findings returns what is found of a check in an example: rules, a rule file or
// a configuration.
func findings(t *testing.T, id, example string) string {
	t.Helper()
	o := lint.Options{ScrapeInterval: 15 * time.Second, Docker: true, OtherChecks: check.OtherIDs()}
	const head = "groups:\n- name: example\n  rules:\n"
	var found []invalid.Finding
	switch {
	case strings.Contains(example, "groups:"):
		found = lint.New(o).Text("rules.yml", []byte(example)).Findings(nil)
	case regexp.MustCompile(`(?m)^- `).MatchString(example):
		found = lint.New(o).Text("rules.yml", []byte(head+regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(example, "  $1"))).Findings(nil)
		for i := range found {
			f := &found[i]
			f.Line, f.Column = f.Line-strings.Count(head, "\n"), f.Column-2
			f.Quote = regexp.MustCompile(`(?m)^  `).ReplaceAllString(f.Quote, "")
			f.Problem = strings.ReplaceAll(f.Problem, "rules.yml:4", "rules.yml:1")
		}
	default:
		path := writeFile(t, filepath.Join(t.TempDir(), "alertd.yml"), example)
		report, err := Check(t.Context(), check.Request{Config: path, Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings {
			f.File = "alertd.yml"
			f.Problem = strings.ReplaceAll(f.Problem, filepath.Dir(path)+"/", "")
			found = append(found, f)
		}
	}
	var b strings.Builder
	for _, f := range found {
		if f.Check == id {
			b.WriteString(f.Tagged() + "\n")
		}
	}
	return b.String()
}

// TestChecksPage holds docs/checks.md to the checks: each is there, in order,
// with its severity; of the first example it finds what the page says, at the
// very place, and in the second nothing. Those that ask Prometheus are tested
// where there is one.
func TestChecksPage(t *testing.T) {
	page, all := sections(t)
	documented := map[string]section{}
	for _, s := range all {
		documented[s.id] = s
	}
	checks, known := slices.Concat(lint.Checks(), configlint.Checks(), live.Checks()), map[string]bool{}
	for _, c := range checks {
		known[c.ID] = true
		s, ok := documented[c.ID]
		if !ok {
			t.Errorf("docs/checks.md does not describe %s", c.ID)
			continue
		}
		if !strings.HasPrefix(strings.TrimSpace(s.text), "*"+c.Severity.String()+".* ") {
			t.Errorf("%s: the page does not say that it is of severity %s", c.ID, c.Severity)
		}
		if strings.TrimSpace(c.Summary) == "" {
			t.Errorf("%s has no summary", c.ID)
		}
	}
	table := "| check | severity | finds |\n|---|---|---|\n"
	for _, c := range checks {
		table += fmt.Sprintf("| [`%s`](#%s) | %s | %s |\n", c.ID, c.ID, c.Severity, c.Summary)
	}
	for _, s := range slices.Backward(all) { // so that an update moves nothing
		if !known[s.id] {
			t.Errorf("docs/checks.md describes %s, which there is not", s.id)
		}
		if len(s.blocks) == 0 || lint.Has(live.Checks(), s.id) {
			continue
		}
		got := findings(t, s.id, s.blocks[0])
		switch {
		case got == "":
			t.Errorf("%s: nothing is found in\n%s", s.id, s.blocks[0])
		case *update:
			page = page[:s.toldBegin] + got + page[s.toldBegin+len(s.told):]
		case got != s.told:
			t.Errorf("%s: found\n%s\nthe page says\n%s", s.id, got, s.told)
		}
		if len(s.blocks) > 1 {
			if got := findings(t, s.id, s.blocks[1]); got != "" {
				t.Errorf("%s: found in the good example:\n%s", s.id, got)
			}
		}
	}
	begin := strings.Index(page, "| check |")
	end := begin + strings.Index(page[begin:], "\n\n") + 1
	switch {
	case *update:
		page = page[:begin] + table + page[end:]
	case page[begin:end] != table:
		t.Errorf("the page's table is\n%s\nwant\n%s", page[begin:end], table)
	}
	if *update {
		if err := os.WriteFile(checksPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
