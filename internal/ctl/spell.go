package ctl

import (
	"fmt"
	"time"
)

// spell writes a duration for people, in its two largest units: 45s, 5m 30s,
// 1h 59m, 3d 4h, 2w 1d, 1y 5w. It rounds to seconds and has no sign.
func spell(d time.Duration) string {
	const day, week, year = 24 * time.Hour, 7 * 24 * time.Hour, 365 * 24 * time.Hour
	d = d.Abs().Round(time.Second)
	units := []struct {
		size time.Duration
		name string
	}{{year, "y"}, {week, "w"}, {day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	for i, u := range units {
		if d < u.size || u.size == week && d < 2*week {
			continue // nine days read better than 1w 2d
		}
		text := fmt.Sprintf("%d%s", d/u.size, u.name)
		if i+1 < len(units) {
			if rest := d % u.size / units[i+1].size; rest > 0 {
				text += fmt.Sprintf(" %d%s", rest, units[i+1].name)
			}
		}
		return text
	}
	return "0s"
}

// ago writes how long before now a moment was.
func ago(at, now time.Time) string {
	if at.IsZero() {
		return "never"
	}
	if d := now.Sub(at).Round(time.Second); d > 0 {
		return spell(d) + " ago"
	}
	return "just now"
}

// moment writes a moment in the location of now.
func moment(at, now time.Time) string {
	return at.In(now.Location()).Format("2006-01-02 15:04:05 MST")
}

// count writes a number of things: 1 alert, 2 alerts.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
