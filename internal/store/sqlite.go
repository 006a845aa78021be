package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The files in the storage directory, next to which SQLite keeps alertd.db-wal
// and alertd.db-shm.
const (
	databaseFile = "alertd.db"
	lockFile     = "alertd.lock"
	reserveFile  = "alertd.reserve"
)

const (
	readConnections = 3
	busyTimeout     = 5000    // milliseconds; only other programs can hold a lock
	logSizeLimit    = 8 << 20 // bytes that the write-ahead log keeps after a checkpoint
	// writerCache is how many KiB of pages the connection that writes keeps at most.
	// The indexes by alert are written all over, and beyond it page by page.
	writerCache = 24 << 10
)

// Options says where the state is kept.
type Options struct {
	Path       string                // a directory, made where it is missing
	Logger     *slog.Logger          // nil: no log
	Registerer prometheus.Registerer // nil: no metrics

	// Damages is how often the database was found damaged while this program used
	// it. After the first time it is read through as a whole; after a second one
	// it is moved aside, whatever that finds.
	Damages int
	// OnDamage is called, at most once, when the open database is found damaged.
	// Nothing good comes of using it: close the store and open it again. nil: no
	// call.
	OnDamage func(error)
}

// sqliteStore keeps everything in one SQLite file: one connection writes, in
// transactions that are on disk when they return; a few others read, each the
// state of the last commit.
type sqliteStore struct {
	path     string // of the database file
	logger   *slog.Logger
	lock     *os.File
	reserve  reserve
	writer   *pool
	waiting  waiting // for the writer
	active   activeAlerts
	readers  *pool
	revision atomic.Int64 // of the last change to any group
	closing  sync.Once
	damages  int
	onDamage func(error) // nil until it is open
	damaged  sync.Once

	metrics    *metrics
	registerer prometheus.Registerer
}

// Open opens the store in the directory, making and migrating what is missing.
// Only one process can have a directory open. A damaged database is moved aside
// (see MovedAside) and an empty one made. Errors name the path and what to do;
// ErrDamaged where the database is damaged and could not be moved.
func Open(ctx context.Context, o Options) (_ Store, err error) {
	if err := makeDirectory(o.Path); err != nil {
		return nil, err
	}
	lock, err := lockDirectory(o.Path)
	if err != nil {
		return nil, err
	}
	s := &sqliteStore{
		path:       filepath.Join(o.Path, databaseFile),
		logger:     o.Logger,
		lock:       lock,
		reserve:    reserve{path: filepath.Join(o.Path, reserveFile)},
		registerer: o.Registerer,
		damages:    o.Damages,
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	s.metrics = newMetrics(s.size)
	if err = s.openDatabase(ctx); errors.Is(err, ErrDamaged) {
		s.damages = 0 // the next one is new
		err = s.startAfresh(ctx, err, time.Now())
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.onDamage = o.OnDamage
	if err := s.metrics.register(o.Registerer); err != nil {
		s.registerer = nil
		return nil, errors.Join(fmt.Errorf("registering the metrics of the store: %w", err), s.Close())
	}
	if err := s.reserve.renew(); err != nil {
		s.logger.WarnContext(ctx, "No reserve for a full disk", "path", s.reserve.path, "err", err)
	}
	return s, nil
}

// openDatabase opens, checks and migrates the database. Even that needs some
// disk space, which the reserve gives where there is no other.
func (s *sqliteStore) openDatabase(ctx context.Context) error {
	err := s.connect(ctx)
	if isFull(err) && s.reserve.release() {
		s.logger.WarnContext(ctx, "The disk is full: gave up the reserve to be able to start",
			"path", s.reserve.path, "bytes", reserveSize)
		err = s.connect(ctx)
	}
	return s.explain("opening the database", err)
}

func (s *sqliteStore) connect(ctx context.Context) (err error) {
	// SQLite would make the file readable for everybody.
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("give %s to the user that runs alertd, and make it writable: %w", s.path, err)
	}
	if err := errors.Join(s.checkLog(f), f.Close()); err != nil {
		return err
	}
	db, err := s.dial(s.path, url.Values{
		"_txlock":       {"immediate"},
		"_auto_vacuum":  {"incremental"}, // takes effect when the file is new
		"_journal_mode": {"wal"},
		"_synchronous":  {"full"}, // a commit is on disk when it returns
		"_foreign_keys": {"on"},
		"_pragma": {
			"journal_size_limit(" + strconv.Itoa(logSizeLimit) + ")", "temp_store(memory)",
			"cache_size(-" + strconv.Itoa(writerCache) + ")",
		},
	})
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	if s.writer, err = openPool(ctx, db, 1); err != nil {
		return err
	}
	db, err = s.dial(s.path, url.Values{
		"_query_only": {"on"},
		"_pragma":     {"temp_store(memory)"},
	})
	if err == nil {
		s.readers, err = openPool(ctx, db, readConnections)
	}
	if err != nil {
		return errors.Join(err, s.writer.close())
	}
	c, err := s.readers.take(ctx)
	if err == nil {
		err = s.active.load(ctx, c)
		s.readers.put(c)
	}
	if err != nil {
		return errors.Join(err, s.readers.close(), s.writer.close())
	}
	return nil
}

// checkLog refuses an empty database beside a write-ahead log that is not:
// SQLite would delete the log.
func (s *sqliteStore) checkLog(database *os.File) error {
	st, err := database.Stat()
	if err != nil {
		return err
	}
	if log, err := os.Stat(s.path + "-wal"); err == nil && st.Size() == 0 && log.Size() > 0 {
		return damage("the file is empty, and its write-ahead log is not")
	}
	return nil
}

// dial returns a database by connections that have the given parameters.
func (s *sqliteStore) dial(path string, params url.Values) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	params.Set("_busy_timeout", strconv.Itoa(busyTimeout))
	params.Set("_error_rc", "true") // messages of the failure at hand, not of an earlier one
	params.Set("_dqs", "false")     // a misspelt column is an error, not a string
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}
	return sql.Open("sqlite", dsn.String())
}

// size returns the bytes that the database takes on disk.
func (s *sqliteStore) size() float64 {
	total := int64(0)
	for _, path := range []string{s.path, s.path + "-wal"} {
		// The log is not there at every moment.
		if st, err := os.Stat(path); err == nil {
			total += st.Size()
		}
	}
	return float64(total)
}

func (s *sqliteStore) Close() (err error) {
	s.closing.Do(func() {
		s.metrics.unregister(s.registerer)
		// The writer after the readers, so that it leaves one file without a
		// log, and the lock last, so that nobody else comes in before.
		err = errors.Join(s.readers.close(), s.writer.close(), s.lock.Close())
	})
	if err != nil {
		return fmt.Errorf("closing %s: %w", s.path, err)
	}
	return nil
}
