package cronrun

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTimeout(t *testing.T) {
	for name, script := range map[string]string{
		"ends at SIGTERM":   "exec cat",
		"cleans up":         "trap 'exit 0' TERM; cat",
		"ignores SIGTERM":   "trap '' TERM; exec cat",
		"its child hangs":   "cat; true",
		"its child ignores": "(trap '' TERM; exec cat); true",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := startWrapper(t, "-dir", dir, "-timeout", "300ms", "-grace", "300ms", "--", "/bin/sh", "-c", script)
			// Ends when the last process that holds the job's output is dead.
			code := w.exit(t)
			if code != ExitTimeout || !strings.Contains(w.stderr, `job "etl" ended: it ran longer than its timeout of 300ms`) {
				t.Errorf("exit code %d, stderr %q", code, w.stderr)
			}
			got := readMetrics(t, filepath.Join(dir, "etl.prom"))
			if got["etl_last_exit_code"] != ExitTimeout || got["etl_last_run_status"] != 0 || got["etl_running"] != 0 {
				t.Errorf("metrics %v", got)
			}
		})
	}
}

func TestInTime(t *testing.T) {
	code, err := Run(t.Context(), Options{
		Name: "etl", Dir: t.TempDir(), Timeout: time.Hour, Command: sh("exit 6"),
	})
	if code != 6 || err != nil {
		t.Errorf("exit code %d, error %v", code, err)
	}
}

// A signal for a job in its own process group still reaches it, and it alone.
func TestSignalWithTimeout(t *testing.T) {
	dir := t.TempDir()
	w := startWrapper(t, "-dir", dir, "-timeout", "1h", "--", self(t), "be-job")
	w.expect(t, "ready")
	must(t, w.Process.Signal(unix.SIGINT))
	w.expect(t, "SIGINT")
	must(t, w.Process.Signal(unix.SIGTERM))
	w.expect(t, "SIGTERM")
	if code := w.exit(t); code != 9 {
		t.Errorf("exit code %d", code)
	}
}
