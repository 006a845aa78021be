package cronrun

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Whatever is wrong with the directory, the job runs, its exit code is passed
// on, and one line says what to do.
func TestUnwritableDirectory(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "file"), "")
	for name, tt := range map[string]struct {
		dir       string
		noOverlap bool
		want      []string
	}{
		"missing":               {"/no/such/directory", false, []string{"its metrics are not written", "mkdir -p /no/such/directory", "--textfile-dir"}},
		"missing, with a lock":  {"/no/such/directory", true, []string{"its metrics are not written and overlapping runs are not refused", "mkdir -p"}},
		"a file":                {file, false, []string{"its metrics are not written", file + " is not a directory"}},
		"below a file":          {filepath.Join(file, "sub"), true, []string{"overlapping runs are not refused", "is not a directory"}},
		"a read-only directory": {"/proc/self", false, []string{"its metrics are not written", "--textfile-dir"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			code, err := Run(t.Context(), Options{
				Name: "etl", Dir: tt.dir, NoOverlap: tt.noOverlap,
				Command: sh("echo ran; exit 3"), Stdout: &out, Stderr: &errOut,
			})
			if code != 3 || err != nil || out.String() != "ran\n" {
				t.Errorf("exit code %d, error %v, output %q", code, err, &out)
			}
			told := errOut.String()
			if strings.Count(told, "\n") != 1 || !strings.HasPrefix(told, `alertctl cron run: job "etl": `) {
				t.Errorf("want one line, got:\n%s", told)
			}
			for _, want := range append(tt.want, "the job is run all the same") {
				if !strings.Contains(told, want) {
					t.Errorf("no %q in: %s", want, told)
				}
			}
		})
	}
}

// A directory without write permission, seen by a user who is not root.
func TestForbiddenDirectory(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o555))
	// By this path another user may execute the binary, wherever it lies.
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "be-wrapper", "-dir", dir, "-no-overlap", "--", "/bin/sh", "-c", "exit 4")
	if _, err := os.Stat(cmd.Path); err != nil {
		cmd.Path = self(t) // no Linux
	}
	user := os.Geteuid()
	if user == 0 {
		user = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
		for up := dir; up != "/" && strings.HasPrefix(up, os.TempDir()+"/"); up = filepath.Dir(up) {
			must(t, os.Chmod(up, 0o555))
			t.Cleanup(func() { _ = os.Chmod(up, 0o755) })
		}
	}
	cmd.Dir = "/"
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 4 {
		t.Errorf("exit code %d, want 4; %s", code, &errOut)
	}
	if want := fmt.Sprintf("permission denied: let user %d write in %s", user, dir); !strings.Contains(errOut.String(), want) {
		t.Errorf("no %q in: %s", want, &errOut)
	}
}

func TestMend(t *testing.T) {
	for err, want := range map[error]string{
		unix.ENOENT:            "mkdir -p /metrics",
		unix.ENOTDIR:           "not a directory",
		unix.EACCES:            "chown",
		unix.EPERM:             "chown",
		unix.EROFS:             "mount",
		unix.ENOSPC:            "free space",
		unix.EDQUOT:            "free space",
		unix.ENAMETOOLONG:      "shorter --prefix",
		os.ErrDeadlineExceeded: "hangs",
		errors.New("other"):    "make /metrics writable",
	} {
		wrapped := fmt.Errorf("write: %w", &fs.PathError{Op: "open", Path: "x", Err: err})
		if got := mend(wrapped, "/metrics"); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// The job makes the directory that was missing at its start: its end is told.
func TestDirectoryAppearsMeanwhile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	var errOut bytes.Buffer
	code, err := Run(t.Context(), Options{
		Name: "etl", Dir: dir, Command: append(sh(`mkdir "$0"`), dir), Stderr: &errOut, Now: clock(10, 20),
	})
	if code != 0 || err != nil || strings.Count(errOut.String(), "\n") != 1 {
		t.Errorf("exit code %d, error %v, stderr %q", code, err, &errOut)
	}
	if got := readMetrics(t, filepath.Join(dir, "etl.prom")); got["etl_last_success_timestamp"] != 20 || got["etl_last_start_timestamp"] != 10 {
		t.Errorf("metrics %v", got)
	}
}

// The directory vanishes while the job runs: the exit code stays the job's.
func TestDirectoryVanishesMeanwhile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	must(t, os.Mkdir(dir, 0o755))
	var errOut bytes.Buffer
	code, err := Run(t.Context(), Options{
		Name: "etl", Dir: dir, Command: append(sh(`rm -r "$0"`), dir), Stderr: &errOut,
	})
	if code != 0 || err != nil {
		t.Errorf("exit code %d, error %v", code, err)
	}
	if want := "create a file in " + dir + ": no such file or directory: create it"; !strings.Contains(errOut.String(), want) {
		t.Errorf("no %q in: %s", want, &errOut)
	}
}

// What the job itself writes into its file stays.
func TestJobAddsItsOwnMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "etl.prom")
	_, err := Run(t.Context(), Options{
		Name: "etl", Dir: filepath.Dir(path), Command: append(sh(`echo rows 7 >>"$0"`), path),
	})
	must(t, err)
	if got := readMetrics(t, path); got["rows"] != 7 || got["etl_last_run_status"] != 1 {
		t.Errorf("metrics %v", got)
	}
}

func TestTwoJobsWithOnePrefix(t *testing.T) {
	dir := t.TempDir()
	run := func(name string) string {
		t.Helper()
		var errOut bytes.Buffer
		code, err := Run(t.Context(), Options{Name: name, Dir: dir, Command: sh("exit 0"), Stderr: &errOut})
		if code != 0 || err != nil {
			t.Errorf("exit code %d, error %v", code, err)
		}
		return errOut.String()
	}
	if told := run("a-b"); told != "" {
		t.Errorf("warned: %s", told)
	}
	if told := run("a-b"); told != "" {
		t.Errorf("warned: %s", told)
	}
	told := run("a b")
	if strings.Count(told, "\n") != 1 || !strings.Contains(told, `job "a-b" writes `+dir+`/a_b.prom too`) || !strings.Contains(told, "--prefix") {
		t.Errorf("told: %s", told)
	}
}

// A name cannot break out of its comment line.
func TestNameWithLineBreak(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		var errOut bytes.Buffer
		_, err := Run(t.Context(), Options{Name: "a\nb 1\n\xff", Prefix: "x", Dir: dir, Command: sh("exit 0"), Stderr: &errOut})
		if err != nil || errOut.Len() > 0 {
			t.Errorf("error %v, stderr %q", err, &errOut)
		}
	}
	if got := readMetrics(t, filepath.Join(dir, "x.prom")); len(got) != 8 {
		t.Errorf("metrics %v", got)
	}
}

// A warning that nobody can read does not cost the run.
func TestStandardErrorIsClosed(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	must(t, r.Close())
	marker := filepath.Join(t.TempDir(), "ran")
	cmd := exec.CommandContext(t.Context(), self(t), "be-wrapper", "-dir", "/no/such/directory", "--",
		"/bin/sh", "-c", `touch "$0"; exit 5`, marker)
	cmd.Stderr = w
	err = cmd.Run()
	must(t, w.Close())
	if cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("ended with %v, want exit code 5", err)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("the job did not run: %v", err)
	}
}
