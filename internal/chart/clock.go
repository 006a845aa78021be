package chart

import (
	"fmt"
	"time"
)

// mark is a place on an axis.
type mark struct {
	at    float64 // Unix seconds on the time axis, else the value
	label string
	major bool
}

const day = 24 * time.Hour

// timeMarks returns marks at whole minutes, hours or days of the clock in loc,
// at most about so many as most.
func timeMarks(from, to time.Time, loc *time.Location, most int) []mark {
	most = max(most, 2)
	span := to.Sub(from)
	for _, step := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if int(span/step) < most {
			return clockMarks(from.In(loc), to, step)
		}
	}
	for _, days := range []int{1, 2, 7, 14} {
		if int(span/(time.Duration(days)*day)) < most {
			return dayMarks(from.In(loc), to, days)
		}
	}
	months := 1
	for int(span/(time.Duration(months)*30*day)) >= most {
		months *= 2
	}
	return monthMarks(from.In(loc), to, months)
}

// clockMarks steps through the wall clock of each day, so that marks stay at
// whole hours when the clocks are changed.
func clockMarks(from, to time.Time, step time.Duration) []mark {
	var marks []mark
	first := time.Duration(from.Hour())*time.Hour + time.Duration(from.Minute())*time.Minute + time.Duration(from.Second())*time.Second
	for d := midnight(from, 0); !d.After(to); d = midnight(d, 1) {
		for offset := first.Truncate(step); offset < day; offset += step {
			t := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, int(offset/time.Second), 0, d.Location())
			if t.Before(from) {
				continue
			}
			if t.After(to) {
				return marks
			}
			if n := len(marks); n > 0 && marks[n-1].at >= float64(t.Unix()) {
				continue // an hour that a change of clocks skips
			}
			m := mark{at: float64(t.Unix()), label: t.Format("15:04")}
			if step < time.Minute {
				m.label = t.Format("15:04:05")
			}
			if offset == 0 {
				m.label, m.major = t.Format("Jan 2"), true
			}
			marks = append(marks, m)
		}
		first = 0
	}
	return marks
}

func midnight(t time.Time, later int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+later, 0, 0, 0, 0, t.Location())
}

func dayMarks(from, to time.Time, step int) []mark {
	var marks []mark
	first := midnight(from, 0)
	if first.Before(from) {
		first = midnight(from, 1)
	}
	for step >= 7 && first.Weekday() != time.Monday {
		first = midnight(first, 1)
	}
	for t := first; !t.After(to); t = midnight(t, step) {
		label := t.Format("Jan 2")
		if step == 1 {
			label = t.Format("Mon 2")
		}
		marks = append(marks, mark{at: float64(t.Unix()), label: label, major: step == 1 && t.Day() == 1})
	}
	return marks
}

func monthMarks(from, to time.Time, step int) []mark {
	var marks []mark
	t := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, from.Location())
	for ; !t.After(to); t = time.Date(t.Year(), t.Month()+time.Month(step), 1, 0, 0, 0, 0, t.Location()) {
		if t.Before(from) {
			continue
		}
		label := t.Format("Jan")
		if step >= 12 || t.Month() == time.January {
			label = fmt.Sprint(t.Year())
		}
		marks = append(marks, mark{at: float64(t.Unix()), label: label, major: t.Month() == time.January})
	}
	return marks
}
