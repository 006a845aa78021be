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
	var r reducer
	width := to.Sub(from) / time.Duration(max(columns, 1))
	for _, p := range points {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			r.end()
			continue
		}
		if p.At.Before(from) || p.At.After(to) {
			continue
		}
		if r.count > 0 && (p.At.Before(r.last.At) || gap > 0 && p.At.Sub(r.last.At) > gap) {
			r.end()
		}
		r.add(int(p.At.Sub(from)/max(width, 1)), p)
	}
	r.end()
	return r.segments
}

// reducer gathers the points of a column until the next begins.
type reducer struct {
	segments []segment
	segment  segment // so far

	column          int
	count           int // of the column's points
	low, high, last Point
}

// add takes the next point, which is in that column.
func (r *reducer) add(column int, p Point) {
	if r.count == 0 || column != r.column {
		r.flush()
		r.column, r.count = column, 1
		r.low, r.high, r.last = p, p, p
		r.draw(p)
		return
	}
	r.count++
	if p.Value < r.low.Value {
		r.low = p
	}
	if p.Value > r.high.Value {
		r.high = p
	}
	r.last = p
}

// flush draws the column's lowest and highest point, in their order, and its
// last; its first has been drawn.
func (r *reducer) flush() {
	if r.count > 1 {
		first, second := r.low, r.high
		if second.At.Before(first.At) {
			first, second = second, first
		}
		r.draw(first)
		r.draw(second)
		r.draw(r.last)
	}
	r.count = 0
}

// draw adds a point to the segment, but for one that is drawn already.
func (r *reducer) draw(p Point) {
	at := seconds(p.At)
	if n := len(r.segment); n > 0 && (r.segment[n-1].at > at || r.segment[n-1].at == at && r.segment[n-1].value == p.Value) {
		return
	}
	r.segment = append(r.segment, struct{ at, value float64 }{at, p.Value})
}

// end ends the segment.
func (r *reducer) end() {
	r.flush()
	if len(r.segment) > 0 {
		r.segments = append(r.segments, r.segment)
	}
	r.segment = nil
}

// seconds returns a moment as Unix seconds.
func seconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }
