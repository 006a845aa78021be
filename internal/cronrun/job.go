package cronrun

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// groupPoll is how often a process group is looked at until it is empty; the
// kernel offers nothing to wait on.
const groupPoll = 20 * time.Millisecond

// runJob starts the command, forwards signals to it until it ends and returns
// its exit code. The error says why it could not be started or was ended.
func (o *Options) runJob(ctx context.Context, sigs *signals) (int, error) {
	cmd := exec.CommandContext(ctx, o.Command[0], o.Command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.Stdin, o.Stdout, o.Stderr
	if errors.Is(cmd.Err, exec.ErrDot) {
		cmd.Err = nil // a PATH with "." is its owner's choice, as it is in a shell
	}
	// The job stays in the wrapper's process group, where a terminal and its
	// own parent expect it. Only a timeout needs a group: ended alone, a shell
	// leaves behind the very command that hangs. At a terminal it has to do
	// without, because a group in the background cannot read from it.
	ownGroup := o.Timeout > 0 && !inForeground()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: ownGroup}

	// What has come so far met no job. It is the job's all the same, typed at a
	// terminal or not.
	early := sigs.pending()
	if err := cmd.Start(); err != nil {
		return startFailure(o.Command[0], err)
	}
	for _, sig := range early {
		_ = cmd.Process.Signal(sig) // fails only when the job is over
	}

	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	var timeout, kill <-chan time.Time
	var timedOut, killed bool
	if o.Timeout > 0 {
		timer := time.NewTimer(o.Timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	for {
		select {
		case sig := <-sigs.forward:
			if ownGroup || !fromTerminal(sig) {
				_ = cmd.Process.Signal(sig)
			}
		case <-timeout:
			end(cmd.Process, ownGroup, unix.SIGTERM)
			timedOut, kill = true, time.After(o.grace)
		case <-kill:
			end(cmd.Process, ownGroup, unix.SIGKILL)
			killed = true
		case err := <-exited:
			if !timedOut {
				return exitCode(cmd, err)
			}
			if ownGroup && !killed {
				endGroup(cmd.Process.Pid, kill)
			}
			return ExitTimeout, fmt.Errorf("job %q ended: it ran longer than its timeout of %s", o.Name, o.Timeout)
		}
	}
}

// end sends sig to the job, or to its whole process group if it leads one.
func end(p *os.Process, group bool, sig syscall.Signal) {
	if group {
		_ = unix.Kill(-p.Pid, sig) // fails only when all of them are over
		return
	}
	_ = p.Signal(sig)
}

// endGroup waits until nobody is left in the process group, and kills those
// that are when kill fires.
func endGroup(group int, kill <-chan time.Time) {
	tick := time.NewTicker(groupPoll)
	defer tick.Stop()
	for unix.Kill(-group, 0) == nil {
		select {
		case <-tick.C:
		case <-kill:
			_ = unix.Kill(-group, unix.SIGKILL)
			return
		}
	}
}

// exitCode returns the exit code of a command that has ended, given what
// waiting for it returned.
func exitCode(cmd *exec.Cmd, err error) (int, error) {
	state := cmd.ProcessState
	if state == nil {
		return 1, fmt.Errorf("wait for %q: %w", cmd.Path, err)
	}
	code := state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		err = nil // the job's own failure
	}
	if err != nil {
		err = fmt.Errorf("pass on the streams of %q: %w", cmd.Path, err)
	}
	return code, err
}

// startFailure returns the exit code that a shell gives for a command that
// could not be started, and says what to do about it.
func startFailure(name string, err error) (int, error) {
	path, lookErr := exec.LookPath(name)
	if errors.Is(lookErr, exec.ErrDot) {
		lookErr = nil
	}
	switch {
	case errors.Is(err, unix.ENOEXEC):
		return ExitNotExecutable, fmt.Errorf("run %q: %w: begin it with a line like #!/bin/sh, or run it as: sh %s", name, err, path)
	case errors.Is(err, fs.ErrNotExist) && lookErr == nil:
		return ExitNotExecutable, fmt.Errorf("run %q: the interpreter that its first line names is not there (or the line ends in a carriage return): %w", name, err)
	case errors.Is(err, exec.ErrNotFound):
		return ExitNotFound, fmt.Errorf("run %q: command not found: give its full path, cron's PATH is short: %w", name, err)
	case errors.Is(err, fs.ErrNotExist):
		return ExitNotFound, fmt.Errorf("run %q: command not found: %w", name, err)
	default:
		return ExitNotExecutable, fmt.Errorf("run %q: cannot be executed: %w", name, err)
	}
}
