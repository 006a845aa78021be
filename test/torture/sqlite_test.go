package torture

import (
	"database/sql"
	"errors"

	_ "modernc.org/sqlite" // the driver
)

// schema changes alertd's database behind its back, while it does not run.
func (s *scene) schema(statement string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.database())
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = db.ExecContext(s.t.Context(), statement)
	if err := errors.Join(err, db.Close()); err != nil {
		s.t.Fatal(err)
	}
}
