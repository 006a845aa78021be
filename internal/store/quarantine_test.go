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
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func movedAside(t *testing.T, path string) []string {
	t.Helper()
	names, err := store.MovedAside(path)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// fillAndSilence gives a directory a closed database: a silence first, then much
// history. It returns its path.
func fillAndSilence(t *testing.T, path string) (database string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	m, err := alert.NewMatcher("job", alert.MatchEqual, "etl")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = s.SaveSilences(t.Context(), now,
		alert.Silence{ID: "over", Matchers: alert.Matchers{m}, StartsAt: now.Add(-time.Hour), EndsAt: now.Add(-time.Minute)},
		alert.Silence{ID: "kept", Matchers: alert.Matchers{m}, StartsAt: now.Add(-time.Hour), EndsAt: now.Add(time.Hour), Comment: "upgrade"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return fill(t, path)
}

func overwrite(t *testing.T, file string, damage func(data []byte) []byte) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data = damage(data)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return data
}

func scratchMiddle(data []byte) []byte {
	copy(data[len(data)/2:], strings.Repeat("\xff", 8192))
	return data
}

func TestOpenDamaged(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(data []byte) []byte
		kept   int // silences that can be read
	}{
		"not a database": {damage: func([]byte) []byte { return []byte(strings.Repeat("<html>", 1000)) }},
		"its head":       {damage: func(data []byte) []byte { copy(data[20:], strings.Repeat("\xff", 200)); return data }},
		"its middle":     {damage: scratchMiddle, kept: 1},
		"cut short":      {damage: func(data []byte) []byte { return data[:len(data)/2] }},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			file := fillAndSilence(t, path)
			damaged := overwrite(t, file, test.damage)
			var log bytes.Buffer
			s, err := store.Open(t.Context(), store.Options{Path: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			aside := movedAside(t, path)
			if len(aside) != 1 {
				t.Fatalf("moved aside: %v", aside)
			}
			// But for SQLite's counters in its first 100 bytes.
			if data, err := os.ReadFile(filepath.Join(path, aside[0])); err != nil || !bytes.Equal(data[100:], damaged[100:]) {
				t.Errorf("what was moved aside is not what was there: %d bytes of %d, %v", len(data), len(damaged), err)
			}
			for _, words := range []string{"level=ERROR", "was damaged", aside[0], "to_recover", fmt.Sprintf("silences_kept=%d", test.kept)} {
				if !strings.Contains(log.String(), words) {
					t.Errorf("the log does not say %q: %s", words, log.String())
				}
			}
			silences, err := s.Silences(t.Context())
			if err != nil || len(silences) != test.kept {
				t.Errorf("silences: %v, %v", silences, err)
			}
			if events, err := s.Events(t.Context(), time.Time{}, time.Time{}, 10); err != nil || len(events) > 0 {
				t.Errorf("the new database has a history: %v, %v", events, err)
			}
			w := &writer{t: t, s: s}
			if err := w.commit(); err != nil {
				t.Fatal(err)
			}
			w.verify()
		})
	}
}

// SQLite would delete a log whose database is gone, and all that is in it.
func TestOpenEmptiedDatabase(t *testing.T) {
	path, other := t.TempDir(), t.TempDir()
	w := &writer{t: t, s: open(t, other)}
	if err := w.commit(); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(other, "alertd.db-wal"))
	if err != nil || len(log) == 0 {
		t.Fatalf("there is no log: %v", err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(path, "alertd.db-wal"), log, 0o600), os.WriteFile(filepath.Join(path, "alertd.db"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	aside := movedAside(t, path)
	if len(aside) != 1 {
		t.Fatalf("moved aside: %v", aside)
	}
	// With its database, it would be as good as new.
	if data, err := os.ReadFile(filepath.Join(path, aside[0]+"-wal")); err != nil || !bytes.Equal(data, log) {
		t.Errorf("the log was not kept: %d bytes, %v", len(data), err)
	}
}

// Damage that shows while the database is open.
func TestDamagedWhileOpen(t *testing.T) {
	path := t.TempDir()
	file := fillAndSilence(t, path)
	var told []error
	s, err := store.Open(t.Context(), store.Options{Path: path, OnDamage: func(err error) { told = append(told, err) }})
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, file, scratchMiddle)
	for range 2 {
		if _, err := s.Events(t.Context(), time.Time{}, time.Time{}, 1e6); !errors.Is(err, store.ErrDamaged) {
			t.Fatalf("reading what is damaged: %v", err)
		}
	}
	if len(told) != 1 || !errors.Is(told[0], store.ErrDamaged) {
		t.Errorf("told of the damage: %v", told)
	}
	_ = s.Close() // it may find more damage
	s, err = store.Open(t.Context(), store.Options{Path: path, Damages: 1})
	if err != nil {
		t.Fatal(err)
	}
	if aside := movedAside(t, path); len(aside) != 1 {
		t.Errorf("moved aside: %v", aside)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// A doubt alone moves nothing aside; a second one does.
func TestDoubt(t *testing.T) {
	path := t.TempDir()
	fillAndSilence(t, path)
	for damages, want := range []int{0, 0, 1} {
		s, err := store.Open(t.Context(), store.Options{Path: path, Damages: damages})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if aside := movedAside(t, path); len(aside) != want {
			t.Errorf("found damaged %d times before, moved aside: %v", damages, aside)
		}
	}
}

// A database that cannot be read or is in use is as good as ever.
func TestUnavailableIsNotDamaged(t *testing.T) {
	t.Run("input and output errors", func(t *testing.T) {
		path := t.TempDir()
		file := filepath.Join(path, "alertd.db")
		if err := os.Symlink("/proc/self/mem", file); err != nil { // whose first page nobody can read or write
			t.Fatal(err)
		}
		refused(t, path, store.ErrUnavailable, file)
		if _, err := os.Lstat(file); err != nil {
			t.Error(err)
		}
		if aside := movedAside(t, path); len(aside) > 0 {
			t.Errorf("moved aside: %v", aside)
		}
	})
	t.Run("locked by another program", func(t *testing.T) {
		path, elsewhere := t.TempDir(), t.TempDir()
		file := fillAndSilence(t, path)
		// Another directory, so that alertd's own lock does not come first.
		if err := os.Symlink(file, filepath.Join(elsewhere, "alertd.db")); err != nil {
			t.Fatal(err)
		}
		s := open(t, path)
		if err := store.WhileWriting(t.Context(), s, func() {
			refused(t, elsewhere, store.ErrUnavailable, "another program holds a lock")
		}); err != nil {
			t.Fatal(err)
		}
		if aside := slices.Concat(movedAside(t, path), movedAside(t, elsewhere)); len(aside) > 0 {
			t.Errorf("moved aside: %v", aside)
		}
	})
}
