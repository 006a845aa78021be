package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Mistakes are counted by those who print them.
func TestCheckJoinsMistakes(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "alertd.yml"), "rout: x\ncro: y\ntimezone: Nowhere\n")
	_, err := Check(path)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 3 {
		t.Fatalf("not three errors: %v", err)
	}
	if first := joined.Unwrap()[0].Error(); !strings.Contains(first, ":1:1: unknown key rout: did you mean route?\n") {
		t.Errorf("the first is %q", first)
	}
}

func TestCheckTellsWhatPatternsMatch(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.yml"), "groups: []")
	writeFile(t, filepath.Join(dir, "b.yml"), "groups: []")
	path := writeFile(t, filepath.Join(dir, "alertd.yml"),
		"rule_files: ['[ab].yml', a.yml, nosuch.yml]\ntemplates: ['*.tmpl']\ncontainers: {expect: [x, y]}\n")
	summary, err := Check(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[ab].yml, 2 files\n", "/a.yml, 1 file\n", "nosuch.yml matches no file\n", "*.tmpl matches no file\n", "ContainerGone (2)"} {
		if !strings.Contains(summary, want) {
			t.Errorf("no %q in\n%s", want, summary)
		}
	}
}
