package cronrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultDir is the directory that node_exporter's textfile collector is
// usually given.
const DefaultDir = "/var/lib/node_exporter/textfile_collector"

// The exit codes that are the wrapper's and not the job's. A job that a signal
// killed gives 128 and the signal's number, as in a shell.
const (
	ExitUsage         = 2   // the options make no sense, the job was not run
	ExitOverlap       = 75  // the run before is not over, the job was not run (EX_TEMPFAIL)
	ExitTimeout       = 124 // the job was ended at its timeout
	ExitNotExecutable = 126 // the command is there but cannot be executed
	ExitNotFound      = 127 // there is no such command
)

const (
	// startPatience is how long a file system that does not answer may delay
	// the job.
	startPatience = 5 * time.Second
	// endPatience is longer: nothing waits for it any more, and an outcome that
	// is not told becomes a false alarm.
	endPatience = time.Minute
	// killGrace is the time between SIGTERM and SIGKILL at the timeout.
	killGrace = 10 * time.Second
)

// Options is one invocation of `alertctl cron run`.
type Options struct {
	Name      string        // the job's name, as people call it
	Prefix    string        // of its metrics; "" derives one from Name
	Dir       string        // the textfile collector's directory; "" is DefaultDir
	NoOverlap bool          // refuse to run while another run goes on, whether that has NoOverlap or not
	Timeout   time.Duration // 0 is none
	Command   []string      // the program and its arguments

	// Stdin, Stdout and Stderr are the job's. An *os.File is inherited as it
	// is, nil is the null device. Warnings of the wrapper go to Stderr.
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer

	Now func() time.Time // nil is time.Now

	grace time.Duration // 0 is killGrace
}

// Run runs the job and returns the exit code for the process to end with. A
// non-nil error, not printed yet, says why the job was not run or was ended at
// its timeout; a job that fails by itself is no error of Run.
//
// The job ends by itself, by a signal that is forwarded to it, or at its
// timeout, not with ctx: a command's context usually ends with the very
// signals that are forwarded, and the job would be told twice.
func Run(ctx context.Context, o Options) (exitCode int, err error) {
	if err := o.complete(); err != nil {
		return ExitUsage, err
	}
	signals := catchSignals()
	defer signals.release()

	var unlocked error
	path := filepath.Join(o.Dir, "."+o.Prefix+".lock")
	if o.NoOverlap {
		lock, err := acquireLock(path, unix.LOCK_EX)
		switch {
		case err == nil:
			defer func() { _ = lock.Close() }() // releases it
		case errors.Is(err, unix.EWOULDBLOCK):
			return ExitOverlap, fmt.Errorf("job %q not run: its previous run is not over (it holds %s)", o.Name, path)
		default:
			unlocked = err
		}
	}

	say := newTeller(o.Stderr, o.Name)
	file := &textfile{dir: o.Dir, prefix: o.Prefix, job: o.Name}
	runs := &presence{path: filepath.Join(o.Dir, "."+o.Prefix+".running"), lockPath: path}
	began := o.Now()
	warnings, unwritten := file.update(startPatience, func(r *record) { r.begin(began, runs.join()) })
	say.warn(warnings)
	switch {
	case unlocked != nil && unwritten != nil:
		say.trouble("its metrics are not written and overlapping runs are not refused", unwritten, o.Dir)
	case unlocked != nil:
		say.trouble("overlapping runs are not refused", unlocked, o.Dir)
	case unwritten != nil:
		say.trouble("its metrics are not written", unwritten, o.Dir)
	}

	exitCode, err = o.runJob(context.WithoutCancel(ctx), signals)

	ended := o.Now()
	warnings, unwritten = file.update(endPatience, func(r *record) { r.end(began, ended, exitCode, runs.leave()) })
	say.warn(warnings)
	if unwritten != nil {
		say.trouble("its metrics are not written", unwritten, o.Dir)
	}
	return exitCode, err
}

// complete fills in the defaults, or tells what is wrong with the options.
func (o *Options) complete() error {
	var errs []error
	if strings.TrimSpace(o.Name) == "" {
		errs = append(errs, errors.New("the job needs a name: --name NAME"))
	}
	if len(o.Command) == 0 || o.Command[0] == "" {
		errs = append(errs, errors.New("there is no command to run: give it after --"))
	}
	if o.Timeout < 0 {
		errs = append(errs, fmt.Errorf("the timeout %s is negative: give a duration like 30m, or 0 for none", o.Timeout))
	}
	if valid := MetricPrefix(o.Prefix); o.Prefix != "" && o.Prefix != valid {
		errs = append(errs, fmt.Errorf("the prefix %q cannot begin a metric name: use %q", o.Prefix, valid))
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if o.Prefix == "" {
		o.Prefix = MetricPrefix(o.Name)
	}
	if o.Dir == "" {
		o.Dir = DefaultDir
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.grace == 0 {
		o.grace = killGrace
	}
	return nil
}

// MetricPrefix makes a job's name the beginning of metric names: each
// character that has no place in one becomes an underscore.
func MetricPrefix(name string) string {
	prefix := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		default:
			return '_'
		}
	}, name)
	if prefix != "" && prefix[0] >= '0' && prefix[0] <= '9' {
		return "_" + prefix // a metric name must not begin with a digit
	}
	return prefix
}
