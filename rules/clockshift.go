package rules

import (
	"slices"
	"strings"
	"time"
)

// widestShift is more than any clock is put forward or back at once.
const widestShift = 4 * time.Hour

// fixedTime tells whether a cron expression names its hour and minute. As in
// Vixie cron, fields that begin with a star do not.
func fixedTime(spec string) bool {
	if strings.HasPrefix(spec, "@") {
		return spec != "@hourly"
	}
	fields := strings.Fields(spec)
	if len(fields) == 6 {
		fields = fields[1:] // the seconds
	}
	return len(fields) == 5 && !strings.ContainsAny(fields[0][:1]+fields[1][:1], "*?")
}

// wallClock returns what a clock in the location shows at t, as if it were UTC.
func wallClock(t time.Time, location *time.Location) time.Time {
	_, offset := t.In(location).Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// onClock returns a moment at which a clock in the location shows wall; where
// it never does, one nearby.
func onClock(wall time.Time, location *time.Location) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), location)
}

// steady tells whether no clock is put forward or back around t.
func (s *Schedule) steady(t time.Time) bool {
	_, before := t.Add(-widestShift).In(s.location).Zone()
	_, after := t.Add(widestShift).In(s.location).Zone()
	return before == after
}

// nextAcrossShift finds the next slot where the clock is about to be put
// forward or back, or has just been: there the order of moments is not the
// order of what the clock shows.
func (s *Schedule) nextAcrossShift(t time.Time) time.Time {
	var next time.Time
	wall := wallClock(t, s.location).Add(-widestShift)
	for wall = s.slots.Next(wall); !wall.IsZero(); wall = s.slots.Next(wall) {
		if !next.IsZero() && wall.After(wallClock(next, s.location).Add(widestShift)) {
			break
		}
		for _, at := range s.instants(wall) {
			if at.After(t) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next
}

// instants returns the moments at which cron runs what is due when the clock
// shows wall. As Vixie cron (crontab(5), "daylight saving time") has it: what
// is due at a time that the clock skips runs at once after the jump, and what
// is due at a time that comes twice runs the first time; but jobs whose hour
// or minute is a star simply follow the clock.
func (s *Schedule) instants(wall time.Time) []time.Time {
	var all []time.Time
	near := onClock(wall, s.location)
	for _, about := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		_, offset := near.Add(about).In(s.location).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if wallClock(at, s.location).Equal(wall) && !slices.ContainsFunc(all, at.Equal) {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	switch {
	case !s.fixed:
		return all
	case len(all) > 1:
		return all[:1]
	case len(all) == 0:
		_, jump := near.Add(-24 * time.Hour).In(s.location).ZoneBounds()
		return []time.Time{jump.UTC()}
	}
	return all
}
