package cronrun

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOverlapIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "etl.prom")
	marker := filepath.Join(dir, "ran")
	first := startWrapper(t, "-dir", dir, "-no-overlap", "--", "/bin/sh", "-c", "echo ready; exec cat")
	first.expect(t, "ready")
	before, err := os.ReadFile(path)
	must(t, err)

	second := startWrapper(t, "-dir", dir, "-no-overlap", "--", "touch", marker)
	if code := second.exit(t); code != ExitOverlap || !strings.Contains(second.stderr, `job "etl" not run: its previous run is not over`) {
		t.Errorf("exit code %d, stderr %q", code, second.stderr)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the refused job ran")
	}
	after, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Errorf("the metrics of the running job changed:\n%s", after)
	}
	// The lock is this job's alone.
	other := startWrapper(t, "-name", "other", "-dir", dir, "-no-overlap", "--", "true")
	if code := other.exit(t); code != 0 {
		t.Errorf("another job: exit code %d", code)
	}

	must(t, first.in.Close())
	if code := first.exit(t); code != 0 {
		t.Errorf("the first: exit code %d", code)
	}
	third := startWrapper(t, "-dir", dir, "-no-overlap", "--", "touch", marker)
	if code := third.exit(t); code != 0 {
		t.Errorf("after the first: exit code %d, stderr %q", code, third.stderr)
	}
}

// The run that goes on need not have the flag itself, but only a run with it is
// refused.
func TestOverlapOfAnyRunIsRefused(t *testing.T) {
	dir := t.TempDir()
	first := startWrapper(t, "-dir", dir, "--", "/bin/sh", "-c", "echo ready; exec cat")
	first.expect(t, "ready")
	for _, tt := range []struct {
		flags []string
		code  int
	}{
		{[]string{"-dir", dir, "-no-overlap", "--", "true"}, ExitOverlap},
		{[]string{"-dir", dir, "--", "true"}, 0},
		{[]string{"-dir", dir, "-no-overlap", "--", "true"}, ExitOverlap},
	} {
		other := startWrapper(t, tt.flags...)
		if code := other.exit(t); code != tt.code {
			t.Errorf("beside the first, %q: exit code %d, not %d; stderr %q", tt.flags, code, tt.code, other.stderr)
		}
	}
	must(t, first.in.Close())
	if code := first.exit(t); code != 0 {
		t.Errorf("the first: exit code %d, stderr %q", code, first.stderr)
	}
	last := startWrapper(t, "-dir", dir, "-no-overlap", "--", "true")
	if code := last.exit(t); code != 0 {
		t.Errorf("after the first: exit code %d, stderr %q", code, last.stderr)
	}
}

func TestLockDiesWithTheWrapper(t *testing.T) {
	dir := t.TempDir()
	first := startWrapper(t, "-dir", dir, "-no-overlap", "--", "/bin/sh", "-c", "echo ready; exec cat")
	first.expect(t, "ready")
	must(t, first.Process.Kill())
	_ = first.Wait() // the job itself is still there

	second := startWrapper(t, "-dir", dir, "-no-overlap", "--", "true")
	if code := second.exit(t); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, second.stderr)
	}
}

// Without the flag runs may overlap, which the metrics tell, and the one that
// ends later has the last word.
func TestOverlapIsAllowed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "etl.prom")
	first := startWrapper(t, "-dir", dir, "--", "/bin/sh", "-c", "echo ready; cat; exit 1")
	first.expect(t, "ready")
	second := startWrapper(t, "-dir", dir, "--", "true")
	if code := second.exit(t); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, second.stderr)
	}
	// The first is still running.
	if got := readMetrics(t, path); got["etl_last_run_status"] != 1 || got["etl_running"] != 1 || got["etl_overlapped"] != 1 {
		t.Errorf("metrics %v", got)
	}
	must(t, first.in.Close())
	if code := first.exit(t); code != 1 {
		t.Errorf("exit code %d, stderr %q", code, first.stderr)
	}
	got := readMetrics(t, path)
	if got["etl_last_run_status"] != 0 || got["etl_last_success_timestamp"] == 0 || got["etl_last_failure_timestamp"] == 0 ||
		got["etl_running"] != 0 || got["etl_overlapped"] != 1 {
		t.Errorf("metrics %v", got)
	}
	third := startWrapper(t, "-dir", dir, "--", "true")
	if code := third.exit(t); code != 0 {
		t.Errorf("after both: exit code %d, stderr %q", code, third.stderr)
	}
	if got := readMetrics(t, path); got["etl_overlapped"] != 0 || got["etl_running"] != 0 {
		t.Errorf("metrics %v", got)
	}
}

// A wrapper that was killed could not say that its run ended; the next run is
// alone all the same.
func TestKilledWrapperIsNoOverlap(t *testing.T) {
	dir := t.TempDir()
	first := startWrapper(t, "-dir", dir, "--", "/bin/sh", "-c", "echo ready; exec cat")
	first.expect(t, "ready")
	must(t, first.Process.Kill())
	_ = first.Wait()
	if got := readMetrics(t, filepath.Join(dir, "etl.prom")); got["etl_running"] != 1 {
		t.Errorf("metrics %v", got)
	}
	second := startWrapper(t, "-dir", dir, "--", "true")
	if code := second.exit(t); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, second.stderr)
	}
	if got := readMetrics(t, filepath.Join(dir, "etl.prom")); got["etl_overlapped"] != 0 || got["etl_running"] != 0 {
		t.Errorf("metrics %v", got)
	}
}

// Of runs that begin and end at once none is forgotten, and none thinks that
// the others still run.
func TestManyRunsAtOnce(t *testing.T) {
	dir := t.TempDir()
	runs := make([]*wrapper, 8)
	for i := range runs {
		runs[i] = startWrapper(t, "-dir", dir, "--", "/bin/sh", "-c", "echo ready; exec cat")
	}
	for _, run := range runs {
		run.expect(t, "ready")
	}
	if got := readMetrics(t, filepath.Join(dir, "etl.prom")); got["etl_overlapped"] != 1 || got["etl_running"] != 1 {
		t.Errorf("metrics %v", got)
	}
	for _, run := range runs {
		must(t, run.in.Close())
	}
	for _, run := range runs {
		if code := run.exit(t); code != 0 {
			t.Errorf("exit code %d, stderr %q", code, run.stderr)
		}
	}
	if got := readMetrics(t, filepath.Join(dir, "etl.prom")); got["etl_running"] != 0 {
		t.Errorf("metrics %v", got)
	}
}
