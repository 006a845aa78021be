package cronrun

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// clock returns successive times: a run asks for its start and its end.
func clock(unix ...float64) func() time.Time {
	return func() time.Time {
		at := unix[0]
		if len(unix) > 1 {
			unix = unix[1:]
		}
		return time.UnixMilli(int64(at * 1000))
	}
}

func sh(script string) []string { return []string{"/bin/sh", "-c", script} }

func TestFirstRunSucceeds(t *testing.T) {
	dir := t.TempDir()
	var out, errOut bytes.Buffer
	code, err := Run(t.Context(), Options{
		Name: "etl", Prefix: "cryptobot_cron", Dir: dir,
		Command: append(sh(`cat "$0"`), filepath.Join(dir, "cryptobot_cron.prom")),
		Stdout:  &out, Stderr: &errOut,
		Now: clock(1764000000.25, 1764000012.75),
	})
	if code != 0 || err != nil || errOut.Len() > 0 {
		t.Fatalf("exit code %d, error %v, stderr %q", code, err, &errOut)
	}

	const atStart = `# alertd job: etl
# HELP cryptobot_cron_last_start_timestamp Unix time in seconds at which a run last started.
# TYPE cryptobot_cron_last_start_timestamp gauge
cryptobot_cron_last_start_timestamp 1764000000
# HELP cryptobot_cron_running Whether the job is running now (1) or not (0).
# TYPE cryptobot_cron_running gauge
cryptobot_cron_running 1
# HELP cryptobot_cron_overlapped Whether the last run started while another one was running (1) or not (0).
# TYPE cryptobot_cron_overlapped gauge
cryptobot_cron_overlapped 0
`
	if got := out.String(); got != atStart {
		t.Errorf("the job saw:\n%swant:\n%s", got, atStart)
	}
	const atEnd = `# alertd job: etl
# HELP cryptobot_cron_last_success_timestamp Unix time in seconds at which a run last succeeded.
# TYPE cryptobot_cron_last_success_timestamp gauge
cryptobot_cron_last_success_timestamp 1764000012
# HELP cryptobot_cron_last_run_status Whether the last run succeeded (1) or failed (0).
# TYPE cryptobot_cron_last_run_status gauge
cryptobot_cron_last_run_status 1
# HELP cryptobot_cron_last_start_timestamp Unix time in seconds at which a run last started.
# TYPE cryptobot_cron_last_start_timestamp gauge
cryptobot_cron_last_start_timestamp 1764000000
# HELP cryptobot_cron_last_duration_seconds Duration of the last run that has ended, in seconds.
# TYPE cryptobot_cron_last_duration_seconds gauge
cryptobot_cron_last_duration_seconds 12.5
# HELP cryptobot_cron_last_exit_code Exit code of the last run that has ended.
# TYPE cryptobot_cron_last_exit_code gauge
cryptobot_cron_last_exit_code 0
# HELP cryptobot_cron_running Whether the job is running now (1) or not (0).
# TYPE cryptobot_cron_running gauge
cryptobot_cron_running 0
# HELP cryptobot_cron_consecutive_failures Runs that have failed since the last one that succeeded.
# TYPE cryptobot_cron_consecutive_failures gauge
cryptobot_cron_consecutive_failures 0
# HELP cryptobot_cron_overlapped Whether the last run started while another one was running (1) or not (0).
# TYPE cryptobot_cron_overlapped gauge
cryptobot_cron_overlapped 0
`
	got, err := os.ReadFile(filepath.Join(dir, "cryptobot_cron.prom"))
	must(t, err)
	if string(got) != atEnd {
		t.Errorf("afterwards the file holds:\n%swant:\n%s", got, atEnd)
	}
	info, err := os.Stat(filepath.Join(dir, "cryptobot_cron.prom"))
	must(t, err)
	if info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, want 0644", info.Mode())
	}
	if names := entries(t, dir); !slices.Equal(names, []string{".cryptobot_cron.lock", ".cryptobot_cron.running", "cryptobot_cron.prom"}) {
		t.Errorf("left behind: %v", names)
	}
}

// A file that a shell script with its trap wrote is taken over.
func TestFormerRunsArePreserved(t *testing.T) {
	const script = `# HELP etl_last_success_timestamp Last success
# TYPE etl_last_success_timestamp gauge
etl_last_success_timestamp 1763000000
etl_last_failure_timestamp 1762000000
etl_last_run_status 1
etl_last_duration_seconds 3.5
# HELP etl_rows_total Rows written.
# TYPE etl_rows_total counter
etl_rows_total{table="prices, \"all\""} 12345
etl_rows_total 1e6
# a remark of its author
`
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "etl.prom"), script)
	seen := filepath.Join(dir, "seen")
	run := func(exit string, began, ended float64) string {
		t.Helper()
		var errOut bytes.Buffer
		_, err := Run(t.Context(), Options{
			Name: "etl", Dir: dir, Stderr: &errOut, Now: clock(began, ended),
			Command: append(sh(`cp "$0" "$1"; exit `+exit), path, seen),
		})
		must(t, err)
		return errOut.String()
	}
	check := func(path string, want map[string]float64) {
		t.Helper()
		want["etl_rows_total"] = 1e6
		if got := readMetrics(t, path); !maps.Equal(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", filepath.Base(path), got, want)
		}
	}

	if warned := run("7", 1764000000, 1764000001.5); warned != "" {
		t.Errorf("warned: %s", warned)
	}
	check(seen, map[string]float64{
		"etl_last_success_timestamp": 1763000000,
		"etl_last_failure_timestamp": 1762000000,
		"etl_last_run_status":        1,
		"etl_last_start_timestamp":   1764000000,
		"etl_last_duration_seconds":  3.5,
		"etl_running":                1,
		"etl_overlapped":             0,
	})
	check(path, map[string]float64{
		"etl_last_success_timestamp": 1763000000,
		"etl_last_failure_timestamp": 1764000001,
		"etl_last_run_status":        0,
		"etl_last_start_timestamp":   1764000000,
		"etl_last_duration_seconds":  1.5,
		"etl_last_exit_code":         7,
		"etl_running":                0,
		"etl_consecutive_failures":   1,
		"etl_overlapped":             0,
	})
	run("0", 1764000060, 1764000060)
	check(path, map[string]float64{
		"etl_last_success_timestamp": 1764000060,
		"etl_last_failure_timestamp": 1764000001,
		"etl_last_run_status":        1,
		"etl_last_start_timestamp":   1764000060,
		"etl_last_duration_seconds":  0,
		"etl_last_exit_code":         0,
		"etl_running":                0,
		"etl_consecutive_failures":   0,
		"etl_overlapped":             0,
	})
	// Failures are counted anew after the success.
	for n := range 2 {
		run("1", 1764000100, 1764000101)
		if got := readMetrics(t, path)["etl_consecutive_failures"]; got != float64(n+1) {
			t.Errorf("%g consecutive failures, want %d", got, n+1)
		}
	}
	content, err := os.ReadFile(path)
	must(t, err)
	_, foreign, _ := strings.Cut(script, "etl_last_duration_seconds 3.5\n")
	if !strings.HasSuffix(string(content), foreign) {
		t.Errorf("the lines of others have changed:\n%s", content)
	}
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	plain := write(t, filepath.Join(dir, "bin/plain"), "#!/bin/sh\n")
	headless := write(t, filepath.Join(dir, "bin/headless"), "exit 0\n")
	lost := write(t, filepath.Join(dir, "bin/lost"), "#!/no/such/interpreter\n")
	windows := write(t, filepath.Join(dir, "bin/windows"), "#!/bin/sh\r\nexit 0\r\n")
	for _, path := range []string{headless, lost, windows} {
		must(t, os.Chmod(path, 0o755))
	}
	for name, tt := range map[string]struct {
		command []string
		code    int
		err     string
	}{
		"success":             {sh("exit 0"), 0, ""},
		"failure":             {sh("exit 3"), 3, ""},
		"255":                 {sh("exit 255"), 255, ""},
		"kills itself":        {sh("kill -KILL $$"), 137, ""},
		"is told to end":      {sh("kill -TERM $$"), 143, ""},
		"no such command":     {[]string{"no-such-command-here"}, 127, "full path"},
		"no such file":        {[]string{filepath.Join(dir, "nothing")}, 127, "command not found"},
		"not executable":      {[]string{plain}, 126, "permission denied"},
		"a directory":         {[]string{dir}, 126, "cannot be executed"},
		"no first line":       {[]string{headless}, 126, "#!/bin/sh"},
		"no interpreter":      {[]string{lost}, 126, "interpreter"},
		"Windows line ending": {[]string{windows}, 126, "carriage return"},
	} {
		t.Run(name, func(t *testing.T) {
			metrics := t.TempDir()
			code, err := Run(t.Context(), Options{Name: "etl", Dir: metrics, Command: tt.command, Now: clock(10, 20)})
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want one with %q", err, tt.err)
			}
			got := readMetrics(t, filepath.Join(metrics, "etl.prom"))
			want := map[string]float64{
				"etl_last_start_timestamp": 10, "etl_last_duration_seconds": 10,
				"etl_last_exit_code": float64(tt.code), "etl_running": 0, "etl_overlapped": 0,
			}
			if tt.code == 0 {
				want["etl_last_success_timestamp"], want["etl_last_run_status"], want["etl_consecutive_failures"] = 20, 1, 0
			} else {
				want["etl_last_failure_timestamp"], want["etl_last_run_status"], want["etl_consecutive_failures"] = 20, 0, 1
			}
			if !maps.Equal(got, want) {
				t.Errorf("metrics\n got %v\nwant %v", got, want)
			}
		})
	}
}

func TestStreamsEnvironmentAndDirectoryAreInherited(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	t.Setenv("CRONRUN_TEST", "from the crontab")
	write(t, "in", "first\nsecond\n")
	in, err := os.Open("in")
	must(t, err)
	defer func() { _ = in.Close() }()
	out, err := os.Create("out")
	must(t, err)
	defer func() { _ = out.Close() }()

	code, err := Run(t.Context(), Options{
		Name: "etl", Dir: dir, Stdin: in, Stdout: out, Stderr: out,
		// The file itself: had it been copied, the offset would not be shared.
		Command: sh(`read line; echo "$line"; echo "$CRONRUN_TEST" >&2; pwd -P; exec 1>&-; head -c 0`),
	})
	if code != 0 || err != nil {
		t.Fatalf("exit code %d, error %v", code, err)
	}
	pwd, err := os.Getwd()
	must(t, err)
	pwd, err = filepath.EvalSymlinks(pwd)
	must(t, err)
	got, err := os.ReadFile("out")
	must(t, err)
	if want := "first\nfrom the crontab\n" + pwd + "\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// The shell reads a seekable standard input no further than it has to.
	rest := make([]byte, 16)
	n, _ := in.Read(rest)
	if string(rest[:n]) != "second\n" {
		t.Errorf("the job's standard input is not the wrapper's file: %q is left in it", rest[:n])
	}
}

func TestUsage(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no name":          {func(o *Options) { o.Name = " " }, "--name"},
		"no command":       {func(o *Options) { o.Command = nil }, "after --"},
		"empty command":    {func(o *Options) { o.Command = []string{""} }, "after --"},
		"negative timeout": {func(o *Options) { o.Timeout = -time.Second }, "negative"},
		"prefix":           {func(o *Options) { o.Prefix = "my-etl" }, `use "my_etl"`},
		"path as prefix":   {func(o *Options) { o.Prefix = "../x" }, "cannot begin a metric name"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o := Options{Name: "etl", Dir: dir, Command: append(sh(`touch "$0"`), filepath.Join(dir, "ran"))}
			tt.change(&o)
			code, err := Run(t.Context(), o)
			if code != ExitUsage || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("exit code %d, error %v, want %d and %q", code, err, ExitUsage, tt.want)
			}
			if names := entries(t, dir); len(names) > 0 {
				t.Errorf("something was done: %v", names)
			}
		})
	}
}

func TestMetricPrefix(t *testing.T) {
	for name, want := range map[string]string{
		"":                  "",
		"etl":               "etl",
		"CryptoBot-ETL run": "CryptoBot_ETL_run",
		"2fast":             "_2fast",
		"données/jour:1":    "donn_es_jour_1",
		"../../etc":         "______etc",
		"a\nb\x00":          "a_b_",
	} {
		if got := MetricPrefix(name); got != want {
			t.Errorf("MetricPrefix(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPrefixFromName(t *testing.T) {
	dir := t.TempDir()
	_, err := Run(t.Context(), Options{Name: "nightly-backup", Dir: dir, Command: sh("exit 0")})
	must(t, err)
	if got := entries(t, dir); !slices.Equal(got, []string{".nightly_backup.lock", ".nightly_backup.running", "nightly_backup.prom"}) {
		t.Errorf("files %v", got)
	}
}
