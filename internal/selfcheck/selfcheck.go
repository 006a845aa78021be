// Package selfcheck finds out what is wrong with alertd's own parts: channels that
// do not take messages, messages that wait too long, storage that is full or
// nearly so, a clock that was set. The engine makes alerts of what it finds.
package selfcheck

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"alertd/internal/alert"
)

// Limits say how much is too much.
type Limits struct {
	FailingFor  time.Duration // a channel that fails may be mended without anyone's doing for so long
	QueueAge    time.Duration // a message may wait for so long
	QueueLength int           // so many may wait for one integration
}

// labels returns the labels of a finding.
func labels(name, severity, component string, more ...string) alert.Labels {
	return alert.LabelsFromStrings(append([]string{alert.AlertName, name, "severity", severity, "component", component}, more...)...)
}

// spoken logs what begins to be wrong, once, and that it ended: the log is there
// even where no channel is.
type spoken struct {
	logger *slog.Logger
	mu     sync.Mutex
	about  map[string]bool
}

func newSpoken(logger *slog.Logger) *spoken { return &spoken{logger: logger, about: map[string]bool{}} }

// wrong says that something is wrong, unless it has said so.
func (s *spoken) wrong(about, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.about[about] {
		s.about[about] = true
		s.logger.Error(what, "about", about)
	}
}

// well says that it is not wrong any more, where it has said that it was.
func (s *spoken) well(about, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.about[about] {
		delete(s.about, about)
		s.logger.Info(what, "about", about)
	}
}

// inBytes writes a number of bytes for people.
func inBytes(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}
