package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// Schedule is when a cron job is due, in its own time zone.
type Schedule struct {
	spec     string
	location *time.Location
	slots    cron.Schedule // in wall-clock time, which is kept as if it were UTC
	fixed    bool          // its hour and minute are given: see next
}

// ParseSchedule reads a cron expression of 5 fields (or 6, the first being
// seconds) or a descriptor such as @daily. timezone is an IANA name; "" is UTC.
func ParseSchedule(spec, timezone string) (*Schedule, error) {
	location, err := time.LoadLocation(timezone)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", timezone, err)
	}
	parser, err := cron.TryNewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	if err != nil {
		return nil, fmt.Errorf("making the schedule parser: %w", err)
	}
	if strings.HasPrefix(spec, "@every") || strings.Contains(spec, "TZ=") {
		return nil, fmt.Errorf("schedule %q: @every has no fixed slots (use max_age), and a time zone goes into timezone", spec)
	}
	slots, err := parser.Parse(spec)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", spec, err)
	}
	if slots.Next(time.Unix(0, 0).UTC()).IsZero() {
		return nil, fmt.Errorf("schedule %q: no such moment ever comes", spec)
	}
	return &Schedule{spec: spec, location: location, slots: slots, fixed: fixedTime(spec)}, nil
}

// String returns the schedule as it was written, with its time zone.
func (s *Schedule) String() string { return s.spec + " " + s.location.String() }

// Next returns the first slot after t, in UTC; zero where there is none.
func (s *Schedule) Next(t time.Time) time.Time {
	if at := s.next(t); !at.IsZero() {
		return at.UTC()
	}
	return time.Time{}
}

// shortest returns the shortest time between two of the next slots from a
// common day on: of a year of daily ones.
func (s *Schedule) shortest() time.Duration {
	const slots = 366
	shortest := time.Duration(0)
	at := s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	for range slots {
		next := s.Next(at)
		if next.IsZero() {
			break
		}
		if between := next.Sub(at); shortest == 0 || between < shortest {
			shortest = between
		}
		at = next
	}
	return shortest
}

// Last returns the last slot at or before t; zero where there is none within
// five years.
func (s *Schedule) Last(t time.Time) time.Time {
	const day = 24 * time.Hour
	for _, back := range []time.Duration{time.Minute, time.Hour, day, 8 * day, 32 * day, 370 * day, 5 * 370 * day} {
		slot := s.Next(t.Add(-back))
		if slot.IsZero() || slot.After(t) {
			continue
		}
		return s.lastFrom(slot, t)
	}
	return time.Time{}
}

// lastFrom returns the last slot at or before t, given one. It halves the time
// between: a schedule may have a slot every second of one day in four years.
func (s *Schedule) lastFrom(slot, t time.Time) time.Time {
	for none := t; ; { // after none there is no slot until t
		next := s.Next(slot)
		if next.IsZero() || next.After(t) {
			return slot
		}
		slot = next
		half := slot.Add(none.Sub(slot) / 2)
		if next := s.Next(half); next.IsZero() || next.After(t) {
			none = half
		} else {
			slot = next
		}
	}
}
