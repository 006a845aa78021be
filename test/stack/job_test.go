package stack_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const prefix = "cryptobot_cron"

// runJob runs deploy/job.sh and returns the exit code and what it printed.
func runJob(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	script, err := filepath.Abs(repoFile("deploy/job.sh"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), script, args...)
	command.Env = append(os.Environ(), "TEXTFILE_DIR="+dir)
	command.Stdin = strings.NewReader("from stdin")
	var out, warnings strings.Builder
	command.Stdout, command.Stderr = &out, &warnings
	err = command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), out.String(), warnings.String()
}

// metrics reads what a run has left, as node-exporter does.
func metrics(t *testing.T, dir string) map[string]float64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, prefix+".prom"))
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for name, family := range families {
		if family.GetHelp() == "" || len(family.GetMetric()) != 1 {
			t.Errorf("%s has %d samples and the help %q", name, len(family.GetMetric()), family.GetHelp())
		}
		found[strings.TrimPrefix(name, prefix+"_")] = family.GetMetric()[0].GetGauge().GetValue()
	}
	return found
}

func TestJobScript(t *testing.T) {
	dir := t.TempDir()
	began := float64(time.Now().Unix())

	code, stdout, stderr := runJob(t, dir, prefix, "sh", "-c", "cat")
	if code != 0 || stdout != "from stdin" || stderr != "" {
		t.Fatalf("a good run exits with %d, prints %q and complains %q", code, stdout, stderr)
	}
	good := metrics(t, dir)
	if good["last_run_status"] != 1 || good["last_exit_code"] != 0 || good["running"] != 0 {
		t.Errorf("after a good run: %v", good)
	}
	if good["last_success_timestamp"] < began || good["last_start_timestamp"] < began {
		t.Errorf("its times are before its start: %v", good)
	}
	if _, failed := good["last_failure_timestamp"]; failed {
		t.Errorf("it has failed without failing: %v", good)
	}

	if code, _, _ = runJob(t, dir, prefix, "sh", "-c", "exit 7"); code != 7 {
		t.Errorf("a failed run exits with %d, want 7", code)
	}
	bad := metrics(t, dir)
	if bad["last_run_status"] != 0 || bad["last_exit_code"] != 7 || bad["last_failure_timestamp"] < began {
		t.Errorf("after a failed run: %v", bad)
	}
	if bad["last_success_timestamp"] != good["last_success_timestamp"] {
		t.Error("a failed run changes the time of the last success")
	}

	if code, _, _ = runJob(t, dir, prefix, "/no/such/command"); code != 127 {
		t.Errorf("a command that is not there exits with %d, want 127", code)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*.??????"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
	info, err := os.Stat(filepath.Join(dir, prefix+".prom"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("node-exporter could not read the file: %v %v", info.Mode(), err)
	}
}

// While the job runs its file says so, and keeps what the run before said.
func TestJobScriptWhileTheJobRuns(t *testing.T) {
	dir := t.TempDir()
	runJob(t, dir, prefix, "true")
	file := filepath.Join(dir, prefix+".prom")
	_, during, _ := runJob(t, dir, prefix, "cat", file)
	for _, want := range []string{prefix + "_running 1\n", prefix + "_last_run_status 1\n"} {
		if !strings.Contains(during, want) {
			t.Errorf("%q is not in the file while the job runs:\n%s", want, during)
		}
	}
}

// A second run is refused and leaves the first one's metrics alone: the job
// starts its own wrapper again.
func TestJobScriptRefusesToOverlap(t *testing.T) {
	dir := t.TempDir()
	script, err := filepath.Abs(repoFile("deploy/job.sh"))
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runJob(t, dir, prefix, "sh", "-c", `"$0" "$1" echo twice; echo "refused with $?"`, script, prefix)
	if code != 0 || stdout != "refused with 75\n" || !strings.Contains(stderr, "the previous run is not over") {
		t.Errorf("exit %d, printed %q, complained %q", code, stdout, stderr)
	}
}

// A signal that ends the wrapper counts as a failure, not as a success.
func TestJobScriptEndedBySignal(t *testing.T) {
	dir := t.TempDir()
	code, _, _ := runJob(t, dir, prefix, "sh", "-c", "kill -TERM $PPID")
	if code != 143 {
		t.Errorf("it exits with %d, want 143", code)
	}
	if got := metrics(t, dir); got["last_run_status"] != 0 || got["last_exit_code"] != 143 || got["running"] != 0 {
		t.Errorf("it left %v", got)
	}
}

// Without a place for the metrics the job runs all the same.
func TestJobScriptWithoutADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	code, stdout, stderr := runJob(t, dir, prefix, "sh", "-c", "echo ran; exit 3")
	if code != 3 || stdout != "ran\n" || !strings.Contains(stderr, "cannot write to "+dir) {
		t.Errorf("exit %d, printed %q, complained %q", code, stdout, stderr)
	}
}

func TestJobScriptRefusesNonsense(t *testing.T) {
	for i, args := range [][]string{{}, {prefix}, {"9lives", "true"}, {"a/b", "true"}, {"a b", "true"}, {"", "true"}} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			dir := t.TempDir()
			code, _, stderr := runJob(t, dir, args...)
			left, err := os.ReadDir(dir)
			if code != 2 || !strings.Contains(stderr, "usage:") || err != nil || len(left) > 0 {
				t.Errorf("exit %d, complained %q, left %v %v", code, stderr, left, err)
			}
		})
	}
}
