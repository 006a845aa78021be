// Package mutetime tells when a route is muted: which of its named time
// intervals hold at a moment, and when that changes. What an interval contains
// is Alertmanager's own reading, of package timeinterval.
package mutetime

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
)

// horizon is how far ahead the end of a mute is looked for. Most end within
// days; one that lasts longer is looked at again then.
const horizon = 366 * 24 * time.Hour

// Intervals is the `time_intervals` section: intervals by name. A name stands
// for all of its intervals together.
type Intervals map[string][]timeinterval.TimeInterval

// Schedule is when one route is muted. It is safe for concurrent use.
type Schedule struct {
	mute, active []named

	mu   sync.Mutex
	memo span // the one that was asked for last
}

type named struct {
	name  string
	times []timeinterval.TimeInterval
}

// span is a time throughout which a schedule is muted, or is not: up to, and
// without, its end.
type span struct {
	from, end time.Time
}

// Schedule returns when a route is muted: while any of the mute intervals
// holds, and where active intervals are named while none of those does; nil
// where the route names none at all. A name that is not known is an error.
func (all Intervals) Schedule(mute, active []string) (*Schedule, error) {
	if len(mute) == 0 && len(active) == 0 {
		return nil, nil
	}
	s := &Schedule{}
	for _, list := range []struct {
		names []string
		to    *[]named
	}{{mute, &s.mute}, {active, &s.active}} {
		for _, name := range list.names {
			times, known := all[name]
			if !known {
				return nil, fmt.Errorf("there is no time interval %q", name)
			}
			*list.to = append(*list.to, named{name, times})
		}
	}
	return s, nil
}

// At returns by which intervals the route is muted at t; none where it is not.
// Outside of all active intervals those are named, as in Alertmanager. A nil
// schedule is never muted.
func (s *Schedule) At(t time.Time) []string {
	if s == nil {
		return nil
	}
	var by []string
	for _, n := range s.mute {
		if n.contains(t) {
			by = append(by, n.name)
		}
	}
	if len(s.active) > 0 && !slices.ContainsFunc(s.active, func(n named) bool { return n.contains(t) }) {
		for _, n := range s.active {
			by = append(by, n.name)
		}
	}
	return by
}

// Until returns when the route, muted at t or not, will cease to be so; a year
// from t where it stays so for longer, zero where it has no intervals.
func (s *Schedule) Until(t time.Time) time.Time {
	if s == nil {
		return time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Before(s.memo.from) || !t.Before(s.memo.end) {
		s.memo = span{t, s.change(t, t.Add(horizon))}
	}
	return s.memo.end
}

// Throughout tells whether the route is muted from from to to without a break.
func (s *Schedule) Throughout(from, to time.Time) bool {
	return s.muted(from) && !s.change(from, to).Before(to)
}

func (s *Schedule) muted(t time.Time) bool { return len(s.At(t)) > 0 }

// change returns the first moment after t, and not after limit, at which being
// muted is not what it is at t; limit where there is none.
func (s *Schedule) change(t, limit time.Time) time.Time {
	muted := s.muted(t)
	for t.Before(limit) {
		next := limit
		for _, n := range slices.Concat(s.mute, s.active) {
			for i := range n.times {
				if b := boundary(&n.times[i], t); b.Before(next) {
					next = b
				}
			}
		}
		if t = next; t.Before(limit) && s.muted(t) != muted {
			return t
		}
	}
	return limit
}

func (n named) contains(t time.Time) bool {
	// Intervals without a location are in UTC.
	return slices.ContainsFunc(n.times, func(i timeinterval.TimeInterval) bool { return i.ContainsTime(t.UTC()) })
}

// boundary returns the first moment after t at which an interval may begin or
// end: a time of day that it names, midnight, or a shift of its zone's clock,
// which skips or repeats such times. Between two boundaries it does neither.
func boundary(i *timeinterval.TimeInterval, t time.Time) time.Time {
	local := t.UTC()
	if i.Location != nil {
		local = t.In(i.Location.Location)
	}
	const day = 24 * 60
	now, next := local.Hour()*60+local.Minute(), day
	for _, r := range i.Times {
		for _, minute := range []int{r.StartMinute, r.EndMinute} {
			if minute > now && minute < next {
				next = minute
			}
		}
	}
	// On the clock as it stands: a shift before then is a boundary of its own.
	_, offset := local.Zone()
	at := time.Date(local.Year(), local.Month(), local.Day(), 0, next, 0, 0, time.FixedZone("", offset))
	if _, shift := local.ZoneBounds(); shift.After(t) && shift.Before(at) {
		return shift
	}
	return at
}
