package chart

import (
	"bytes"
	"io"
	"math"
	"testing"
	"time"
)

// message is the chart of a message: six hours of one series.
func message() *Chart {
	from := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	c := &Chart{
		Title: "Disk / of web-1 is nearly full", Subtitle: `instance="web-1:9100" mountpoint="/"`,
		From: from, To: from.Add(6 * time.Hour), Unit: "%", Gap: 5 * time.Minute,
		Thresholds: []Threshold{{Value: 90, Label: "> 90 %"}},
		Bands:      []Band{{Intervals: []Interval{{from.Add(4 * time.Hour), from.Add(5 * time.Hour)}}}},
	}
	var points []Point
	for i := range 300 {
		points = append(points, Point{from.Add(time.Duration(i) * 72 * time.Second), 70 + 25*math.Sin(float64(i)/60) + 2*math.Sin(float64(i*i%37))})
	}
	c.Series = []Series{{Name: "/", Points: points}}
	return c
}

func BenchmarkMessage(b *testing.B) {
	c := message()
	var size bytes.Buffer
	if err := c.WritePNG(&size); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size.Len()), "bytes/picture")
	for b.Loop() {
		if err := c.WritePNG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
