package torture

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of 32 MiB as alertd's storage directory until
// the test ends.
func (s *scene) smallDisk() {
	s.t.Helper()
	if err := os.Mkdir(s.alertd.storage, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount("alertd-test", s.alertd.storage, "tmpfs", 0, "size=32m"); err != nil {
		s.t.Fatalf("mounting a small file system, which takes root on Linux: %v", err)
	}
	s.t.Cleanup(func() {
		if s.alertd.cmd != nil {
			s.alertd.stop(syscall.SIGTERM)
		}
		if err := syscall.Unmount(s.alertd.storage, 0); err != nil {
			s.t.Error(err)
		}
	})
}

// remount makes the file system read-only or lets it be written again.
func (s *scene) remount(flags uintptr) {
	s.t.Helper()
	if err := syscall.Mount("", s.alertd.storage, "", syscall.MS_REMOUNT|flags, ""); err != nil {
		s.t.Fatalf("mounting the file system anew with flags %x: %v", flags, err)
	}
}

// fill takes all the space that is left. Removing the file gives it back.
func (s *scene) fill() (filler string) {
	s.t.Helper()
	filler = filepath.Join(s.alertd.storage, "filler")
	f, err := os.OpenFile(filler, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, size := range []int{1 << 20, 4096, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			s.t.Fatal(err)
		}
	}
	return filler
}

// refusesSilences checks that alertd promises nothing that it cannot keep.
func (s *scene) refusesSilences(words string) {
	s.t.Helper()
	if _, err := s.alertd.saveSilence(s.t.Context(), hour("in vain")); err == nil || !strings.Contains(err.Error(), words) {
		s.t.Errorf("a silence that cannot be stored: %v; want an error with %q", err, words)
	}
}

// A disk that is full costs nothing: while the reserve lasts all goes on; then
// nothing is promised; with room again, what happened meanwhile is told.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.smallDisk()
	s.alertd.start()
	s.alertd.ready()
	first := s.promise("before")

	filler := s.fill()
	s.prometheus.set("a", 1)
	s.expect("Storma firing")
	s.alertd.logs("gave up the reserve")
	second := s.promise("on the reserve")

	// The room that the reserve gave goes too, and what SQLite has of its own.
	eventually(t, "the disk to be full for good", func() string {
		s.fill()
		if _, err := s.alertd.saveSilence(t.Context(), hour("until it is full")); err != nil {
			return ""
		}
		return "there is room left"
	})
	s.refusesSilences("no space is left")
	kept, err := s.alertd.silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.prometheus.set("a", 0)
	s.alertd.logs("kept in memory", "no space is left")
	if problem := s.alertd.answers("/-/ready"); !strings.Contains(problem, "no space is left") {
		t.Errorf("ready says %q", problem)
	}

	// Even a kill is survived: what is true is found again in Prometheus.
	s.alertd.stop(syscall.SIGKILL)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.alertd.start()
	s.alertd.ready()
	s.expect("Storma firing", "Storma ended")
	after, err := s.alertd.silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != len(kept) || len(kept) < 2 {
		t.Errorf("%d silences were promised, %d are there (%s and %s among them)", len(kept), len(after), first, second)
	}
}

// A file system that becomes read-only, as after an error of the disk.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.smallDisk()
	s.alertd.start()
	s.alertd.ready()
	s.prometheus.set("a", 1)
	s.expect("Storma firing")
	id := s.promise("before")

	// Whoever has a file open for writing keeps a file system from becoming
	// read-only by itself; the kernel's own remount after an error does not ask.
	s.alertd.stop(syscall.SIGKILL)
	s.remount(syscall.MS_RDONLY)
	s.alertd.start()
	code, log := s.alertd.exits()
	if code == 0 || !strings.Contains(log, "read-only file system") || !strings.Contains(log, s.alertd.storage) {
		t.Errorf("started on a read-only file system: exit code %d\n%s", code, log)
	}

	s.remount(0)
	s.prometheus.set("a", 0)
	s.alertd.start()
	s.alertd.ready()
	s.expect("Storma firing", "Storma ended")
	s.kept(id)
}
