package notifier

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"alertd/internal/alert"
)

// timeWords writes a moment for people, with its time zone.
func timeWords(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("2006-01-02 15:04:05 MST")
}

// timeWordsShort is timeWords without the date where that is the date of now.
func timeWordsShort(t, now time.Time, loc *time.Location) string {
	t, now = t.In(loc), now.In(loc)
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04:05 MST")
	}
	return timeWords(t, loc)
}

// durationWords writes a duration in its two largest units: 2d 3h, 5m 20s.
func durationWords(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	const day = 24 * time.Hour
	two := func(big, small time.Duration, bigUnit, smallUnit string) string {
		out := strconv.FormatInt(int64(d/big), 10) + bigUnit
		if rest := d % big / small; rest > 0 {
			out += " " + strconv.FormatInt(int64(rest), 10) + smallUnit
		}
		return out
	}
	switch {
	case d >= day:
		return two(day, time.Hour, "d", "h")
	case d >= time.Hour:
		return two(time.Hour, time.Minute, "h", "m")
	case d >= time.Minute:
		return two(time.Minute, time.Second, "m", "s")
	default:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
}

// valueWords writes a value in the words of its unit (see alert.Alert.Unit).
func valueWords(v float64, unit string, now time.Time, loc *time.Location) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strings.TrimSpace(strconv.FormatFloat(v, 'g', -1, 64) + " " + plainUnit(unit))
	}
	switch unit {
	case "s":
		return secondsWords(v)
	case "bytes":
		return bytesWords(v)
	case "timestamp":
		return timestampWords(v, now, loc)
	case "%":
		return significant(v, 4) + " %"
	default:
		return strings.TrimSpace(significant(v, 6) + " " + plainUnit(unit))
	}
}

func plainUnit(unit string) string {
	if unit == "timestamp" {
		return ""
	}
	return Shorten(CleanLine(unit), 20)
}

func secondsWords(v float64) string {
	abs := math.Abs(v)
	sign := ""
	if v < 0 {
		sign = "-"
	}
	switch {
	case abs == 0:
		return "0s"
	case abs < 1e-3:
		return sign + significant(abs*1e6, 3) + "µs"
	case abs < 1:
		return sign + significant(abs*1e3, 3) + "ms"
	case abs < 60:
		return sign + significant(abs, 3) + "s"
	case abs > 1e9: // over thirty years: not a duration that anyone reads
		return significant(v, 4) + " s"
	default:
		return sign + durationWords(time.Duration(abs*float64(time.Second)))
	}
}

func bytesWords(v float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for math.Abs(v) >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return significant(v, 4) + " " + units[i]
}

// timestampWords writes Unix seconds as a moment and its age.
func timestampWords(v float64, now time.Time, loc *time.Location) string {
	if v == 0 {
		return "never"
	}
	if v < 0 || v > 253402300799 { // the year 9999
		return significant(v, 6)
	}
	t := time.UnixMilli(int64(v * 1000))
	if t.After(now) {
		return fmt.Sprintf("%s (in %s)", timeWords(t, loc), durationWords(t.Sub(now)))
	}
	return fmt.Sprintf("%s (%s ago)", timeWords(t, loc), durationWords(now.Sub(t)))
}

// significant writes v with up to n significant digits, without an exponent
// where people can read it without.
func significant(v float64, n int) string {
	abs := math.Abs(v)
	if abs != 0 && (abs < 1e-4 || abs >= 1e15) {
		return strconv.FormatFloat(v, 'g', n, 64)
	}
	decimals := 0
	if abs != 0 {
		decimals = max(0, n-1-int(math.Floor(math.Log10(abs))))
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// comparison tells whether a threshold is one (">= 90 %") rather than words.
func comparison(threshold string) bool {
	return threshold != "" && strings.ContainsAny(threshold[:1], "<>=!")
}

// readingWords says the value against its threshold in one phrase. A threshold
// in words ("running") is what is expected, and one with an equals sign
// ("1 = succeeded, 0 = failed") explains the value.
func readingWords(value, threshold string, firing bool) string {
	switch {
	case threshold == "":
		return value
	case comparison(threshold) && value != "":
		return fmt.Sprintf("%s (threshold %s)", value, threshold)
	case comparison(threshold):
		return "threshold " + threshold
	case strings.Contains(threshold, "=") && value != "":
		return fmt.Sprintf("%s (%s)", value, threshold)
	case value != "":
		return fmt.Sprintf("%s, expected: %s", value, threshold)
	case firing:
		return "expected: " + threshold
	default:
		return threshold
	}
}

// resolutionWords says why an alert ended, and nothing where a sample proved
// that it recovered.
func resolutionWords(r alert.Resolution) string {
	switch r {
	case alert.Recovered, "":
		return ""
	case alert.NoData:
		return "its data is gone, which its rule takes for the end"
	case alert.EndedByPeer:
		return "its sender ended it"
	case alert.Expired:
		return "its sender stopped renewing it"
	case alert.RuleGone:
		return "its rule was removed from the configuration"
	default:
		return string(r)
	}
}
