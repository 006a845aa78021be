package ctl

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the scripts' times are Parisian wherever they run

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"alertd/internal/app"
	"alertd/internal/check"
	"alertd/internal/invalid"
)

// scriptNow is when the scripts happen.
const scriptNow = "2026-11-23T16:00:00+01:00"

// updateEnv is set to rewrite the scripts' expected outputs.
const updateEnv = "UPDATE_SCRIPTS"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"alertctl-process": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		o := scriptOptions(os.Args[1:])
		o.Stdin, o.Stdout, o.Stderr = os.Stdin, os.Stdout, os.Stderr
		o.LookupEnv = os.LookupEnv
		os.Exit(Run(ctx, o))
	}})
}

// scriptOptions is the alertctl of the scripts: in Paris, at scriptNow.
func scriptOptions(args []string) Options {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	now, err := time.Parse(time.RFC3339, scriptNow)
	if err != nil {
		panic(err)
	}
	return Options{
		Build:       Build{Version: "1.2.3", Commit: "0123456789abcdef", Date: "2026-11-20T08:00:00Z"},
		Args:        args,
		Now:         func() time.Time { return now.In(paris) },
		CheckConfig: checkWords, LoadRoutes: app.Routes, BuiltInRules: app.BuiltInRules,
		Alertmanager: app.Alertmanager, ReceiverTypes: app.ReceiverTypes(),
		Watch: watchForReal,
	}
}

// checkWords finds a mistake and more in a file with the word "wrong".
func checkWords(_ context.Context, r check.Request) (check.Report, error) {
	if r.Live {
		return check.Report{}, check.ErrNoPrometheus
	}
	if r.Config == "" {
		return check.Report{Summary: "2 receivers: slack, email"}, nil
	}
	data, err := os.ReadFile(r.Config)
	if err != nil {
		return check.Report{}, err
	}
	if !strings.Contains(string(data), "wrong") {
		return check.Report{Summary: "1 job: etl\n1 receiver: slack"}, nil
	}
	return check.Report{Findings: []invalid.Finding{
		{
			Check: "invalid-config", Severity: invalid.Error, File: r.Config, Line: 2, Column: 1,
			Problem: "unknown key rout", Mend: "did you mean route?", Quote: "    rout: wrong\n    ^",
		},
		{Check: "pattern-without-files", Severity: invalid.Warning, File: r.Config, Line: 5, Column: 1, Problem: "50% of *.yml,\nmatches no file", Mend: "correct it"},
		{Check: "unused-receiver", Severity: invalid.Info, File: r.Config, Line: 9, Column: 3, Problem: "no route leads to x", Quote: "    x\n    ^"},
	}}, nil
}

func TestScripts(t *testing.T) {
	now, err := time.Parse(time.RFC3339, scriptNow)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv(updateEnv) != "",
		Setup: func(env *testscript.Env) error {
			s := newFakeServer(env.T().(testing.TB), now)
			env.Setenv("ALERTCTL_URL", s.URL)
			env.Setenv("HOST_PORT", strings.TrimPrefix(s.URL, "http://"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "xdg"))
			env.Setenv("ALERTCTL_AUTHOR", "anna@laptop")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else a process lingers for a second
			env.Values["server"] = s
			return s.read(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": serverCommand,
			"exits":  exits,
			"alertctl": func(ts *testscript.TestScript, _ bool, args []string) {
				exits(ts, false, append([]string{"0", "alertctl"}, args...))
			},
		},
	})
}

// exits runs alertctl, or by "exec" any program, and checks its exit code:
//
//	exits CODE alertctl ARG...
//	exits CODE exec PROGRAM ARG...
//
// alertctl runs in this process, which is quicker but leaves it without the
// script's directory: alertctl-process is a process of its own. A bare
// "alertctl ARG..." must exit with 0.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, program, rest := args[0], args[1], args[2:]
	got := "0"
	if program == "exec" {
		if err := ts.Exec(rest[0], rest[1:]...); err != nil {
			got = strings.TrimPrefix(err.Error(), "exit status ")
		}
	} else {
		o := scriptOptions(rest)
		o.Stdin, o.Stdout, o.Stderr = strings.NewReader(""), ts.Stdout(), ts.Stderr()
		o.LookupEnv = func(name string) (string, bool) { v := ts.Getenv(name); return v, v != "" }
		got = strconv.Itoa(Run(context.Background(), o))
	}
	if got != want {
		ts.Fatalf("exit code %s, want %s", got, want)
	}
}

// refusingURL returns a URL at which connections are refused until the script
// ends: its port is taken, and nobody listens on it. (A stopped server's own
// port may become that of another test's server.)
func refusingURL(ts *testscript.TestScript) string {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	ts.Check(err)
	ts.Defer(func() { _ = unix.Close(fd) })
	ts.Check(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := unix.Getsockname(fd)
	ts.Check(err)
	return "http://127.0.0.1:" + strconv.Itoa(name.(*unix.SockaddrInet4).Port)
}

// serverCommand changes how the script's server behaves.
func serverCommand(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value("server").(*fakeServer)
	if args[0] == "down" { // waits for requests, so it needs the lock free
		s.Close()
		ts.Setenv("ALERTCTL_URL", refusingURL(ts))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch args[0] {
	case "alertmanager":
		s.alertmanager = true
	case "unready":
		s.ready = false
		s.status["ready"], s.status["notReady"] = false, "the first evaluation is not over"
	case "password":
		s.check = func(r *http.Request) (int, string) {
			if user, password, _ := r.BasicAuth(); user == args[1] && password == args[2] {
				return 0, ""
			}
			return http.StatusUnauthorized, "Unauthorized\n"
		}
	case "token":
		s.check = func(r *http.Request) (int, string) {
			if r.Header.Get("Authorization") == "Bearer "+args[1] {
				return 0, ""
			}
			return http.StatusUnauthorized, "Unauthorized\n"
		}
	case "answers":
		code := map[string]int{"200": 200, "302": 302, "403": 403, "404": 404, "500": 500, "503": 503}[args[1]]
		s.check = func(*http.Request) (int, string) { return code, args[2] }
	default:
		ts.Fatalf("server %s?", args[0])
	}
}
