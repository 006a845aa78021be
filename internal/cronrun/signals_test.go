package cronrun

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSignalsReachTheJob(t *testing.T) {
	dir := t.TempDir()
	w := startWrapper(t, "-dir", dir, "--", self(t), "be-job")
	w.expect(t, "ready")
	for _, sig := range []syscall.Signal{
		unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGINT, unix.SIGTERM,
	} {
		must(t, w.Process.Signal(sig))
		w.expect(t, unix.SignalName(sig))
	}
	if code := w.exit(t); code != 9 || w.stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, w.stderr)
	}
	if got := readMetrics(t, filepath.Join(dir, "etl.prom")); got["etl_last_exit_code"] != 9 || got["etl_last_run_status"] != 0 {
		t.Errorf("metrics %v", got)
	}
}

func TestJobIsKilledByAForwardedSignal(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			dir := t.TempDir()
			w := startWrapper(t, "-dir", dir, "--", "/bin/sh", "-c", "echo ready; exec cat")
			w.expect(t, "ready")
			running := readMetrics(t, filepath.Join(dir, "etl.prom"))
			must(t, w.Process.Signal(sig))
			code := w.exit(t)
			if code != 128+int(sig) || w.stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, w.stderr)
			}
			got := readMetrics(t, filepath.Join(dir, "etl.prom"))
			if running["etl_running"] != 1 || got["etl_running"] != 0 || got["etl_last_run_status"] != 0 ||
				got["etl_last_exit_code"] != float64(code) || got["etl_last_failure_timestamp"] < 1e9 {
				t.Errorf("metrics %v, then %v", running, got)
			}
		})
	}
}

// A signal that comes while the start is being written is not lost.
func TestSignalBeforeTheStart(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer func() { _ = r.Close() }()
	defer func() { _ = w.Close() }()
	sigs := &signals{forward: make(chan os.Signal, 1)}
	sigs.forward <- unix.SIGTERM
	o := Options{Name: "etl", Command: []string{"cat"}, Stdin: r}
	if code, err := o.runJob(t.Context(), sigs); code != 143 || err != nil {
		t.Errorf("exit code %d, error %v", code, err)
	}
}

// Under nohup the job ignores SIGHUP as it would without the wrapper.
func TestIgnoredHangupStaysIgnored(t *testing.T) {
	dir := t.TempDir()
	w := startWrapper(t, "-dir", dir, "--", "/bin/sh", "-c", `trap "" HUP; exec "$@"`, "sh",
		self(t), "be-wrapper", "-name", "inner", "-dir", dir, "--", self(t), "be-job")
	w.expect(t, "SIGHUP is ignored")
	w.expect(t, "ready")
	must(t, w.Process.Signal(unix.SIGTERM))
	w.expect(t, "SIGTERM")
	if code := w.exit(t); code != 9 {
		t.Errorf("exit code %d", code)
	}
}
