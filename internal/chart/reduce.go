package chart

import (
	"math"
	"time"
)

// segment is points of a series that are joined, as seconds and values.
type segment []struct{ at, value float64 }

// reduce cuts a series into segments at its gaps, and each into at most four
// points a column: its first, lowest, highest and last, so that no peak is lost.
func reduce(points []Point, from, to time.Time, gap time.Duration, columns int) []segment {
	var all []segment
	var now segment
	var low, high, last Point
	column, count := math.MinInt, 0
	add := func(p Point) {
		at := seconds(p.At)
		if n := len(now); n > 0 && (now[n-1].at > at || now[n-1].at == at && now[n-1].value == p.Value) {
			return
		}
		now = append(now, struct{ at, value float64 }{at, p.Value})
	}
	flush := func() { // the column's lowest and highest, in their order, and its last
		if count > 1 {
			if high.At.Before(low.At) {
				add(high)
				add(low)
			} else {
				add(low)
				add(high)
			}
			add(last)
		}
		count = 0
	}
	end := func() {
		flush()
		if len(now) > 0 {
			all = append(all, now)
		}
		now, column = nil, math.MinInt
	}
	width := to.Sub(from) / time.Duration(max(columns, 1))
	for _, p := range points {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			end()
			continue
		}
		if p.At.Before(from) || p.At.After(to) {
			continue
		}
		if column != math.MinInt && (p.At.Before(last.At) || gap > 0 && p.At.Sub(last.At) > gap) {
			end()
		}
		if k := int(p.At.Sub(from) / max(width, 1)); k != column {
			flush()
			column, count = k, 1
			low, high, last = p, p, p
			add(p)
			continue
		}
		count++
		if p.Value < low.Value {
			low = p
		}
		if p.Value > high.Value {
			high = p
		}
		last = p
	}
	end()
	return all
}

// seconds returns a moment as Unix seconds.
func seconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }
