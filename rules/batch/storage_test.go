package batch_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"

	"alertd/internal/alert"
)

// server is Prometheus's own query engine over series of every kind.
type server struct {
	engine  *promql.Engine
	storage storage.Queryable
}

var errIncomplete = errors.New("the answer has warnings")

func newServer(tb testing.TB, load string) *server {
	tb.Helper()
	series := promqltest.LoadedStorage(tb, load)
	tb.Cleanup(func() { _ = series.Close() })
	return &server{engine: promqltest.NewTestEngine(tb, false, 5*time.Minute, 5_000_000), storage: series}
}

// query answers as a client of Prometheus sees it; a histogram's value is a
// number that tells it from others.
func (s *server) query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	q, err := s.engine.NewInstantQuery(ctx, s.storage, nil, expr, ts)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, result.Err
	}
	if warnings, _ := result.Warnings.AsStrings(expr, 0, 0); len(warnings) > 0 {
		return nil, fmt.Errorf("%w: %s", errIncomplete, strings.Join(warnings, "; "))
	}
	switch v := result.Value.(type) {
	case promql.Scalar:
		return []alert.Sample{{Value: v.V}}, nil
	case promql.Vector:
		samples := make([]alert.Sample, len(v))
		for i, element := range v {
			samples[i] = alert.Sample{Labels: labelsOf(element.Metric), Value: element.F}
			if element.H != nil {
				h := fnv.New32a()
				_, _ = h.Write([]byte(element.H.TestExpression()))
				samples[i].Value = float64(h.Sum32())
			}
		}
		return samples, nil
	default:
		return nil, fmt.Errorf("a %s is no answer", v.Type())
	}
}

func labelsOf(ls labels.Labels) alert.Labels {
	out := make(alert.Labels, 0, ls.Len())
	ls.Range(func(l labels.Label) { out = append(out, alert.Label{Name: l.Name, Value: l.Value}) })
	return out
}

// The labels of the test's series, and what they are given for values.
func labelNames() []string { return []string{"a", "b", "c"} }

func labelValues() []string {
	return []string{"x", "y", "x|y", "x.", "(", `q"u`, `back\slash`, "ü", "10.0.0.1:9100", ""}
}

// everything loads counters, gauges, classic and native histograms with many
// combinations of labels, some of them ended or with gaps.
func everything() string {
	var b strings.Builder
	b.WriteString("load 30s\n")
	n := 0
	for _, metric := range []string{"m_one", "m_two", "m_three", "job:rec"} {
		for i, x := range labelValues() {
			for j, y := range labelValues() {
				if n++; (i*7+j*3+len(metric))%4 == 0 {
					continue
				}
				run := fmt.Sprintf("%d+%dx30", n%7, n%5)
				switch n % 6 {
				case 0:
					run = fmt.Sprintf("%dx8 stale _x21", n%3)
				case 1:
					run = fmt.Sprintf("%d-%dx10 _x3 0+1x16", n, n%4)
				case 2:
					run = strings.TrimSpace(strings.Repeat("NaN ", 31))
				}
				fmt.Fprintf(&b, "  %s%s %s\n", metric, braces("a", x, "b", y, "c", labelValues()[n%3]), run)
			}
		}
	}
	for _, x := range labelValues() {
		for i, le := range []string{"0.1", "1", "+Inf"} {
			fmt.Fprintf(&b, "  d_bucket%s %d+%dx30\n", braces("a", x, "le", le), i, i+1)
		}
		fmt.Fprintf(&b, "  native%s {{schema:0 sum:%d count:4 buckets:[1 2 1]}}x30\n", braces("a", x, "b", "y"), len(x))
	}
	return b.String()
}

func braces(pairs ...string) string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, fmt.Sprintf("%s=%q", pairs[i], pairs[i+1]))
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}
