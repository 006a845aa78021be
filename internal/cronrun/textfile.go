package cronrun

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// maxFormer is how much of an existing textfile is read, in bytes. A larger one
// is not the work of a job.
const maxFormer = 4 << 20

// textfile is the file in which a job's metrics are kept.
type textfile struct {
	dir    string
	prefix string
	job    string

	mu    sync.Mutex // one update at a time, the earlier first
	known record     // what the file said last, for when it cannot be read
}

// path returns where the file is.
func (t *textfile) path() string { return filepath.Join(t.dir, t.prefix+".prom") }

// update reads the file, applies change to it and replaces it atomically. The
// warnings tell what had to be left out. It returns after patience at the
// latest, with os.ErrDeadlineExceeded; the update then goes on by itself.
func (t *textfile) update(patience time.Duration, change func(*record)) ([]string, error) {
	type result struct {
		warnings []string
		err      error
	}
	done := make(chan result, 1)
	go func() {
		warnings, err := t.updateNow(change)
		done <- result{warnings, err}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.warnings, r.err
	case <-timer.C:
		return nil, fmt.Errorf("write %s: no answer for %s: %w", t.path(), patience, os.ErrDeadlineExceeded)
	}
}

func (t *textfile) updateNow(change func(*record)) ([]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, held, warnings := t.read()
	if held != nil {
		// Keeps the lock on the file until it has been replaced.
		defer func() { _ = held.Close() }()
	}
	if r.job != "" && r.job != oneLine(t.job) {
		warnings = append(warnings, fmt.Sprintf(
			"job %q writes %s too: the two overwrite each other's metrics: give each its own --prefix", r.job, t.path()))
	}
	r.job = t.job
	change(&r)
	t.known = r
	return warnings, t.replace(r.render(t.prefix))
}

// read returns what the file says, and the file itself, locked against other
// writers. A file that cannot be read gives what is known, and a warning.
func (t *textfile) read() (record, *os.File, []string) {
	f, data, err := readLocked(t.path())
	if err == nil {
		r, warnings := parseFormer(t.prefix, data)
		for i := range warnings {
			warnings[i] = t.path() + ": " + warnings[i]
		}
		return r, f, warnings
	}
	r := t.known
	if r.values == nil {
		r.values = map[string]float64{}
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return r, nil, nil // the first run, or a directory that replace complains of
	}
	return r, nil, []string{fmt.Sprintf("%s is written anew, its former content cannot be read: %v", t.path(), err)}
}

// readLocked opens path, locks it and returns its content. The caller closes
// the file, which releases the lock.
func readLocked(path string) (*os.File, []byte, error) {
	f, err := openLocked(path)
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFormer+1))
	if err == nil && len(data) > maxFormer {
		err = fmt.Errorf("larger than %d MiB", maxFormer>>20)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, data, nil
}

// openLocked opens and locks the file that path names once the lock is held:
// the writer before replaces it, and a lock on the old one guards nothing.
func openLocked(path string) (*os.File, error) {
	for {
		// Without waiting for the other end, should it be a named pipe.
		f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return nil, err
		}
		opened, err := f.Stat()
		if err == nil && !opened.Mode().IsRegular() {
			err = errors.New("not a regular file")
		}
		if err != nil {
			_ = f.Close()
			return nil, err
		}
		// Some network file systems have no such locks. Without one, two runs
		// that end at the same instant may lose one of the two outcomes.
		if flock(f, unix.LOCK_EX) != nil {
			return f, nil
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(opened, now) {
			return f, nil
		}
		_ = f.Close()
	}
}

// replace gives the file a new content. Readers see the old one or the new one,
// also after a power cut.
func (t *textfile) replace(content []byte) error {
	// node_exporter reads every *.prom in the directory, a temporary one too.
	tmp, err := os.CreateTemp(t.dir, "."+t.prefix+".prom.*.tmp")
	if err != nil {
		return fmt.Errorf("create a file in %s: %w", t.dir, withoutPath(err))
	}
	if err := fill(tmp, content); err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write a file in %s: %w", t.dir, withoutPath(err))
	}
	if err := os.Rename(tmp.Name(), t.path()); err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("rename the new file to %s: %w", t.path(), withoutPath(err))
	}
	return syncDir(t.dir)
}

// fill writes content to f, through to the disk, and closes it.
func fill(f *os.File, content []byte) error {
	_, err := f.Write(content)
	if err == nil {
		err = f.Chmod(0o644) // node_exporter runs as another user
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a rename in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // writable without being readable: the rename is done
	}
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, withoutPath(err))
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: cannot sync directories
		return fmt.Errorf("sync %s: %w", dir, withoutPath(err))
	}
	return nil
}

// withoutPath returns the cause of err. The path of a temporary file is of no
// use to its reader, and never the same twice.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
