package backtest

import (
	"cmp"
	"context"
	"math"
	"slices"

	"alertd/internal/alert"
	"alertd/rules"
)

// maxBuckets is how finely Values looks at a range: a few for every column of a
// picture.
const maxBuckets = 1500

// Values returns what a rule judged over the range, for drawing: of each of its
// series and of each of some 1,500 equal parts of the range the lowest and the
// highest value. The series with the most extreme values come first. It is the
// rule's evidence; for one without, the values that breached.
func Values(ctx context.Context, o Options, g rules.Group, rule *rules.Rule) ([]alert.Series, error) {
	r := newReplay(&o, g, rule)
	asked := r.evidence
	if asked == nil {
		asked = r.questions
	}
	all := map[alert.Fingerprint]*extremes{}
	for i := range r.evaluations {
		samples, _, fatal := asked.samples(ctx, i)
		if fatal != nil {
			return nil, fatal
		}
		for _, s := range samples {
			labels := s.Labels.Without(alert.MetricName)
			fp := labels.Fingerprint()
			e := all[fp]
			if e == nil {
				e = &extremes{series: alert.Series{Labels: labels}, bucket: -1}
				all[fp] = e
			}
			e.add(i*maxBuckets/r.evaluations, alert.Point{At: r.ts(i).UnixMilli(), Value: s.Value})
		}
	}
	out := make([]alert.Series, 0, len(all))
	for _, e := range all {
		e.flush()
		out = append(out, e.series)
	}
	sortByPeak(out, r.low)
	return out, nil
}

// extremes gathers a series.
type extremes struct {
	series    alert.Series
	bucket    int
	low, high alert.Point // of the bucket
}

func (e *extremes) add(bucket int, p alert.Point) {
	if bucket != e.bucket {
		e.flush()
		e.bucket, e.low, e.high = bucket, p, p
		return
	}
	if p.Value < e.low.Value {
		e.low = p
	}
	if p.Value > e.high.Value {
		e.high = p
	}
}

func (e *extremes) flush() {
	if e.bucket < 0 {
		return
	}
	first, second := e.low, e.high
	if second.At < first.At {
		first, second = second, first
	}
	e.series.Points = append(e.series.Points, first)
	if second.At != first.At {
		e.series.Points = append(e.series.Points, second)
	}
}

// sortByPeak puts the highest first, or the lowest where low values are bad.
// NaN counts as neither.
func sortByPeak(all []alert.Series, low bool) {
	peaks := make(map[alert.Fingerprint]float64, len(all))
	for _, s := range all {
		peak := math.Inf(-1)
		for _, p := range s.Points {
			if v := p.Value; low && -v > peak {
				peak = -v
			} else if !low && v > peak {
				peak = v
			}
		}
		peaks[s.Labels.Fingerprint()] = peak
	}
	slices.SortFunc(all, func(a, b alert.Series) int {
		return cmp.Or(cmp.Compare(peaks[b.Labels.Fingerprint()], peaks[a.Labels.Fingerprint()]), a.Labels.Compare(b.Labels))
	})
}
