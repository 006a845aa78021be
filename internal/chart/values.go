package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Reading writes a value in its unit, short enough for an axis.
func Reading(v float64, unit string) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case unit == "%":
		return short(v) + " %"
	case unit == "bytes":
		return bytesReading(v)
	case unit == "s":
		return secondsReading(v)
	case unit == "timestamp" && math.Abs(v) < 1e11:
		return time.Unix(int64(v), 0).UTC().Format("2006-01-02 15:04")
	}
	return short(v)
}

// short writes a number in at most four digits, large ones by thousands.
func short(v float64) string {
	abs := math.Abs(v)
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if abs >= 1e15 {
			break
		}
		if abs >= u.size {
			size := u.size
			if u.name == "k" {
				size = 1e3
			}
			return digits(v/size) + u.name
		}
	}
	return digits(v)
}

func digits(v float64) string {
	abs := math.Abs(v)
	if abs != 0 && (abs < 1e-4 || abs >= 1e15) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	decimals := 0
	if abs != 0 {
		decimals = min(max(0, 3-int(math.Floor(math.Log10(abs)))), 7)
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

func bytesReading(v float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for math.Abs(v) >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return digits(v) + " " + units[i]
}

func secondsReading(v float64) string {
	abs := math.Abs(v)
	switch {
	case abs == 0:
		return "0s"
	case abs < 1e-3:
		return digits(v*1e6) + "µs"
	case abs < 1:
		return digits(v*1e3) + "ms"
	case abs < 60:
		return digits(v) + "s"
	case abs < 3600:
		return digits(v/60) + "m"
	case abs < 48*3600:
		return digits(v/3600) + "h"
	default:
		return digits(v/86400) + "d"
	}
}

// steps are the distances between marks that people count in, for a unit,
// around the size of rough.
func niceStep(rough float64, unit string) float64 {
	base := 10.0
	switch {
	case unit == "s" && rough >= 1:
		for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400} {
			if s >= rough {
				return s
			}
		}
		return 86400 * niceStep(rough/86400, "")
	case unit == "timestamp" && rough >= 1:
		return niceStep(rough, "s")
	case unit == "bytes" && rough >= 1:
		power := math.Pow(1024, math.Floor(math.Log(rough)/math.Log(1024)))
		for _, m := range []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024} {
			if m*power >= rough {
				return m * power
			}
		}
	}
	power := math.Pow(base, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= rough*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// axis is the values that a plot shows, and the marks among them.
type axis struct {
	low, high float64
	marks     []mark
}

// timestampAxis returns an axis for Unix seconds, marked as the time axis is;
// false where they are none that a calendar has.
func timestampAxis(low, high float64, loc *time.Location, about int) (axis, bool) {
	const most = 1e11 // some three thousand years
	if !(math.Abs(low) < most && math.Abs(high) < most && high-low >= 1) {
		return axis{}, false
	}
	marks := timeMarks(time.Unix(int64(low), 0), time.Unix(int64(high), 0), loc, about)
	return axis{low: low, high: high, marks: marks}, true
}

// valueAxis returns an axis for the values from low to high with about so many
// marks.
func valueAxis(low, high float64, unit string, about int) axis {
	if low > high {
		low, high = 0, 1
	}
	if low > 0 && low < 0.6*high && unit != "timestamp" {
		low = 0
	}
	if high < 0 && high > 0.6*low {
		high = 0
	}
	if span := high - low; span <= math.Max(math.Abs(low), math.Abs(high))*1e-9 || span == 0 {
		pad := math.Max(math.Abs(high)*0.1, 1)
		low, high = low-pad, high+pad
		if low < 0 && high-pad >= 0 {
			low = 0
		}
	}
	step := niceStep((high-low)/float64(about), unit)
	a := axis{low: math.Floor(low/step+1e-9) * step, high: math.Ceil(high/step-1e-9) * step}
	if unit == "%" && a.high > 100 && high <= 100 {
		a.high = 100
	}
	if !(a.high > a.low) || math.IsInf(a.high, 0) || math.IsInf(a.low, 0) || math.IsInf(a.high-a.low, 0) {
		return axis{low: -1, high: 1} // beyond what numbers can tell
	}
	for i := 0; i <= 4*about; i++ {
		v := a.low + float64(i)*step
		if v > a.high+step/1e6 {
			break
		}
		if math.Abs(v) < step/1e6 {
			v = 0
		}
		a.marks = append(a.marks, mark{at: v, label: Reading(v, unit)})
	}
	return a
}
