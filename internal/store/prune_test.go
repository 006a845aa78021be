package store_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func TestPruneGivesSpaceBack(t *testing.T) {
	path := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	e := &alert.Evaluation{Group: "g", At: noon()}
	for range 5000 {
		e.Events = append(e.Events, alert.Event{At: noon(), Detail: strings.Repeat("x", 1000)})
	}
	if err := s.CommitEvaluation(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	before := pages(t, s, "page_count")
	if err := os.Remove(filepath.Join(path, "alertd.reserve")); err != nil {
		t.Fatal(err)
	}
	n, err := s.Prune(t.Context(), noon().Add(time.Hour), store.Retention{History: time.Minute})
	if err != nil || n != 5000 {
		t.Fatalf("pruned %d, %v", n, err)
	}
	if after, free := pages(t, s, "page_count"), pages(t, s, "freelist_count"); after > before/10 || free > 0 {
		t.Errorf("%d pages became %d, of which %d are free", before, after, free)
	}
	if !hasReserve(path) {
		t.Error("there is no reserve")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(filepath.Join(path, "alertd.db")); err != nil || st.Size() > 500_000 {
		t.Errorf("the file: %d bytes, %v", st.Size(), err)
	}
	if _, err := os.Stat(filepath.Join(path, "alertd.db-wal")); err == nil {
		t.Error("closing left a log")
	}
}

func pages(t *testing.T, s store.Store, pragma string) int {
	t.Helper()
	answer, err := store.Ask(t.Context(), s, "PRAGMA "+pragma)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(answer[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Others drive their loops by synctest with a real store.
func TestInABubble(t *testing.T) {
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, path)
		done := make(chan error)
		for range 8 {
			go func() {
				for range 5 {
					<-time.After(time.Second)
					if err := s.CommitEvaluation(t.Context(), evaluation(3, 3)); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if all, err := s.ActiveAlerts(t.Context()); err != nil || len(all) != 3 {
			t.Error(len(all), err)
		}
	})
}
