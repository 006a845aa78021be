package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"alertd/internal/alert"
)

// A row in the middle of many that the database refuses ends the statement;
// what makes the rows must not go on, nor wait for ever.
func TestBulkRefused(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // nothing was written
	insert := bulk{before: "INSERT INTO events (at, kind, alert_id, labels, value, detail)", columns: 6}
	made := 0
	err = s.(*sqliteStore).write(t.Context(), opCommitEvaluation, "testing", func(ctx context.Context, c *conn) error {
		return insert.exec(ctx, c, 100*maxRows, func(i int, args []any) []any {
			made++
			var kind any = "firing"
			if i == 5*maxRows {
				kind = nil
			}
			return append(args, int64(1), kind, "", "", "", "")
		})
	})
	if err == nil {
		t.Error("a row without a kind was taken")
	}
	if made > 10*maxRows {
		t.Errorf("%d rows were made after the refused one", made-5*maxRows)
	}
	if events, err := s.Events(t.Context(), time.Time{}, time.Time{}, 1); err != nil || len(events) > 0 {
		t.Errorf("left %v, %v", events, err)
	}
}

// Columns that are alike in all rows of a statement are given once, and what is
// written is the same.
func TestBulkAlike(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it was all read
	var events []alert.Event
	for i := range 3*maxRows + 9 {
		e := alert.Event{At: time.Unix(int64(1000+i/maxRows), 0).UTC(), Kind: alert.EventFiring, AlertID: fmt.Sprint(i), Value: float64(i)}
		if i == maxRows+7 { // in the middle of the second statement
			e.Kind, e.Detail = alert.EventResolved, "other"
		}
		events = append(events, e)
	}
	if err := s.(*sqliteStore).write(t.Context(), opCommitEvaluation, "testing", func(ctx context.Context, c *conn) error {
		return appendEvents(ctx, c, events, nil)
	}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Events(t.Context(), time.Time{}, time.Time{}, len(events)+1)
	if err != nil || len(got) != len(events) {
		t.Fatalf("%d events, want %d: %v", len(got), len(events), err)
	}
	slices.Reverse(got) // the latest come first
	for i := range got {
		if got[i].AlertID != events[i].AlertID || got[i].Kind != events[i].Kind || !got[i].At.Equal(events[i].At) || got[i].Value != events[i].Value || got[i].Detail != events[i].Detail {
			t.Errorf("event %d is %+v, want %+v", i, got[i], events[i])
		}
	}
}
