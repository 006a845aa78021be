package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// makeDirectory sees to it that there is a directory at path; one that it makes
// is for its owner only.
func makeDirectory(path string) error {
	if path == "" {
		return errors.New("no storage directory: name one with --storage.path")
	}
	err := os.MkdirAll(path, 0o700)
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("storage directory %s: a file is in its place: "+
			"move it away or name another directory with --storage.path: %w", path, err)
	case err != nil:
		return fmt.Errorf("making the storage directory %s: "+
			"make it and give it to the user that runs alertd, or name another with --storage.path: %w", path, err)
	}
	return nil
}

// lockDirectory makes this process the only alertd that uses the directory,
// until the file is closed or, by the kernel, the process ends.
func lockDirectory(path string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the storage directory %s: "+
			"give it to the user that runs alertd, and make it writable: %w", path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner := holder(f)
		_ = f.Close() // nothing was written to it
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking the storage directory %s: its file system must support flock: %w", path, err)
		}
		return nil, fmt.Errorf("%s uses the storage directory %s: "+
			"stop it, or give this one a directory of its own with --storage.path", owner, path)
	}
	// Only for the message above, so an error does not matter.
	_ = f.Truncate(0)
	_, _ = fmt.Fprintf(f, "%d\n", os.Getpid())
	return f, nil
}

// holder names the process that has the lock.
func holder(f *os.File) string {
	pid, _ := io.ReadAll(io.LimitReader(f, 20))
	if p := strings.TrimSpace(string(pid)); p != "" {
		return "another alertd (process " + p + ")"
	}
	return "another alertd"
}
