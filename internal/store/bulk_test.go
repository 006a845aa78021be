package store

import (
	"context"
	"testing"
	"time"
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
