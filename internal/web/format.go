package web

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// clock says times as people read them at one moment.
type clock struct{ now time.Time }

// stampView is a moment: for people and for machines.
type stampView struct{ Text, Machine string }

// stamp says when t was: the time of day, with the date unless it is today.
func stamp(t, now time.Time) stampView {
	t = t.In(now.Location())
	layout := "2 Jan 2006, 15:04 MST"
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		layout = "15:04:05 MST"
	case t.Year() == now.Year():
		layout = "2 Jan, 15:04 MST"
	}
	return stampView{t.Format(layout), t.UTC().Format(time.RFC3339)}
}

func (c clock) stamp(t time.Time) stampView { return stamp(t, c.now) }

// ago says how long before now t was.
func (c clock) ago(t time.Time) string { return lasting(c.now.Sub(t)) }

// lasting says a duration in its two largest units.
func lasting(d time.Duration) string {
	d = max(0, d).Round(time.Second)
	days := int(d / (24 * time.Hour))
	hours, minutes, seconds := int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days > 0:
		return units(days, "d", hours, "h")
	case hours > 0:
		return units(hours, "h", minutes, "min")
	case minutes > 0:
		return units(minutes, "min", seconds, "s")
	default:
		return fmt.Sprintf("%d s", seconds)
	}
}

func units(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d %s", large, largeUnit)
	}
	return fmt.Sprintf("%d %s %d %s", large, largeUnit, small, smallUnit)
}

// longestSeconds bounds what is said as a duration; time.Duration ends at 292 years.
const longestSeconds = 100 * 365 * 24 * 3600

// reading says a value in its unit; see alert.Alert.
func (c clock) reading(v float64, unit string) string {
	finite := !math.IsNaN(v) && !math.IsInf(v, 0)
	switch {
	case unit == "%":
		return strconv.FormatFloat(v, 'f', 1, 64) + " %"
	case unit == "bytes" && finite:
		return bytesText(v)
	case unit == "s" && finite && math.Abs(v) >= 60 && math.Abs(v) < longestSeconds:
		return lasting(time.Duration(math.Abs(v) * float64(time.Second)))
	case unit == "s":
		return strconv.FormatFloat(v, 'g', 4, 64) + " s"
	case unit == "timestamp" && v > 0 && v < longestSeconds:
		at := time.Unix(int64(v), 0)
		return c.stamp(at).Text + " (" + c.ago(at) + " ago)"
	case unit == "timestamp" && v == 0:
		return "never"
	case unit == "timestamp" || unit == "":
		return strconv.FormatFloat(v, 'g', 6, 64)
	default:
		return strconv.FormatFloat(v, 'g', 6, 64) + " " + unit
	}
}

func bytesText(v float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if math.Abs(v) < 1024 {
			return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + " " + unit
		}
		v /= 1024
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + " TiB"
}

// clip cuts text to at most that many bytes, between characters.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
