// Package chart draws values over time, what they are held against, and when
// something fired, as a PNG. It draws in process, with the Go fonts, and knows
// nothing of rules: the same chart gives the same bytes.
package chart

import (
	"errors"
	"fmt"
	"image/png"
	"io"
	"time"
)

// Chart is a picture to draw. What is left out is not drawn: a chart without
// series is its bands alone.
type Chart struct {
	Title, Subtitle string

	From, To time.Time
	Location *time.Location // of the time axis; nil is UTC

	Unit       string // of the values: "%", "s", "bytes", "timestamp" (Unix seconds) or any other word
	Series     []Series
	Gap        time.Duration // points further apart are not joined; 0: all are
	Thresholds []Threshold
	// Bands are when something fired. A single one shades the plot; several,
	// or one without series, are rows below it.
	Bands []Band

	Width  int // in points; 0 is 720
	Height int // of the plot, in points; 0 is 230
	Dark   bool
}

// Series is one line.
type Series struct {
	Name   string // for the legend, which there is from two series on
	Points []Point
}

// Point is one value of a series. One that is not finite is a gap.
type Point struct {
	At    time.Time
	Value float64
}

// Threshold is a line across the plot.
type Threshold struct {
	Value float64
	Label string
	Band  int // the band whose colour it takes
}

// Band is a row of intervals.
type Band struct {
	Name, Note string
	Intervals  []Interval
}

// Interval is a time in which something fired.
type Interval struct{ From, To time.Time }

const (
	defaultWidth  = 720
	defaultHeight = 230
	// scale is how many pixels a point is: enough for a dense screen.
	scale = 2
	// The bounds of what is drawn, in points, series and rows.
	minWidth, maxWidth   = 320, 2000
	minHeight, maxHeight = 100, 1000
	maxSeries            = 8
	maxBands             = 60
	maxTextRunes         = 300
)

// ErrRange says that a chart ends before it begins.
var ErrRange = errors.New("a chart needs a time range that ends after it begins")

// WritePNG draws the chart. It fails where the time range is empty, or w does.
func (c *Chart) WritePNG(w io.Writer) error {
	p, err := c.draw()
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := encoder.Encode(w, paletted(p.image)); err != nil {
		return fmt.Errorf("writing the chart: %w", err)
	}
	return nil
}

// bounded returns the chart with its sizes within what is drawn.
func (c *Chart) bounded() (Chart, error) {
	b := *c
	if !b.To.After(b.From) || b.To.Sub(b.From) < time.Second {
		return b, ErrRange
	}
	if b.Location == nil {
		b.Location = time.UTC
	}
	if b.Width == 0 {
		b.Width = defaultWidth
	}
	if b.Height == 0 {
		b.Height = defaultHeight
	}
	b.Width = min(max(b.Width, minWidth), maxWidth)
	b.Height = min(max(b.Height, minHeight), maxHeight)
	return b, nil
}
