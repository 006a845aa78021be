package ctl

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes of alertctl, but for `alertctl cron run`, which ends with its
// job's.
const (
	ExitOK          = 0
	ExitNo          = 1   // the answer is "no": mistakes found, refused, not there, not ready
	ExitUsage       = 2   // the command line or alertctl's own configuration is wrong
	ExitUnreachable = 3   // no connection to alertd, or no answer in time
	ExitServer      = 4   // something answered, but not as alertd should: not allowed, an error, not alertd
	ExitInterrupted = 130 // by SIGINT or SIGTERM
)

// failure is why a command did not do what it was asked to.
type failure struct {
	code  int
	doing string // "cannot list the silences of http://..."; "" where cause says it all
	cause error
	hint  string // how to mend it: whole sentences; "" where nobody knows
}

func (f *failure) Error() string {
	switch {
	case f.doing == "":
		return f.cause.Error()
	case f.cause == nil:
		return f.doing
	}
	return f.doing + ": " + f.cause.Error()
}

func (f *failure) Unwrap() error { return f.cause }

// failed returns the failure of doing something.
func failed(code int, doing string, cause error) *failure {
	return &failure{code: code, doing: doing, cause: cause}
}

// usage returns a usage mistake.
func usage(format string, args ...any) *failure {
	return &failure{code: ExitUsage, cause: fmt.Errorf(format, args...)}
}

// refused returns the failure of what alertctl or alertd will not do.
func refused(format string, args ...any) *failure {
	return &failure{code: ExitNo, cause: fmt.Errorf(format, args...)}
}

// withHint adds how to mend it.
func (f *failure) withHint(format string, args ...any) *failure {
	f.hint = fmt.Sprintf(format, args...)
	return f
}

// jobEnded is how `cron run` hands its job's exit code to finish.
type jobEnded struct {
	code int
	err  error // nil where the job has told its own story
}

func (e *jobEnded) Error() string { return fmt.Sprintf("the job ended with exit code %d", e.code) }
func (e *jobEnded) Unwrap() error { return e.err }

// finish tells err, which running cmd returned, and returns the exit code.
func (c *cli) finish(ctx context.Context, cmd *cobra.Command, err error) int {
	if job, ok := errors.AsType[*jobEnded](err); ok {
		if job.err != nil {
			c.err.printf("alertctl: cron run: %s\n", neutral(job.err.Error()))
		}
		return job.code
	}
	if err == nil {
		return ExitOK
	}
	if ctx.Err() != nil {
		c.err.printf("alertctl: interrupted\n")
		return ExitInterrupted
	}
	f, ok := errors.AsType[*failure](err)
	if !ok { // cobra's own: an unknown flag, too few arguments
		f = usage("%w", err)
	}
	if f.code == ExitUsage && f.hint == "" {
		f.hint = fmt.Sprintf("See %q.", cmd.CommandPath()+" --help")
	}
	c.err.printf("alertctl: %s\n", neutral(f.Error()))
	if f.hint != "" {
		c.err.printf("%s\n", neutral(f.hint))
	}
	return f.code
}
