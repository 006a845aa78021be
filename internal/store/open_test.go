package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"alertd/internal/alert"
	"alertd/internal/store"
)

// refused opens a store that must not open and checks what the error is, where
// kind is not nil, and says.
func refused(t *testing.T, path string, kind error, words ...string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err == nil {
		t.Fatal("it opened", s.Close())
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("the error is not %q: %v", kind, err)
	}
}

func TestOpenMakesAPrivateDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "state?mode=memory&x #100%25")
	open(t, path)
	for name, mode := range map[string]os.FileMode{
		"": 0o700, "alertd.db": 0o600, "alertd.db-wal": 0o600, "alertd.db-shm": 0o600, "alertd.lock": 0o600, "alertd.reserve": 0o600,
	} {
		st, err := os.Stat(filepath.Join(path, name))
		if err != nil {
			t.Error(err)
		} else if st.Mode().Perm() != mode {
			t.Errorf("%s has mode %s", name, st.Mode())
		}
	}
}

// What no test can see without pulling the plug.
func TestSettings(t *testing.T) {
	s := open(t, t.TempDir())
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "auto_vacuum": "2", "busy_timeout": "5000", "temp_store": "2",
	} {
		if got, err := store.Ask(t.Context(), s, "PRAGMA "+pragma); err != nil || got[0] != want {
			t.Errorf("%s is %v, %v; want %s", pragma, got, err, want)
		}
	}
}

func TestOpenTwice(t *testing.T) {
	path := t.TempDir()
	first, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, path, nil, path, "another alertd (process ", "--storage.path")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestOpenElsewhere(t *testing.T) {
	refused(t, "", nil, "--storage.path")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, file, nil, file, "a file is in its place", "--storage.path")
	refused(t, filepath.Join(file, "state"), nil, file, "a file is in its place")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "alertd.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, nil, filepath.Join(dir, "alertd.db"), "writable")
}

// fill gives a directory a closed database with something in it.
func fill(t *testing.T, path string) (database string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	e := alert.Evaluation{Group: "g", At: noon()}
	for range 2000 {
		e.Events = append(e.Events, alert.Event{At: noon(), Detail: strings.Repeat("x", 100)})
	}
	if err := errors.Join(s.CommitEvaluation(t.Context(), &e), s.Close()); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(path, "alertd.db")
}

func TestOpenNewerSchema(t *testing.T) {
	path := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Ask(t.Context(), s, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	refused(t, path, nil, path, "newer alertd", "9999", "upgrade")
	if aside := movedAside(t, path); len(aside) > 0 {
		t.Errorf("it was moved aside as %v", aside)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	o := store.Options{Path: t.TempDir(), Registerer: reg}
	for range 2 { // closing takes them back
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.GroupView(t.Context(), "unknown"); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		if err := store.WriteAsReader(t.Context(), s); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("writing where only reading works: %v", err)
		}
		err = testutil.GatherAndCompare(reg, strings.NewReader(`
			# HELP alertd_store_errors_total Operations of the store that failed.
			# TYPE alertd_store_errors_total counter
			alertd_store_errors_total{operation="group_view"} 0
			alertd_store_errors_total{operation="test"} 1
		`), "alertd_store_errors_total")
		if err != nil {
			t.Error(err)
		}
		for _, name := range []string{"alertd_store_operation_duration_seconds", "alertd_store_size_bytes"} {
			if n, err := testutil.GatherAndCount(reg, name); err != nil || n == 0 {
				t.Errorf("%s: %d series, %v", name, n, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open(t, o.Path) // nothing holds it, and it needs no registerer

	other := prometheus.NewRegistry()
	other.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "alertd_store_size_bytes", Help: "taken"}))
	for range 2 {
		if _, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Registerer: other}); err == nil ||
			!strings.Contains(err.Error(), "metrics") {
			t.Errorf("a name was registered twice: %v", err)
		}
	}
}

func hasReserve(path string) bool {
	st, err := os.Stat(filepath.Join(path, "alertd.reserve"))
	return err == nil && st.Size() == store.ReserveSize
}
