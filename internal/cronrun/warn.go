package cronrun

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// teller prints the wrapper's warnings, each once.
type teller struct {
	w    io.Writer
	job  string
	told map[string]bool
}

func newTeller(w io.Writer, job string) *teller {
	if w == nil {
		w = io.Discard
	}
	return &teller{w: w, job: job, told: map[string]bool{}}
}

// warn prints warnings, one a line.
func (t *teller) warn(warnings []string) {
	for _, warning := range warnings {
		t.line(warning, warning)
	}
}

// trouble prints what the job has to do without, why, and how to mend it. The
// same cause is told once: at the end of the job it has not changed.
func (t *teller) trouble(lost string, cause error, dir string) {
	t.line(cause.Error(), fmt.Sprintf("%s: %v: %s (the job is run all the same)", lost, cause, mend(cause, dir)))
}

func (t *teller) line(key, text string) {
	if t.told[key] {
		return
	}
	t.told[key] = true
	// The job does not depend on anybody reading this.
	_, _ = fmt.Fprintf(t.w, "alertctl cron run: job %q: %s\n", t.job, text)
}

// mend says what to do about err, which came from writing in dir.
func mend(err error, dir string) string {
	const other = "or name another directory with --textfile-dir"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("create it (mkdir -p %s) %s", dir, other)
	case errors.Is(err, unix.ENOTDIR):
		return fmt.Sprintf("%s is not a directory: name one with --textfile-dir", dir)
	case errors.Is(err, unix.EROFS):
		return fmt.Sprintf("mount the file system of %s writable %s", dir, other)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("let user %d write in %s (chown or chmod) %s", os.Geteuid(), dir, other)
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Sprintf("free space or inodes on the file system of %s", dir)
	case errors.Is(err, unix.ENAMETOOLONG):
		return "give a shorter --prefix"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("see whether the file system of %s hangs", dir)
	default:
		return fmt.Sprintf("make %s writable for user %d %s", dir, os.Geteuid(), other)
	}
}
