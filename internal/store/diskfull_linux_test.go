package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"alertd/internal/alert"
	"alertd/internal/store"
)

// smallDisk mounts a file system of 64 MiB until the test ends.
func smallDisk(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	if err := syscall.Mount("alertd-test", path, "tmpfs", 0, "size=64m"); err != nil {
		t.Fatalf("mounting a small file system, which takes root on Linux: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	return path
}

// fillDisk takes all the space that is left; removing the file gives it back.
func fillDisk(t *testing.T, disk string) (filler string) {
	t.Helper()
	filler = filepath.Join(disk, "filler")
	f, err := os.Create(filler)
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

// writer commits alerts and remembers which.
type writer struct {
	t        *testing.T
	s        store.Store
	promised []string
	attempts int
}

// commit commits some hundred kilobytes of alerts.
func (w *writer) commit() error {
	w.attempts++
	e := &alert.Evaluation{Group: "disk", At: noon(), Touched: map[string][]alert.GroupRef{}}
	var ids []string
	for i := range 50 {
		a := alert.Alert{ID: fmt.Sprintf("%d-%d", w.attempts, i), State: alert.Firing, Threshold: strings.Repeat("x", 10_000)}
		e.Upserts = append(e.Upserts, a)
		e.Touched[a.ID] = []alert.GroupRef{{Key: "g"}}
		ids = append(ids, a.ID)
	}
	err := w.s.CommitEvaluation(w.t.Context(), e)
	if err == nil {
		w.promised = append(w.promised, ids...)
	}
	return err
}

// verify looks whether all that was promised is there, and nothing else.
func (w *writer) verify() {
	w.t.Helper()
	active, err := w.s.ActiveAlerts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for i := range active {
		ids = append(ids, active[i].ID)
	}
	slices.Sort(ids)
	slices.Sort(w.promised)
	if !slices.Equal(ids, w.promised) {
		w.t.Errorf("%d alerts were promised, %d are there", len(w.promised), len(ids))
	}
	v, err := w.s.GroupView(w.t.Context(), "g")
	if err != nil || len(v.Alerts) != len(w.promised) {
		w.t.Errorf("the group has %d alerts of %d: %v", len(v.Alerts), len(w.promised), err)
	}
	check, err := store.Ask(w.t.Context(), w.s, "PRAGMA integrity_check")
	if err != nil || !slices.Equal(check, []string{"ok"}) {
		w.t.Errorf("the database is damaged: %v, %v", check, err)
	}
}

func TestDiskFull(t *testing.T) {
	disk := smallDisk(t)
	path := filepath.Join(disk, "state")
	var log bytes.Buffer
	s, err := store.Open(t.Context(), store.Options{Path: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{t: t, s: s}
	for round := range 2 {
		if err := w.commit(); err != nil {
			t.Fatal("with room:", err)
		}
		if !hasReserve(path) {
			t.Fatalf("round %d: there is no reserve", round)
		}
		filler := fillDisk(t, disk)
		used := 0
		for err = w.commit(); err == nil; err = w.commit() {
			if !hasReserve(path) {
				used++
			}
		}
		if used < 5 {
			t.Errorf("the reserve lasted for %d commits", used)
		}
		for range 3 {
			if err = w.commit(); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "no space is left") || !strings.Contains(err.Error(), path) {
				t.Fatal("on a full disk:", err)
			}
		}
		w.verify()
		if _, err := s.Prune(t.Context(), noon(), store.Retention{}); err != nil || hasReserve(path) {
			t.Error("pruning nothing on a full disk:", err)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if err := w.commit(); err != nil {
			t.Fatal("with room again:", err)
		}
		w.verify()
		if _, err := s.Prune(t.Context(), noon(), store.Retention{}); err != nil || !hasReserve(path) {
			t.Fatal("pruning did not renew the reserve:", err)
		}
	}
	if n := strings.Count(log.String(), "gave up the reserve"); n != 2 {
		t.Errorf("the log tells %d times of the reserve:\n%s", n, log.String())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w.s = open(t, path)
	if err := w.commit(); err != nil {
		t.Fatal("opened again:", err)
	}
	w.verify()
}

func TestOpenOnAFullDisk(t *testing.T) {
	disk := smallDisk(t)
	path := filepath.Join(disk, "state")
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{t: t, s: s}
	if err := errors.Join(w.commit(), s.Close()); err != nil {
		t.Fatal(err)
	}
	filler := fillDisk(t, disk)

	w.s = open(t, path)
	if hasReserve(path) {
		t.Error("it opened without the reserve")
	}
	if err := w.commit(); err != nil {
		t.Error("on the reserve:", err)
	}
	w.verify()
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	filler = fillDisk(t, disk)
	refused(t, path, store.ErrUnavailable, path, "no space is left")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	w.s = open(t, path)
	w.verify()
}
