package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"alertd/internal/config"
)

var update = flag.Bool("update", false, "write the mistakes found in testdata/bad as the expected ones")

// TestBadFiles holds the mistakes found in every file of testdata/bad against
// the file of the same name ending in .txt. The secrets in them all begin with
// hunter.
func TestBadFiles(t *testing.T) {
	t.Chdir("testdata/bad")
	files, err := filepath.Glob("*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			_, err := config.Load(file, config.Options{Kinds: fakeKinds(), Environ: []string{
				"PROM_HOST=localhost", "TIMEOUT=5 minutes", "PASSWORD=hunter1", "NUMBER=90", "TOO_MUCH=95%",
			}})
			if _, ok := errors.AsType[*config.Mistakes](err); !ok {
				t.Fatalf("error %v, want mistakes", err)
			}
			got := err.Error() + "\n"
			if strings.Contains(got, "hunter") {
				t.Errorf("a secret is in the text:\n%s", got)
			}
			expected := strings.TrimSuffix(file, ".yml") + ".txt"
			if *update {
				if err := os.WriteFile(expected, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}
