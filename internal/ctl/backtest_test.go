package ctl

import (
	"bufio"
	"context"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"alertd/internal/app"
)

// watchForReal is what alertctl itself is given.
func watchForReal(s Sources) (Watched, error) {
	w, err := app.Watch(app.Sources(s))
	return Watched(w), err
}

// tool returns the path of a real Prometheus part.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "test", "tools", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not built: run `make tools` first (%v)", name, err)
	}
	return path
}

// week writes, in OpenMetrics, what happened in the week before now: two hosts,
// one of them now and then under load, and a cron job that runs every six hours,
// failed once and was missed once.
func week(now time.Time) string {
	var load, status, success strings.Builder
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	within := func(t, from, to time.Time) bool { return !t.Before(from) && t.Before(to) }
	ok, last := 1, at(16, 12, 5)
	for t := now.Add(-7 * 24 * time.Hour); t.Before(now); t = t.Add(time.Minute) {
		a := 50 + t.Minute()%3
		switch {
		case within(t, at(17, 10, 0), at(17, 11, 0)), within(t, at(19, 2, 0), at(19, 2, 30)):
			a = 97
		case within(t, at(21, 12, 0), at(21, 14, 0)):
			a = 87
		}
		if t.UTC().Hour()%6 == 0 && t.UTC().Minute() == 5 {
			switch {
			case within(t, at(18, 12, 0), at(18, 13, 0)):
				ok = 0
			case !within(t, at(20, 6, 0), at(20, 7, 0)):
				ok, last = 1, t
			}
		}
		fmt.Fprintf(&load, "host_load{instance=\"a\"} %d %d\nhost_load{instance=\"b\"} 20 %d\n", a, t.Unix(), t.Unix())
		fmt.Fprintf(&status, "etl_last_run_status{instance=\"a\",job=\"node\"} %d %d\n", ok, t.Unix())
		fmt.Fprintf(&success, "etl_last_success_timestamp{instance=\"a\",job=\"node\"} %d %d\n", last.Unix(), t.Unix())
	}
	return "# TYPE host_load gauge\n" + load.String() + "# TYPE etl_last_run_status gauge\n" + status.String() +
		"# TYPE etl_last_success_timestamp gauge\n" + success.String() + "# EOF\n"
}

// startPrometheus starts a real Prometheus with that week and returns its URL.
func startPrometheus(t *testing.T, now time.Time) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"prometheus.yml": "global: {}\n", "week.txt": week(now)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), tool(t, "promtool"), "tsdb", "create-blocks-from", "openmetrics",
		filepath.Join(dir, "week.txt"), filepath.Join(dir, "data")).CombinedOutput(); err != nil {
		t.Fatalf("making the past: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), tool(t, "prometheus"), "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting Prometheus: %v", err)
	}
	listens := regexp.MustCompile(`msg="Listening on".* address=(\S+)`)
	var address string
	var said []string
	lines := bufio.NewScanner(stderr)
	for ready := false; (!ready || address == "") && lines.Scan(); { // they come in either order
		said = append(said, lines.Text())
		if m := listens.FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
		ready = ready || strings.Contains(lines.Text(), "Server is ready")
	}
	if address == "" {
		_ = cmd.Wait()
		t.Fatalf("Prometheus did not start:\n%s", strings.Join(said, "\n"))
	}
	read := make(chan struct{})
	go func() { // lest it blocks on its log
		for lines.Scan() {
		}
		close(read)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-read
		_ = cmd.Wait()
	})
	return "http://" + address
}

// TestBacktest runs scripts against a real Prometheus with a known past.
func TestBacktest(t *testing.T) {
	now, err := time.Parse(time.RFC3339, scriptNow)
	if err != nil {
		t.Fatal(err)
	}
	prometheus := startPrometheus(t, now)
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:           "testdata/backtest",
			UpdateScripts: os.Getenv(updateEnv) != "",
			Setup: func(env *testscript.Env) error {
				env.Setenv("PROMETHEUS", prometheus)
				env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "xdg"))
				env.Setenv("GORACE", "atexit_sleep_ms=0")
				return nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "picture": picture},
		})
	})
}

func TestBacktestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr strings.Builder
	o := scriptOptions([]string{"backtest", "--expr", "up > 1", "--prometheus.url", "http://127.0.0.1:1"})
	o.Stdout, o.Stderr = io.Discard, &stderr
	if code := Run(ctx, o); code != ExitInterrupted || stderr.String() != "alertctl: interrupted\n" {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

// picture checks a PNG's size in pixels and that it takes less than 100 kB:
//
//	picture FILE WIDTHxHEIGHT
func picture(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	ts.Check(err)
	decoded, err := png.Decode(f)
	ts.Check(err)
	if got := fmt.Sprintf("%dx%d", decoded.Bounds().Dx(), decoded.Bounds().Dy()); got != args[1] {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
	if info.Size() > 100_000 {
		ts.Fatalf("%s takes %d bytes", args[0], info.Size())
	}
}

func TestParsePast(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 16, 0, 0, 0, paris) // a Monday
	for text, want := range map[string]string{
		"now":                       "2026-11-23T16:00:00+01:00",
		"2026-11-16":                "2026-11-16T00:00:00+01:00",
		"2026-10-24 02:30":          "2026-10-24T02:30:00+02:00",
		"2026-11-16T18:00:00Z":      "2026-11-16T19:00:00+01:00",
		"15:59":                     "2026-11-23T15:59:00+01:00",
		"16:01":                     "2026-11-22T16:01:00+01:00",
		"today 09:00":               "2026-11-23T09:00:00+01:00",
		"yesterday 18:00":           "2026-11-22T18:00:00+01:00",
		"Fri 18:00":                 "2026-11-20T18:00:00+01:00",
		"monday 18:00":              "2026-11-16T18:00:00+01:00",
		"mon 09:00":                 "2026-11-23T09:00:00+01:00",
		"2026-11-16T18:00:00+05:00": "2026-11-16T14:00:00+01:00",
	} {
		got, err := parsePast("--from", text, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s (%v), want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
	for _, text := range []string{"", "7d", "tomorrow 09:00", "never", "18", "25:00", "fri", "2026-13-01"} {
		if got, err := parsePast("--from", text, now); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
