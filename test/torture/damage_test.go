package torture

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func (s *scene) database() string { return filepath.Join(s.alertd.storage, "alertd.db") }

// movedAside returns the damaged databases that were moved aside.
func (s *scene) movedAside() []string {
	s.t.Helper()
	found, err := filepath.Glob(s.database() + ".damaged-*Z")
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// A database that was damaged while alertd was away is kept, and what still
// fires is told again, with an alert about the damage that ends when the damaged
// file is taken away.
func TestDamagedDatabase(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.alertd.start()
	s.alertd.ready()
	s.prometheus.set("a", 1)
	s.expect("Storma firing")
	s.promise("to be lost")
	s.alertd.stop(syscall.SIGTERM)
	page := bytes.Repeat([]byte("<html>"), 1000)
	if err := os.WriteFile(s.database(), page, 0o600); err != nil {
		t.Fatal(err)
	}

	s.alertd.start()
	s.alertd.ready()
	aside := s.movedAside()
	if len(aside) != 1 {
		t.Fatalf("moved aside: %q", aside)
	}
	if data, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(data, page) {
		t.Errorf("what was moved aside is not what was there: %d bytes, %v", len(data), err)
	}
	s.alertd.logs("level=ERROR", "was damaged", aside[0], "to_recover")
	eventually(t, "the alerts to be told", func() string {
		told := strings.Join(s.told(), ", ")
		if strings.Count(told, "Storma firing") != 2 || !strings.Contains(told, "StorageDamaged firing") || strings.Contains(told, "ended") {
			return told
		}
		return ""
	})
	s.kept()
	if err := os.Remove(aside[0]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the alert", func() string {
		if told := strings.Join(s.told(), ", "); !strings.HasSuffix(told, "StorageDamaged ended") {
			return told
		}
		return ""
	})
}

// A database that is damaged while alertd uses it.
func TestDamagedWhileRunning(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.alertd.start()
	s.alertd.ready()
	s.prometheus.set("a", 1)
	s.expect("Storma firing")
	// With the log in the database, every page is read from there.
	s.alertd.stop(syscall.SIGTERM)
	s.alertd.start()
	s.alertd.ready()
	st, err := os.Stat(s.database())
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(s.database(), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	// All but the first page: a disk that gives back nonsense.
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, int(st.Size())-4096), 4096); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s.prometheus.set("b", 1)
	s.alertd.logs("level=ERROR", "beginning anew")
	eventually(t, "all to be told again", func() string {
		s.look()
		told := strings.Join(s.told(), ", ")
		if strings.Count(told, "Storma firing") != 2 || strings.Count(told, "Stormb firing") == 0 || !strings.Contains(told, "StorageDamaged firing") {
			return told
		}
		return ""
	})
	if aside := s.movedAside(); len(aside) != 1 {
		t.Errorf("moved aside: %q", aside)
	}
	s.alertd.ready()
	s.promise("on the new one")
}

// look has alertd read as much as people do.
func (s *scene) look() {
	_, _ = s.alertd.alerts(s.t.Context())
	_, _ = s.alertd.silences(s.t.Context())
}

// A database of a newer alertd is not damaged: it is left alone.
func TestNewerDatabase(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.alertd.start()
	s.alertd.ready()
	id := s.promise("for later")
	s.alertd.stop(syscall.SIGTERM)
	s.schema("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	s.alertd.start()
	code, log := s.alertd.exits()
	if code == 0 || !strings.Contains(log, "newer alertd") || !strings.Contains(log, "9999") {
		t.Errorf("exit code %d\n%s", code, log)
	}
	if aside := s.movedAside(); len(aside) > 0 {
		t.Errorf("moved aside: %q", aside)
	}
	s.schema("DELETE FROM goose_db_version WHERE version_id = 9999")
	s.alertd.start()
	s.alertd.ready()
	s.kept(id)
}
