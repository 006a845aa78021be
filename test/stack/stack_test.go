// Package stack_test checks the files that put alertd beside Prometheus,
// Grafana, node-exporter and cAdvisor: docker-compose.prod.yml, .env.example,
// monitoring and deploy. No container engine is needed: each file is read by
// the library, or the tool, that will read it in production.
package stack_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"
)

// The repository's files, seen from this directory.
const (
	root      = "../.."
	testTools = "../tools/bin"
)

func repoFile(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(repoFile(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// promtool runs Prometheus's own checker, which `make tools` builds.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join(testTools, "promtool"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("there is no promtool (%v): run make tools", err)
	}
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
