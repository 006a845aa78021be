package cronrun

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// acquireLock takes the lock on path without waiting; closing the file
// releases it. The error is unix.EWOULDBLOCK when another run holds it. A run
// that refuses to overlap takes it for itself alone (how is unix.LOCK_EX), any
// other run shares it (unix.LOCK_SH), so that it is not overlapped either.
//
// The kernel ties the lock to the wrapper, so it cannot outlive it. The job
// does not inherit it, or a daemon that it starts would hold it for ever; the
// price is that a job whose wrapper was killed by SIGKILL is no longer guarded.
// The file is never removed: a waiter could then hold a lock that nobody sees.
func acquireLock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := flock(f, how|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// flock calls flock(2) on f until no signal interrupts it.
func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
