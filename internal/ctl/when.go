package ctl

import (
	"strings"
	"time"
)

// timeForms is what parseTime reads, for messages.
const timeForms = `18:00, "tomorrow 09:00", "fri 18:00", "2026-11-23 18:00" or 2026-11-23T18:00:00+01:00`

// parseTime reads a moment as people type it, in now's location. A clock time
// alone is the next such time after after; with a word for the day it is seen
// from now. Errors are usage mistakes that begin with what, the flag.
func parseTime(what, text string, now, after time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if strings.EqualFold(text, "now") {
		return now, nil
	}
	if t, ok := parseDated(text, now.Location()); ok {
		return t, nil
	}
	day, clock, hasDay := strings.Cut(text, " ")
	if !hasDay {
		day, clock = "", text
	}
	at, err := parseClock(strings.TrimSpace(clock))
	if err != nil {
		return time.Time{}, notATime(what, text)
	}
	if t, ok := onDay(strings.ToLower(day), at, now, after); ok {
		return t, nil
	}
	return time.Time{}, notATime(what, text)
}

// parseDated reads a moment that names its date and the time of the day.
func parseDated(text string, loc *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			return t.In(loc), true
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return localTimes(t, t, loc)[0], true
		}
	}
	return time.Time{}, false
}

func notATime(what, text string) *failure {
	f := usage("%s %q is not a time", what, text).withHint("Write it like %s.", timeForms)
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return f.withHint("Add the time of the day: \"%s 18:00\".", text)
	}
	if _, err := parseDuration(text); err == nil && what == "--until" {
		return f.withHint("It is a duration: write --duration %s.", text)
	}
	return f
}

func parseClock(text string) (time.Time, error) {
	if t, err := time.Parse("15:04", text); err == nil {
		return t, nil
	}
	return time.Parse("15:04:05", text)
}

// onDay returns the moment of a clock time on the day that a word means.
func onDay(day string, clock, now, after time.Time) (time.Time, bool) {
	const week = 7
	switch day {
	case "":
		return next(clock, after, func(time.Time) bool { return true }), true
	case "today":
		return onDate(clock, now, 0), true
	case "tomorrow":
		return onDate(clock, now, 1), true
	}
	for wd := range time.Weekday(week) {
		name := strings.ToLower(wd.String())
		if day == name || day == name[:3] {
			return next(clock, now, func(d time.Time) bool { return d.Weekday() == wd }), true
		}
	}
	return time.Time{}, false
}

// onDate returns the moment of a clock time so many days from now: the first
// one still to come, where the clocks are set back.
func onDate(clock, now time.Time, days int) time.Time {
	candidates := localTimes(noon(now).AddDate(0, 0, days), clock, now.Location())
	for _, t := range candidates {
		if t.After(now) {
			return t
		}
	}
	return candidates[0]
}

// next returns the first moment after after with that clock time, on a day
// that fits.
func next(clock, after time.Time, fits func(time.Time) bool) time.Time {
	for days := 0; ; days++ {
		date := noon(after).AddDate(0, 0, days)
		if !fits(date) {
			continue
		}
		for _, t := range localTimes(date, clock, after.Location()) {
			if t.After(after) {
				return t
			}
		}
	}
}

// noon returns a moment of the same date that clock changes do not touch.
func noon(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, t.Location())
}

// localTimes returns the moments, in order, at which the clocks of loc show
// the time of clock on the date of date: two where they are set back, and where
// they are set forward over it the one that an unchanged clock would show.
func localTimes(date, clock time.Time, loc *time.Location) []time.Time {
	y, m, d := date.Date()
	wall := time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
	_, before := wall.AddDate(0, 0, -1).In(loc).Zone()
	_, behind := wall.AddDate(0, 0, 1).In(loc).Zone()
	var found []time.Time
	for _, offset := range []int{max(before, behind), min(before, behind)} {
		t := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		_, actual := t.Zone()
		if actual == offset && (len(found) == 0 || !found[0].Equal(t)) {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		found = append(found, wall.Add(-time.Duration(before)*time.Second).In(loc))
	}
	return found
}
