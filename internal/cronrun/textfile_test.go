package cronrun

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// updateOK updates the file and returns the warnings.
func updateOK(t *testing.T, f *textfile, change func(*record)) []string {
	t.Helper()
	warnings, err := f.update(time.Minute, change)
	must(t, err)
	return warnings
}

// A reader sees a whole file at every instant, and no other *.prom beside it.
func TestReadersSeeWholeFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "etl.prom")
	filler := strings.Repeat("# "+strings.Repeat("x", 98)+"\n", 300)
	write(t, path, filler+"rows 1\n")
	f := &textfile{dir: dir, prefix: "etl", job: "etl"}
	updateOK(t, f, func(r *record) { r.begin(time.Unix(10, 0), false) })

	var readers sync.WaitGroup
	var done atomic.Bool
	var read atomic.Int64
	readers.Go(func() {
		for !done.Load() {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Errorf("the file is away: %v", err)
				return
			}
			values, err := parseMetrics(content)
			if err != nil || values["rows"] != 1 || values["etl_last_start_timestamp"] < 10 {
				t.Errorf("half a file: %v, %v", values, err)
				return
			}
			found, err := filepath.Glob(filepath.Join(dir, "*.prom"))
			if hidden, _ := filepath.Glob(filepath.Join(dir, ".*.prom")); err != nil || len(found)+len(hidden) != 1 {
				t.Errorf("node_exporter would read %v %v", found, hidden)
				return
			}
			read.Add(1)
		}
	})
	for i := range 100 {
		updateOK(t, f, func(r *record) { r.end(time.Unix(10, 0), time.Unix(int64(20+i), 0), i%2, false) })
	}
	// A reader that has not had its turn proves nothing.
	for read.Load() == 0 && !t.Failed() {
		updateOK(t, f, func(r *record) { r.begin(time.Unix(10, 0), false) })
	}
	done.Store(true)
	readers.Wait()
	if names := entries(t, dir); !slices.Equal(names, []string{"etl.prom"}) {
		t.Errorf("left behind: %v", names)
	}
}

// Runs that end at the same instant do not undo each other.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	const writers, rounds = 8, 10
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "etl.prom"), "")
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				f := &textfile{dir: dir, prefix: "etl", job: "etl"}
				_, err := f.update(time.Minute, func(r *record) {
					r.foreign = append(r.foreign, fmt.Sprintf("w%d_%d 1", w, i))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := readMetrics(t, path); len(got) != writers*rounds {
		t.Errorf("%d of %d updates are left", len(got), writers*rounds)
	}
}

// A file system that does not answer delays the caller no longer than its
// patience, and the late update comes before the next.
func TestPatience(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "etl.prom"), "")
	blocker, err := os.Open(path)
	must(t, err)
	must(t, flock(blocker, unix.LOCK_EX))

	f := &textfile{dir: dir, prefix: "etl", job: "etl"}
	_, err = f.update(time.Millisecond, func(r *record) { r.begin(time.Unix(10, 0), false) })
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	must(t, blocker.Close())
	updateOK(t, f, func(r *record) {
		if r.values[lastStart] != 10 {
			t.Error("the late update has not come first")
		}
		r.end(time.Unix(10, 0), time.Unix(20, 0), 0, false)
	})
	if got := readMetrics(t, path); got["etl_running"] != 0 || got["etl_last_success_timestamp"] != 20 {
		t.Errorf("metrics %v", got)
	}
}

// What cannot be read is replaced, with a warning; what cannot be replaced is
// an error, and nothing is left behind.
func TestOddFiles(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(t *testing.T, path string) error
		warning string
		err     string
	}{
		"named pipe": {func(_ *testing.T, path string) error {
			return unix.Mkfifo(path, 0o644)
		}, "not a regular file", ""},
		"too large": {func(_ *testing.T, path string) error {
			return os.WriteFile(path, bytes.Repeat([]byte("x 1\n"), maxFormer/4+1), 0o644)
		}, "larger than 4 MiB", ""},
		"loop": {func(_ *testing.T, path string) error {
			return os.Symlink(path, path)
		}, "symbolic links", ""},
		"dangling link": {func(_ *testing.T, path string) error {
			return os.Symlink("nowhere", path)
		}, "", ""},
		"directory": {func(_ *testing.T, path string) error {
			return os.Mkdir(path, 0o755)
		}, "not a regular file", "rename the new file to"},
		"no line end": {func(_ *testing.T, path string) error {
			return os.WriteFile(path, []byte("etl_last_failure_timestamp 5"), 0o644)
		}, "", ""},
		"empty": {func(_ *testing.T, path string) error {
			return os.WriteFile(path, nil, 0o644)
		}, "", ""},
		"binary": {func(_ *testing.T, path string) error {
			return os.WriteFile(path, []byte("\x7fELF\x02\x01\x01\x00\xff\xfe\n\x00\x01"), 0o644)
		}, "left out 2 malformed lines", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "etl.prom")
			must(t, tt.prepare(t, path))
			f := &textfile{dir: dir, prefix: "etl", job: "etl"}
			warnings, err := f.update(time.Minute, func(r *record) { r.begin(time.Unix(10, 0), false) })
			if all := strings.Join(warnings, "\n"); !strings.Contains(all, tt.warning) || tt.warning == "" && all != "" {
				t.Errorf("warnings %q, want %q", warnings, tt.warning)
			}
			if names := entries(t, dir); !slices.Equal(names, []string{"etl.prom"}) {
				t.Errorf("left behind: %v", names)
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			must(t, err)
			if got := readMetrics(t, path); got["etl_running"] != 1 {
				t.Errorf("metrics %v", got)
			}
			if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
				t.Errorf("%v, %v", info.Mode(), err)
			}
		})
	}
}

// A file that becomes unreadable while the job runs costs no stamps.
func TestKnownStampsOutliveTheFile(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "etl.prom"), "etl_last_success_timestamp 5\nrows 1\n")
	f := &textfile{dir: dir, prefix: "etl", job: "etl"}
	updateOK(t, f, func(r *record) { r.begin(time.Unix(10, 0), false) })
	must(t, os.Remove(path))
	updateOK(t, f, func(r *record) { r.end(time.Unix(10, 0), time.Unix(20, 0), 1, false) })
	if got := readMetrics(t, path); got["etl_last_success_timestamp"] != 5 || got["rows"] != 1 {
		t.Errorf("metrics %v", got)
	}
}

func TestLongPrefix(t *testing.T) {
	f := &textfile{dir: t.TempDir(), prefix: strings.Repeat("x", 300), job: "etl"}
	_, err := f.update(time.Minute, func(r *record) { r.begin(time.Unix(10, 0), false) })
	if !errors.Is(err, unix.ENAMETOOLONG) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
