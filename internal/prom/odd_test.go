package prom

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"

	"alertd/internal/alert"
)

// read has the client read a body that came whole; maxSeries 0 is the default.
func read(t *testing.T, body string, maxSeries int) ([]alert.Sample, error) {
	t.Helper()
	s := DefaultSettings()
	s.URL, s.Timeout, s.MaxSeries = "http://prometheus:9090", model.Duration(time.Hour), maxSeries
	c, err := New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.http = &http.Client{Transport: canned{200, body}}
	return c.Query(t.Context(), "up", at)
}

// An answer that ends too early says nothing, wherever it ends.
func TestQueryAnswerCutAnywhere(t *testing.T) {
	whole := vector(`{"metric":{"a":"b"},"value":[1,"0"]},{"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[[0,"0","1","1"]]}]}`)
	for end := range whole {
		if got, err := read(t, whole[:end], 0); err == nil || got != nil {
			t.Fatalf("%q gave %v", whole[:end], got)
		}
	}
}

// The number of series is known before memory is taken for them, and what label
// values hold does not count.
func TestQueryTooManySeries(t *testing.T) {
	body := func(n int) string {
		return vector(strings.TrimSuffix(strings.Repeat(`{"metric":{"a":"\"metric\":"},"value":[1,"1"]},`, n), ","))
	}
	if got, err := read(t, body(10), 10); err != nil || len(got) != 10 {
		t.Errorf("%d samples, error %v", len(got), err)
	}
	_, err := read(t, body(11), 10)
	if !errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), "11 series, more than prometheus.max_series allows (10)") {
		t.Errorf("error %v", err)
	}
	if _, err = read(t, body(1_000_000), 0); !errors.Is(err, ErrRejected) {
		t.Errorf("a million series: error %v", err)
	}
}

// Elements without labels, or with blanks where nobody writes them, count too.
func TestQueryTooManySeriesOddlyWritten(t *testing.T) {
	for _, element := range []string{`{"value":[1,"1"]}`, `{"metric" :{},"value":[1,"1"]}`} {
		body := func(n int) string { return vector(strings.TrimSuffix(strings.Repeat(element+",", n), ",")) }
		if got, err := read(t, body(10), 10); err != nil || len(got) != 10 {
			t.Errorf("%d samples, error %v", len(got), err)
		}
		if _, err := read(t, body(11), 10); !errors.Is(err, ErrRejected) {
			t.Errorf("11 of %s: error %v", element, err)
		}
	}
}

// A native histogram reads as PromQL writes it, so that $value is the same text
// as in Prometheus.
func TestQueryHistogramText(t *testing.T) {
	for _, h := range []*histogram.FloatHistogram{
		{Count: 3, Sum: 4.5, Schema: 1, PositiveSpans: []histogram.Span{{Length: 2}}, PositiveBuckets: []float64{2, 1}},
		{
			Count: 12e6, Sum: -1.5, Schema: 0, ZeroThreshold: 0.001, ZeroCount: 2,
			PositiveSpans: []histogram.Span{{Offset: -2, Length: 1}, {Offset: 3, Length: 1}}, PositiveBuckets: []float64{1, 3.25},
			NegativeSpans: []histogram.Span{{Length: 3}}, NegativeBuckets: []float64{5, 0, 2e9},
		},
		{
			Count: 4, Sum: math.NaN(), Schema: histogram.CustomBucketsSchema, CustomValues: []float64{0.1, 5},
			PositiveSpans: []histogram.Span{{Length: 3}}, PositiveBuckets: []float64{1, 1, 2},
		},
		{},
	} {
		got, err := read(t, vector(`{"metric":{},"histogram":[1,`+encodeHistogram(h)+`]}`), 0)
		if err != nil || len(got) != 1 || got[0].Histogram != h.String() || got[0].Value != 0 {
			t.Errorf("got %+v, %v; want %s", got, err, h)
		}
	}
}

// encodeHistogram writes a histogram as Prometheus's HTTP API does.
func encodeHistogram(h *histogram.FloatHistogram) string {
	var buckets []string
	for it := h.AllBucketIterator(); it.Next(); {
		b, boundaries := it.At(), 2
		switch {
		case b.Count == 0:
			continue
		case b.LowerInclusive && b.UpperInclusive:
			boundaries = 3
		case b.LowerInclusive:
			boundaries = 1
		case b.UpperInclusive:
			boundaries = 0
		}
		buckets = append(buckets, fmt.Sprintf(`[%d,"%v","%v","%v"]`, boundaries, b.Lower, b.Upper, b.Count))
	}
	list := ""
	if len(buckets) > 0 {
		list = `,"buckets":[` + strings.Join(buckets, ",") + `]`
	}
	return fmt.Sprintf(`{"count":"%v","sum":"%v"%s}`, h.Count, h.Sum, list)
}
