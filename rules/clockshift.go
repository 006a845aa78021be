package rules

import (
	"strings"
	"time"
)

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

// period is a time in which no clock of a location is put forward or back.
type period struct {
	begin, end     time.Time     // zero where there is no such shift; end is outside
	offset, before time.Duration // from UTC, and that of the period before
}

func periodAt(t time.Time, location *time.Location) period {
	local := t.In(location)
	var p period
	p.begin, p.end = local.ZoneBounds()
	p.offset = offset(local)
	p.before = p.offset
	if !p.begin.IsZero() {
		p.before = offset(p.begin.Add(-1))
	}
	return p
}

func offset(local time.Time) time.Duration {
	_, seconds := local.Zone()
	return time.Duration(seconds) * time.Second
}

// clock returns what the clock shows at t, as if it were UTC.
func (p period) clock(t time.Time) time.Time { return t.Add(p.offset).UTC() }

// moment returns when the clock shows wall.
func (p period) moment(wall time.Time) time.Time { return wall.Add(-p.offset) }

// next returns the first slot after t; zero where there is none. Where the
// clock is put forward or back it does as Vixie cron (crontab(5), "daylight
// saving time"): what is due at a time that the clock skips runs at once after
// the jump, and what is due at a time that comes twice runs the first time; but
// jobs whose hour or minute is a star simply follow the clock.
func (s *Schedule) next(t time.Time) time.Time {
	p := periodAt(t, s.location)
	for from := p.clock(t); ; {
		if s.fixed && p.before > p.offset {
			// Until then the clock shows what it has shown before.
			if again := p.begin.Add(p.before).UTC(); from.Before(again) {
				from = again.Add(-time.Second)
			}
		}
		wall := s.slots.Next(from)
		if wall.IsZero() {
			return wall
		}
		if p.end.IsZero() || p.moment(wall).Before(p.end) {
			return p.moment(wall)
		}
		shift := p.end.UTC()
		p = periodAt(shift, s.location)
		if s.fixed && wall.Before(p.clock(shift)) {
			return shift // the clock skips it
		}
		from = p.clock(shift).Add(-time.Second)
	}
}
