package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"alertd/internal/invalid"
	"alertd/rules"
)

// TestCheckFileParity compares with promtool over testdata/check, where a file's
// name says whether it is accepted, and asks a place of every mistake.
func TestCheckFileParity(t *testing.T) {
	promtool, err := filepath.Abs("../test/tools/bin/promtool")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(promtool); err != nil {
		t.Fatalf("there is no promtool (%v): run make tools", err)
	}
	files, err := filepath.Glob("testdata/check/*.yml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	found := regexp.MustCompile(`SUCCESS: (\d+) rules found`)
	for _, path := range append(files, "testdata/check/none-such.yml", "testdata/check", "../monitoring/rules/example.rules.yml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			out, runErr := exec.CommandContext(t.Context(), promtool, "check", "rules", "--lint=none", path).CombinedOutput()
			name := filepath.Base(path)
			if want := strings.HasPrefix(name, "pass-") || name == "example.rules.yml"; (runErr == nil) != want {
				t.Errorf("promtool accepts: %t, but the file's name says %t\n%s", runErr == nil, want, out)
			}
			checked := rules.CheckFile(path)
			if (len(checked.Mistakes) == 0) != (runErr == nil) {
				t.Errorf("mistakes %q, promtool says\n%s", checked.Mistakes, out)
			}
			n := 0
			for _, g := range checked.Groups {
				n += len(g.Rules)
			}
			if m := found.FindSubmatch(out); m != nil && string(m[1]) != strconv.Itoa(n) {
				t.Errorf("%d rules, promtool found %s", n, m[1])
			}
			for _, m := range checked.Mistakes {
				if placed := m.Line > 0 && m.Column > 0; m.Severity != invalid.Error || m.File != path || placed != (m.Check != rules.CheckUnreadable) {
					t.Errorf("the mistake %q is of %s, %s", m, m.Check, m.Severity)
				}
			}
		})
	}
}

// TestCheckFilePlaces: where each kind of mistake is.
func TestCheckFilePlaces(t *testing.T) {
	for file, want := range map[string][]string{
		"fail-expr":               {"5:19: ", "7:18: "},
		"fail-expr-missing":       {"5:9: "},
		"fail-neither":            {"5:9: "},
		"fail-template":           {"7:23: ", "7:51: "},
		"fail-unknown-rule-field": {"4:30: field fore not found"},
		"fail-duplicate-key":      {"3:5: mapping key"},
		"fail-both":               {"4:28: "},
		"fail-label-name":         {"4:39: "},
		"fail-group-label-name":   {"3:14: "},
		"fail-group-name-empty":   {"2:5: "},
		"fail-group-twice":        {"3:5: "},
		"fail-type":               {"1:1: "},
		"fail-duration":           {"4:35: "},
		"fail-duration-unit":      {"5:36: unknown unit"},
		"fail-text":               {"1:1: cannot unmarshal"},
		"fail-unit-tests":         {"1:1: this is no rule file but unit tests of rules: keep them where"},
		"fail-configuration":      {"1:1: this is no rule file but a configuration of alertd or Alertmanager: name the files"},
		"none-such":               {" reading the rule file: "},
	} {
		mistakes := rules.CheckFile("testdata/check/" + file + ".yml").Mistakes
		if len(mistakes) != len(want) {
			t.Errorf("%s: %q, want %d", file, mistakes, len(want))
			continue
		}
		for i, m := range mistakes {
			if !strings.HasPrefix(m.String(), "testdata/check/"+file+".yml:"+want[i]) {
				t.Errorf("%s: %q, want it at %s", file, m, want[i])
			}
		}
	}
}
