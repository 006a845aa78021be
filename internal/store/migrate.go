package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// checkedSize is up to how many bytes a database is read through when it is
// opened, which takes some milliseconds a megabyte.
const checkedSize = 64 << 20

// prepare checks the database and brings it to the schema of today.
func (s *sqliteStore) prepare(ctx context.Context, db *sql.DB) error {
	if err := s.check(ctx, db); err != nil {
		return fmt.Errorf("checking it: %w", err)
	}
	if err := s.migrate(ctx, db); err != nil {
		return fmt.Errorf("migrating it: %w", err)
	}
	// Nobody remembers a revision from before the start.
	var last int64
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(revision), 0) FROM groups").Scan(&last); err != nil {
		return fmt.Errorf("reading the last revision: %w", err)
	}
	s.revision.Store(last)
	return nil
}

// check reads the database through as far as that is worth its time: indexes
// too where there is a doubt.
func (s *sqliteStore) check(ctx context.Context, db *sql.DB) error {
	pragma := "PRAGMA quick_check(1)"
	switch {
	case s.damages > 1:
		return damage("it was found damaged time and again")
	case s.damages == 1:
		pragma = "PRAGMA integrity_check(1)"
	case s.size() > checkedSize:
		return nil
	}
	var finding string
	if err := db.QueryRowContext(ctx, pragma).Scan(&finding); err != nil {
		return err
	}
	if finding != "ok" {
		return damage(finding)
	}
	return nil
}

func (s *sqliteStore) migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if has > knows {
		return fmt.Errorf("%s was written by a newer alertd (schema %d, this one knows %d): "+
			"upgrade alertd, or name another directory with --storage.path", s.path, has, knows)
	}
	done, err := p.Up(ctx)
	for _, m := range done {
		s.logger.InfoContext(ctx, "Migrated the database", "path", s.path, "schema", m.Source.Version, "took", m.Duration)
	}
	return err
}
