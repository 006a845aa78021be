package prom

import (
	"cmp"
	"context"
	"slices"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
)

// maxRangeAnswer bounds what is read of the answer to a range query, in bytes:
// a point takes some 25 bytes, and several such answers are held at once.
const maxRangeAnswer = 16 << 20

// QueryRange returns the values of an expression at start, at every step after
// it, and at end if that is one: at each of them what Query would return.
// Prometheus allows 11,000 steps in a query. Errors are those of Query.
func (c *Client) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]alert.Series, error) {
	began := time.Now()
	series, err := c.queryRange(ctx, expr, v1.Range{Start: start, End: end, Step: step})
	c.metrics.observe(err, time.Since(began))
	return series, err
}

func (c *Client) queryRange(ctx context.Context, expr string, r v1.Range) ([]alert.Series, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := &exchange{client: c, limit: min(c.limit, maxRangeAnswer)}
	value, warnings, _, err := v1.NewAPI(x).QueryRange(limited, expr, r, v1.WithTimeout(serverTimeout(c.timeout)))
	if err != nil {
		return nil, c.explain(ctx, err, x.status)
	}
	if err := checkComplete(x.answer.partial, warnings); err != nil {
		return nil, c.explain(ctx, err, x.status)
	}
	series, err := seriesOf(value)
	if err != nil {
		return nil, c.explain(ctx, err, x.status)
	}
	return series, nil
}

// seriesOf returns the series of a result. A native histogram has the value 0,
// as for Query.
func seriesOf(value model.Value) ([]alert.Series, error) {
	if value == nil {
		return nil, errNoResult()
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, unreachable("its answer to a range query is a %s, not a matrix", value.Type())
	}
	series := make([]alert.Series, 0, len(matrix))
	for _, s := range matrix {
		if s == nil {
			return nil, errNoValue()
		}
		points := make([]alert.Point, 0, len(s.Values)+len(s.Histograms))
		for _, p := range s.Values {
			points = append(points, alert.Point{At: int64(p.Timestamp), Value: float64(p.Value)})
		}
		for _, p := range s.Histograms {
			points = append(points, alert.Point{At: int64(p.Timestamp)})
		}
		if len(points) == 0 {
			continue
		}
		slices.SortStableFunc(points, func(a, b alert.Point) int { return cmp.Compare(a.At, b.At) })
		series = append(series, alert.Series{Labels: labelsOf(s.Metric), Points: points})
	}
	return series, nil
}

func labelsOf(m model.Metric) alert.Labels {
	labels := make(map[string]string, len(m))
	for name, value := range m {
		labels[string(name)] = string(value)
	}
	return alert.LabelsFromMap(labels)
}
