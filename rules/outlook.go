package rules

import "time"

// How far ahead a schedule is looked at: a year has every shift of the clock,
// and so many slots show the rhythm of a schedule that has more.
const (
	outlook      = 400 * 24 * time.Hour
	outlookSlots = 2000
)

// Gaps returns the shortest and the longest time between two slots after from,
// and 0 where there are not two.
func (s *Schedule) Gaps(from time.Time) (shortest, longest time.Duration) {
	last := s.Next(from)
	for range outlookSlots {
		if last.IsZero() || last.After(from.Add(outlook)) {
			break
		}
		next := s.Next(last)
		if next.IsZero() {
			break
		}
		gap := next.Sub(last)
		if shortest == 0 || gap < shortest {
			shortest = gap
		}
		longest = max(longest, gap)
		last = next
	}
	return shortest, longest
}

// Shifted is a slot at a time that the clock skips, or shows twice.
type Shifted struct {
	Wall  time.Time // what the clock would show, as if it were UTC
	Twice bool      // it comes twice; else never
}

// Shifted returns the first slot within a year from a moment that the clock skips
// or shows twice. Schedules that follow the clock, every hour or minute, have none.
func (s *Schedule) Shifted(from time.Time) (Shifted, bool) {
	if !s.fixed {
		return Shifted{}, false
	}
	for t := from; ; {
		_, shift := t.In(s.location).ZoneBounds()
		if shift.IsZero() || shift.After(from.Add(outlook)) {
			return Shifted{}, false
		}
		_, before := shift.Add(-time.Second).In(s.location).Zone()
		_, after := shift.In(s.location).Zone()
		// The times that a clock shows twice, or never, lie between what it
		// shows at the shift by the one offset and by the other.
		first := shift.Add(time.Duration(min(before, after)) * time.Second).UTC()
		end := shift.Add(time.Duration(max(before, after)) * time.Second).UTC()
		if slot := s.slots.Next(first.Add(-time.Second)); !slot.IsZero() && slot.Before(end) {
			return Shifted{Wall: slot, Twice: after < before}, true
		}
		t = shift
	}
}
