package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of 40 MiB until the test ends.
func smallDisk(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	if err := syscall.Mount("alertd-e2e", path, "tmpfs", 0, "size=40m"); err != nil {
		t.Fatalf("mounting a small file system, which takes root on Linux: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	return path
}

// fill takes all the space that is left.
func fill(t *testing.T, disk string) (filler string) {
	t.Helper()
	filler = filepath.Join(disk, "filler")
	f, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1 << 20, 4096, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return filler
}

// On a disk that is full to the last byte, the reserve gone, alertd tells that it
// cannot store anything and what breaks, and what recovers; with room again it
// goes on as ever.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s, hook, disk := newStack(t), newReceiver(t), smallDisk(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(0)
	s.alertd = start(t, binary("alertd"), nil, "--config.file="+s.config, "--storage.path="+filepath.Join(disk, "state"),
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", s.alertdPort))
	s.alertd.answers(s.url("/-/ready"))
	t.Cleanup(func() { s.alertd.stop(syscall.SIGTERM) }) // before the disk goes

	// Two rounds: the reserve is given up at the first byte that is missing.
	fill(t, disk)
	if err := os.Remove(filepath.Join(disk, "state", "alertd.reserve")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	filler := fill(t, disk)
	tells := func(what ...string) func() string {
		return func() string {
			for _, m := range hook.told() {
				all := true
				for _, w := range what {
					all = all && strings.Contains(m, w)
				}
				if all {
					return ""
				}
			}
			return "told " + strings.Join(hook.told(), " | ")
		}
	}
	s.runJob(1)
	slowly(t, "the full disk being told of", tells("StorageUnavailable firing"))
	slowly(t, "the failure being told of from memory", tells("CronFailed firing", "StorageUnavailable firing"))
	if status, body := get(t, s.url("/-/ready")); status == 200 || !strings.Contains(body, "stored") {
		t.Errorf("ready: %d %s", status, body)
	}
	s.runJob(0)
	slowly(t, "the recovery being told of from memory", tells("CronFailed resolved", "StorageUnavailable firing"))

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	slowly(t, "the end of the emergency", tells("StorageUnavailable resolved"))
	s.alertd.answers(s.url("/-/ready"))
	before := len(hook.told())
	s.runJob(1)
	eventually(t, "ordinary telling", func() string {
		if got := hook.told()[before:]; len(got) == 0 || got[len(got)-1] != "CronFailed firing" {
			return "told since: " + strings.Join(got, " | ")
		}
		return ""
	})
}
