package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
)

// asideInfix stands in the name of a damaged database between that of the
// database and the time at which it was moved aside.
const asideInfix = ".damaged-"

// sideFiles are what SQLite keeps beside a database, by the ends of their names.
func sideFiles() []string { return []string{"-wal", "-shm"} }

// MovedAside returns the names of the damaged databases in a storage directory,
// oldest first. They are there until somebody takes them away.
func MovedAside(dir string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(dir, databaseFile+asideInfix+"*"))
	if err != nil {
		return nil, fmt.Errorf("looking for damaged databases in %s: %w", dir, err)
	}
	var names []string
	for _, path := range found {
		if !slices.ContainsFunc(sideFiles(), func(end string) bool { return strings.HasSuffix(path, end) }) {
			names = append(names, filepath.Base(path))
		}
	}
	slices.Sort(names)
	return names, nil
}

// startAfresh moves the damaged database aside and opens an empty one, into
// which it takes over what silences can still be read.
func (s *sqliteStore) startAfresh(ctx context.Context, found error, now time.Time) error {
	aside, err := s.moveAside(now)
	if err != nil {
		return errors.Join(found, fmt.Errorf("moving it aside: %w", err))
	}
	if err := s.openDatabase(ctx); err != nil {
		return fmt.Errorf("having moved the damaged database to %s: %w", aside, err)
	}
	kept, err := s.salvage(ctx, aside, now)
	s.logger.ErrorContext(ctx, "The database was damaged: it was moved aside, and an empty one is in its place",
		"found", found, "moved_to", aside, "silences_kept", kept, "silences_lost", err,
		"lost", "what was told, what waits to be told, acknowledgements and the history; what still fires is told again, what ended meanwhile is not",
		"to_recover", "stop alertd, put a backup in the place of "+s.path+" and start it; or try: sqlite3 "+aside+" .recover",
		"then", "take "+aside+" away, which ends the alert StorageDamaged")
	return nil
}

// moveAside gives the database and the files beside it other names. The database
// goes first: what a crash leaves behind then is a log without a database, which
// connect takes for damage too, and not a database without its log.
func (s *sqliteStore) moveAside(now time.Time) (string, error) {
	aside := s.path + asideInfix + now.UTC().Format("20060102T150405.000Z")
	switch _, err := os.Lstat(aside); {
	case err == nil:
		return "", fmt.Errorf("%s is there already", aside)
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	for _, end := range append([]string{""}, sideFiles()...) {
		if err := os.Rename(s.path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, syncDirectory(filepath.Dir(s.path))
}

// syncDirectory makes renames in it durable.
func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// salvage takes over those silences of a damaged database that can be read and
// have not ended, and returns how many. The error tells why it may not be all.
func (s *sqliteStore) salvage(ctx context.Context, aside string, now time.Time) (int, error) {
	// Immutable, or SQLite would delete the log of a database that is empty. What
	// the log of another had came into the database when it was closed before.
	db, err := s.dial(aside, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if err != nil {
		return 0, err
	}
	c, err := newConn(ctx, db)
	if err != nil {
		return 0, errors.Join(err, db.Close())
	}
	// In the table's own order: an index is one more thing to be damaged.
	found, unread := collect(ctx, c, []alert.Silence(nil), scanSilence, "SELECT "+silenceColumns+" FROM silences NOT INDEXED")
	unread = errors.Join(unread, c.close(), db.Close())
	found = slices.DeleteFunc(found, func(sil alert.Silence) bool { return sil.StateAt(now) == alert.SilenceExpired })
	if len(found) == 0 {
		return 0, unread
	}
	if err := s.SaveSilences(ctx, now, found...); err != nil {
		return 0, errors.Join(unread, err)
	}
	return len(found), unread
}
