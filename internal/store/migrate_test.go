package store

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// A database of before knows whom it told of what by its deliveries only.
func TestMigrationKnowsWhomItTold(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "old.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it is the test's own
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		exec(t, db, `INSERT INTO alerts VALUES (?, 'r', 'f', 's', 'firing', '{"alertname":"X"}', '{}', '1', '', '', 1, 2, 0, 2, 0, 0, '', '', '', 0, 0, 0, 0)`, id)
	}
	for id, d := range map[string][3]any{
		"1": {`{"firing":["a"]}`, "delivered", 20},
		"2": {`{"firing":["a","b"],"resolved":["gone"]}`, "delivered", 10},
		"3": {`{"resolved":["c"]}`, "delivered", 30},
		"4": {`{"firing":["c"]}`, "dead", 5},
	} {
		exec(t, db, `INSERT INTO deliveries VALUES (?, 'g', 'r', 'team', '{}', 'team/mail/0', ?, '', ?, 1, 1, 1, 1, '', ?, '')`, id, d[0], d[1], d[2])
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT alert_id, integration, at FROM first_told")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // an error of reading is in rows.Err
	got := map[string]int{}
	for rows.Next() {
		var id, integration string
		var at int
		if err := rows.Scan(&id, &integration, &at); err != nil {
			t.Fatal(err)
		}
		got[id+" "+integration] = at
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got["a team/mail/0"] != 10 || got["b team/mail/0"] != 10 || got["c team/mail/0"] != 30 {
		t.Errorf("first told: %v", got)
	}

	exec(t, db, "INSERT INTO events (at, kind, alert_id, labels, value, detail) VALUES (1, 'firing', 'a', '', '1', '')")
	if _, err := p.DownTo(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	var labels string
	if err := db.QueryRowContext(t.Context(), "SELECT labels FROM events").Scan(&labels); err != nil || labels != `{"alertname":"X"}` {
		t.Errorf("gone back, the event's labels are %q, error %v", labels, err)
	}
}

func exec(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}
