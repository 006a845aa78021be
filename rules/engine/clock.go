package engine

import (
	"time"

	"alertd/internal/alert"
)

const (
	// leastJump is by how much the clock must be set at once to be noticed: less
	// is what time servers correct.
	leastJump = 30 * time.Second
	// settling is how long nothing is evaluated after the clock was set. Until
	// Prometheus has scraped by the new time, what it has is of another hour.
	settling = time.Minute
)

// Reading is what two clocks say at one moment.
type Reading struct {
	Wall    time.Time     // the time of day, which can be set
	Elapsed time.Duration // since some moment, by a clock that only goes forward
}

// SystemClock returns what reads the system's clocks, the second one since start.
func SystemClock(start time.Time) func() Reading {
	return func() Reading {
		now := time.Now()
		return Reading{Wall: now.Round(0), Elapsed: now.Sub(start)} // Round drops the second clock
	}
}

// Jump returns by how much the time of day was set between two readings; 0
// where that is too little to matter. A machine that slept looks as if its clock
// had been set forward.
func Jump(before, now Reading) time.Duration {
	by := now.Wall.Sub(before.Wall) - (now.Elapsed - before.Elapsed)
	if by.Abs() < leastJump {
		return 0
	}
	return by
}

// reclock takes note of the clocks, and tells whether the time of day was set.
func (r *runner) reclock() bool {
	now, before := r.engine.o.Clock(), r.clock
	r.clock = now
	by := Jump(before, now)
	if by == 0 {
		return false
	}
	r.settled = now.Elapsed + settling
	for _, alerts := range r.alerts {
		for i := range alerts {
			shift(&alerts[i], by)
		}
	}
	r.logger.Warn("The clock was set; nothing is evaluated until there are samples of the new time", "by", by, "for", settling)
	return true
}

// settles tells whether there are no samples of the new time yet. alertd's own
// checks need none.
func (r *runner) settles() bool { return r.group.Name != ownGroup && r.clock.Elapsed < r.settled }

// shift moves the times that an alert's timers run from, so that they last as
// long as they would have.
func shift(a *alert.Alert, by time.Duration) {
	for _, t := range []*time.Time{&a.KeepFiringSince, &a.HealthySince, &a.MissingSince} {
		if !t.IsZero() {
			*t = t.Add(by)
		}
	}
	if a.State == alert.Pending {
		a.ActiveAt = a.ActiveAt.Add(by)
	}
}
