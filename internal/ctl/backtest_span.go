package ctl

import (
	"strings"
	"time"
)

// span is a past range of time.
type span struct{ from, to time.Time }

const (
	defaultSince = 24 * time.Hour
	// minSpan is what leaves room for an evaluation, maxSpan more than anybody
	// keeps.
	minSpan = time.Minute
	maxSpan = 10 * 365 * 24 * time.Hour
)

// span returns the range that the form asks for. It begins at a whole minute,
// so that two replays evaluate at the same moments.
func (f *backtestForm) span(now time.Time) (span, error) {
	s := span{to: now}
	var err error
	if f.to != "" {
		if s.to, err = parsePast("--to", f.to, now); err != nil {
			return span{}, err
		}
	}
	switch {
	case f.from != "" && f.since > 0:
		return span{}, usage("--from and --since both say when to begin: give one of them")
	case f.from != "":
		if s.from, err = parsePast("--from", f.from, now); err != nil {
			return span{}, err
		}
	case f.since > 0:
		s.from = s.to.Add(-time.Duration(f.since))
	default:
		s.from = s.to.Add(-defaultSince)
	}
	switch {
	case s.to.After(now):
		return span{}, usage("--to %q is yet to come: a backtest replays the past", f.to)
	case s.to.Sub(s.from) < minSpan:
		return span{}, usage("the range from %s to %s is too short, or ends before it begins", moment(s.from, now), moment(s.to, now))
	}
	if s.to.Sub(s.from) > maxSpan {
		return span{}, usage("the range from %s to %s is longer than ten years", moment(s.from, now), moment(s.to, now))
	}
	s.from = s.from.Truncate(time.Minute)
	return s, nil
}

// pastForms is what parsePast reads, for messages.
const pastForms = `2026-11-16, "2026-11-16 18:00", "yesterday 18:00", "fri 18:00", 18:00 or 2026-11-16T18:00:00+01:00`

// parsePast reads a moment as people type it, in now's location: what names no
// date is the last time that it was.
func parsePast(what, text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if strings.EqualFold(text, "now") {
		return now, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return localTimes(t, t, now.Location())[0], nil
	}
	if t, ok := parseDated(text, now.Location()); ok {
		return t, nil
	}
	day, clock, dated := strings.Cut(strings.ToLower(text), " ")
	if !dated {
		day, clock = "", strings.ToLower(text)
	}
	at, err := parseClock(strings.TrimSpace(clock))
	if err != nil {
		f := usage("%s %q is not a time", what, text).withHint("Write it like %s.", pastForms)
		if _, err := parseDuration(text); err == nil {
			f = f.withHint("It is a duration: write --since %s.", text)
		}
		return time.Time{}, f
	}
	const week = 7
	for days := range week + 1 {
		date := noon(now).AddDate(0, 0, -days)
		name := strings.ToLower(date.Weekday().String())
		if day != "" && day != name && day != name[:3] && (day != "today" || days != 0) && (day != "yesterday" || days != 1) {
			continue
		}
		if t := localTimes(date, at, now.Location())[0]; !t.After(now) || day == "today" {
			return t, nil
		}
	}
	return time.Time{}, usage("%s %q is not a time", what, text).withHint("Write it like %s.", pastForms)
}
