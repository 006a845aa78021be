package cronrun

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// TestMain lets the test binary be the wrapper's process, or a job, when its
// first argument says so.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "be-wrapper":
			os.Exit(beWrapper(os.Args[2:]))
		case "be-job":
			os.Exit(beJob())
		}
	}
	heedSignals()
	goleak.VerifyTestMain(m)
}

// heedSignals undoes what nohup and its like leave to the tests: a signal that
// this process ignores would be ignored by every process that they start, too.
func heedSignals() {
	for _, sig := range []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}

// beWrapper is `alertctl cron run` without its command line library. Its
// context ends with signals, as a command's usually does.
func beWrapper(args []string) int {
	o := Options{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	f := flag.NewFlagSet("wrapper", flag.ExitOnError)
	f.StringVar(&o.Name, "name", "etl", "")
	f.StringVar(&o.Dir, "dir", "", "")
	f.BoolVar(&o.NoOverlap, "no-overlap", false, "")
	f.DurationVar(&o.Timeout, "timeout", 0, "")
	f.DurationVar(&o.grace, "grace", 0, "")
	if err := f.Parse(args); err != nil {
		return 1
	}
	o.Command = f.Args()
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	code, err := Run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	return code
}

// beJob prints the signals that it gets, and ends with 9 at SIGTERM.
func beJob() int {
	sigs := make(chan os.Signal, 64)
	signal.Notify(sigs, unix.SIGINT, unix.SIGTERM, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2)
	if signal.Ignored(unix.SIGHUP) {
		fmt.Println("SIGHUP is ignored")
	} else {
		signal.Notify(sigs, unix.SIGHUP)
	}
	fmt.Println("ready")
	for sig := range sigs {
		fmt.Println(unix.SignalName(sig.(syscall.Signal)))
		if sig == unix.SIGTERM {
			break
		}
	}
	return 9
}

// wrapper is a wrapper in a process of its own.
type wrapper struct {
	*exec.Cmd
	in     io.Closer     // its standard input and the job's, open until closed
	out    *bufio.Reader // its standard output and the job's
	stderr string        // what it printed there, once it has ended
}

// startWrapper starts one in a session without a terminal, lest the tests
// depend on where they are run.
func startWrapper(t *testing.T, args ...string) *wrapper {
	t.Helper()
	w := &wrapper{Cmd: exec.CommandContext(t.Context(), self(t), append([]string{"be-wrapper"}, args...)...)}
	w.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// The race detector keeps a process for a second after its end.
	w.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	in, err := w.StdinPipe()
	must(t, err)
	out, err := w.StdoutPipe()
	must(t, err)
	// A file: waiting for the wrapper is not to wait for others who hold a pipe.
	errOut, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	must(t, err)
	w.in, w.out, w.Stderr = in, bufio.NewReader(out), errOut
	must(t, w.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = errOut.Close()
	})
	return w
}

// expect reads the next line of the job's output.
func (w *wrapper) expect(t *testing.T, want string) {
	t.Helper()
	line, err := w.out.ReadString('\n')
	if got := strings.TrimSuffix(line, "\n"); got != want {
		t.Fatalf("the job printed %q, want %q (%v)", got, want, err)
	}
}

// exit waits for the wrapper's end and returns its exit code.
func (w *wrapper) exit(t *testing.T) int {
	t.Helper()
	_, err := io.Copy(io.Discard, w.out)
	must(t, err)
	if err := w.Wait(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	told, err := os.ReadFile(w.Stderr.(*os.File).Name())
	must(t, err)
	w.stderr = string(told)
	return w.ProcessState.ExitCode()
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	must(t, err)
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// readMetrics returns the samples without labels of a textfile, and fails the
// test unless node_exporter's parser accepts it.
func readMetrics(t *testing.T, path string) map[string]float64 {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	values, err := parseMetrics(content)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, content)
	}
	return values
}

func parseMetrics(content []byte) (map[string]float64, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			if m.TimestampMs != nil {
				return nil, fmt.Errorf("%s has a timestamp", name)
			}
			if len(m.GetLabel()) > 0 {
				continue
			}
			if _, twice := values[name]; twice {
				return nil, fmt.Errorf("%s is there twice", name)
			}
			switch {
			case m.GetGauge() != nil:
				values[name] = m.GetGauge().GetValue()
			case m.GetCounter() != nil:
				values[name] = m.GetCounter().GetValue()
			default:
				values[name] = m.GetUntyped().GetValue()
			}
		}
	}
	return values, nil
}

// entries returns the names in dir.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}
