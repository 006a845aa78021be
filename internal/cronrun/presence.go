package cronrun

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// presence tells the runs of a job of each other: each holds a shared lock on
// one file while it runs, which the kernel takes back from a wrapper that was
// killed. Whether there are others shows in that the file cannot be locked for
// one alone. Its methods are called while the job's textfile is locked, so that
// of two runs that begin or end together one comes after the other.
//
// Where there can be no lock, there seem to be no others.
type presence struct {
	path     string
	held     *os.File // nil: not joined
	lockPath string   // the lock that a run which refuses to overlap wants for itself
	lock     *os.File // nil: not shared, as this run or one beside it has it for itself
}

// join begins the run's presence and tells whether others run.
func (p *presence) join() (others bool) {
	f, err := os.OpenFile(p.path, os.O_RDONLY|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return false
	}
	others = occupied(f)
	if err := flock(f, unix.LOCK_SH); err != nil { // nobody keeps it from others for more than a moment
		_ = f.Close()
		return others
	}
	p.held = f
	// Where it cannot be had, nothing but the refusal of a later run is lost.
	p.lock, _ = acquireLock(p.lockPath, unix.LOCK_SH)
	return others
}

// leave ends the run's presence and tells whether others run.
func (p *presence) leave() (others bool) {
	if p.held == nil {
		return false
	}
	if p.lock != nil {
		defer func() { _ = p.lock.Close() }()
	}
	defer func() { _ = p.held.Close() }()
	return flock(p.held, unix.LOCK_UN) == nil && occupied(p.held)
}

// occupied tells whether others have a lock on f. It leaves f without one, or
// with one of its own.
func occupied(f *os.File) bool {
	return errors.Is(flock(f, unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}
