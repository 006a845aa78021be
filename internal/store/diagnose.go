package store

import (
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// diagnose says in words what is wrong with the storage and how to mend it, and
// which of this package's errors that is; nil where err is about something else.
func diagnose(err error) (words string, kind error) {
	const mendDamage = "alertd moves it aside and starts a new one; restore a backup"
	if _, ok := errors.AsType[damage](err); ok {
		return mendDamage, ErrDamaged
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case !ok:
		return "", nil
	case isFull(err):
		return "no space is left: free some on its file system", ErrUnavailable
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_IOERR:
		return "reading or writing failed: look at the disk and the kernel's log", ErrUnavailable
	case sqlite3.SQLITE_READONLY:
		return "it is read-only: look at its permissions and how its file system is mounted", ErrUnavailable
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return "a file cannot be opened: look at the permissions of the directory", ErrUnavailable
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return "another program holds a lock: close the SQLite shell or the backup that uses it", ErrUnavailable
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return mendDamage, ErrDamaged
	}
	return "", nil
}

// damage is what a check of the database found.
type damage string

func (d damage) Error() string { return strings.ReplaceAll(string(d), "\n", " ") }

// isFull tells whether err says that no disk space was left. Growing the
// shared index of the write-ahead log reports it as an I/O error.
func isFull(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && (failure.Code()&0xff == sqlite3.SQLITE_FULL || failure.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}
