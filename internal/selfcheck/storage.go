package selfcheck

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"alertd/internal/alert"
	"alertd/rules/engine"
)

const (
	// brief is how long the storage may fail before people are told: another
	// program may hold its lock for a moment.
	brief = 30 * time.Second
	// Too little space is left below a tenth of the file system, but no more than
	// mostFree and no less than leastFree, which the store's reserve needs.
	mostFree  = 100 << 20
	leastFree = 16 << 20
)

// Storage looks at whether alertd can store what happens. By writing at times
// itself it notices even where nothing happens.
type Storage struct {
	Path   string // the storage directory
	Save   func(ctx context.Context, run alert.Run) error
	Groups func() []engine.GroupStatus
	Logger *slog.Logger

	mu  sync.Mutex
	run alert.Run // as saved last, or tried
	err error     // of that
}

// Saved saves that alertd runs, or that it has stopped.
func (s *Storage) Saved(ctx context.Context, run alert.Run) error {
	err := s.Save(ctx, run)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run, s.err = run, err
	return err
}

// again tries once more to save the run, where that failed.
func (s *Storage) again(ctx context.Context, now time.Time) {
	s.mu.Lock()
	run, err := s.run, s.err
	s.mu.Unlock()
	if err != nil {
		run.AliveAt = now
		_ = s.Saved(ctx, run) // it keeps the error
	}
}

// Err returns why nothing can be stored at the moment, or nil. That the checks'
// own findings are not stored yet says nothing: they are stored after they are
// looked for.
func (s *Storage) Err() error {
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if err != nil {
		return err
	}
	for _, g := range s.Groups() {
		if g.StoreError != "" && g.Name != alert.OwnGroup {
			return fmt.Errorf("the evaluation of %s: %s", g.Name, g.StoreError)
		}
	}
	return nil
}

// Checks returns StorageUnavailable and StorageLow.
func (s *Storage) Checks() []engine.Check {
	said := newSpoken(s.Logger)
	return []engine.Check{
		{Name: alert.StorageUnavailable, For: brief, Look: func(ctx context.Context, now time.Time) ([]engine.Finding, error) {
			s.again(ctx, now)
			return s.unavailable(said), nil
		}},
		{Name: "StorageLow", Unit: "bytes", Look: s.low},
	}
}

func (s *Storage) unavailable(said *spoken) []engine.Finding {
	err := s.Err()
	if err == nil {
		said.well(alert.StorageUnavailable, "What happens can be stored again")
		return nil
	}
	said.wrong(alert.StorageUnavailable, "What happens cannot be stored: "+err.Error())
	return []engine.Finding{{
		Labels:  labels(alert.StorageUnavailable, "critical", "storage", "path", s.Path),
		Value:   1,
		Summary: "alertd cannot store what happens",
		Description: fmt.Sprintf("It goes on evaluating, and tells from memory, at most every half minute, what begins to fire: "+
			"such messages come again once it can store. If it is restarted before, it forgets them. The error: %v", err),
	}}
}

func (s *Storage) low(context.Context, time.Time) ([]engine.Finding, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.Path, &fs); err != nil {
		return nil, fmt.Errorf("asking for the free space of %s: %w", s.Path, err)
	}
	free, size := fs.Bavail*uint64(fs.Bsize), fs.Blocks*uint64(fs.Bsize) //nolint:gosec // sizes are not negative
	least := tooLittle(size)
	if free >= least {
		return nil, nil
	}
	return []engine.Finding{{
		Labels:      labels("StorageLow", "warning", "storage", "path", s.Path),
		Value:       float64(free),
		Summary:     fmt.Sprintf("Only %s are left where alertd keeps its state", inBytes(free)),
		Description: fmt.Sprintf("Below %s of %s it warns; with none left it can store nothing.", inBytes(least), inBytes(size)),
	}}, nil
}

// tooLittle returns below how many free bytes of a file system of that size people
// are told.
func tooLittle(size uint64) uint64 { return max(leastFree, min(mostFree, size/10)) }
