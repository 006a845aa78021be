package standalone

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	repeatAfter = 6 * time.Hour // until the same complaint is logged again
	maxSeen     = 256           // complaints remembered

	// noUdev is what node_exporter says in every container and on every host
	// without udev. No rule needs what it then leaves out.
	noUdev = "Failed to open directory, disabling udev device properties"
)

// newQuietLogger returns a logger for the libraries: their news is debugging
// to us, and a collector that fails at every scrape is told of once, not every
// 15 seconds. Nothing is logged above the ceiling.
func newQuietLogger(logger *slog.Logger, ceiling slog.Level) *slog.Logger {
	return slog.New(&quietHandler{next: logger.Handler(), ceiling: ceiling, seen: &complaints{last: map[string]time.Time{}}})
}

type quietHandler struct {
	next    slog.Handler
	ceiling slog.Level
	context string // the attributes given so far
	seen    *complaints
}

func (h *quietHandler) level(l slog.Level) slog.Level {
	if l < slog.LevelWarn {
		return slog.LevelDebug
	}
	return min(l, h.ceiling)
}

// Enabled tells whether a record of that level would be logged at all.
func (h *quietHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return h.next.Enabled(ctx, h.level(l))
}

// Handle logs the record at its new level, unless it was just said.
func (h *quietHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Level = h.level(r.Level)
	if r.Message == noUdev {
		r.Level = slog.LevelDebug
	}
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	if r.Level >= slog.LevelWarn && !h.seen.isNew(h.key(r), r.Time) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// key tells complaints apart: by everything but how long they took.
func (h *quietHandler) key(r slog.Record) string {
	var b strings.Builder
	fmt.Fprint(&b, h.context, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if !strings.HasPrefix(a.Key, "duration") {
			fmt.Fprint(&b, " ", a)
		}
		return true
	})
	return b.String()
}

// WithAttrs returns a handler that adds the attributes.
func (h *quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.next = h.next.WithAttrs(attrs)
	c.context += fmt.Sprint(attrs)
	return &c
}

// WithGroup returns a handler that puts later attributes into a group.
func (h *quietHandler) WithGroup(name string) slog.Handler {
	c := *h
	c.next = h.next.WithGroup(name)
	c.context += name + "."
	return &c
}

type complaints struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (c *complaints) isNew(key string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, ok := c.last[key]; ok && now.Sub(last) < repeatAfter {
		return false
	}
	if len(c.last) >= maxSeen {
		clear(c.last) // rather say something twice than grow for ever
	}
	c.last[key] = now
	return true
}
