package notifier

import (
	"maps"
	"slices"
	"sync"
	"time"

	"alertd/internal/alert"
)

// Health is how telling one integration has gone since alertd started. The zero
// Health is that nothing was told it yet.
type Health struct {
	DeliveredAt  time.Time // the last success; zero: none yet
	FailingSince time.Time // the first failure after it; zero: none
	Lost         int       // messages refused for good, or expired, after it
	LastError    string    // of the last failure
}

// Works tells whether the latest that is known of the integration is a success.
func (h Health) Works() bool {
	return !h.DeliveredAt.IsZero() && h.FailingSince.IsZero() && h.Lost == 0
}

// attempts remembers how telling goes, by integration, over reloads.
type attempts struct {
	mu sync.Mutex
	by map[string]Health
}

// took takes note of what came of a delivery.
func (a *attempts) took(d *alert.Delivery, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.by[d.Integration]
	switch d.State {
	case alert.DeliveryDelivered:
		h = Health{DeliveredAt: now}
	case alert.DeliveryDead, alert.DeliveryExpired:
		h.Lost++
		h.LastError = d.LastError
	default:
		if h.FailingSince.IsZero() {
			h.FailingSince = now
		}
		h.LastError = d.LastError
	}
	a.by[d.Integration] = h
}

// Health returns how telling each integration of the configuration goes.
func (n *Notifier) Health() map[string]Health {
	n.attempts.mu.Lock()
	known := maps.Clone(n.attempts.by)
	n.attempts.mu.Unlock()
	all := map[string]Health{}
	setup := n.current()
	if setup == nil {
		return all
	}
	for target := range setup.targets() {
		all[target.ID] = known[target.ID]
	}
	return all
}

// targets yields every integration, by receiver name.
func (s *Setup) targets() func(yield func(Target) bool) {
	return func(yield func(Target) bool) {
		for _, name := range slices.Sorted(maps.Keys(s.Receivers)) {
			for _, t := range s.Receivers[name] {
				if !yield(t) {
					return
				}
			}
		}
	}
}
