package cronrun

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// signals are those that reached the wrapper and are meant for the job.
type signals struct {
	forward chan os.Signal
	absorb  chan os.Signal
}

// catchSignals diverts the signals of the job to the wrapper's channel, so that
// none of them ends the wrapper before the job's outcome is written.
func catchSignals() *signals {
	s := &signals{
		forward: make(chan os.Signal, 64),
		absorb:  make(chan os.Signal, 1),
	}
	for _, sig := range []os.Signal{
		unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2,
	} {
		// Under nohup SIGHUP is ignored, and the job is to inherit that: a
		// caught signal would be back at its default in the job.
		if !signal.Ignored(sig) {
			signal.Notify(s.forward, sig)
		}
	}
	// A warning to a standard error that nobody reads must not kill the
	// wrapper. Catching, unlike ignoring, is not inherited by the job.
	signal.Notify(s.absorb, unix.SIGPIPE)
	return s
}

// release gives the signals back their former effect.
func (s *signals) release() {
	signal.Stop(s.forward)
	signal.Stop(s.absorb)
}

// pending takes the signals that have arrived and returns them.
func (s *signals) pending() []os.Signal {
	var sigs []os.Signal
	for {
		select {
		case sig := <-s.forward:
			sigs = append(sigs, sig)
		default:
			return sigs
		}
	}
}

// fromTerminal tells whether sig was typed at the wrapper's terminal, which has
// then sent it to every process of the foreground group, the job included.
//
// Who sent a signal is not known to a Go program, so that the group stands for
// it: a SIGINT that kill(1) sends to a wrapper in the foreground counts as
// typed. SIGTERM always reaches the job.
func fromTerminal(sig os.Signal) bool {
	return (sig == unix.SIGINT || sig == unix.SIGQUIT) && inForeground()
}

// inForeground tells whether the wrapper has a controlling terminal and is in
// its foreground process group.
func inForeground() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false // no terminal, or it was hung up
	}
	defer func() { _ = tty.Close() }()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
