package chart

import "math"

// The distances of the layout, in points.
const (
	margin     = 16.0
	lineHeight = 16.0
	rowHeight  = 30.0 // of a band: its name, and its bar below it
	barHeight  = 9.0
	axisHeight = 22.0
)

// picture is a chart under way.
type picture struct {
	*canvas
	chart  Chart
	theme  theme
	plot   rect // where values are; without height where there are none
	bands  rect
	values axis
	lines  [][]segment // by series
	err    error       // the first one
}

// The styles of what is written.
func titleStyle() textStyle { return textStyle{bold: true, size: 15} }
func textOf() textStyle     { return textStyle{size: 11.5} }
func strong() textStyle     { return textStyle{bold: true, size: 11.5} }
func axisStyle() textStyle  { return textStyle{size: 10.5} }

// layout decides where everything is and returns the height.
func (p *picture) layout() float64 {
	width := float64(p.chart.Width)
	y := margin
	if p.chart.Title != "" {
		y += 19
	}
	if p.chart.Subtitle != "" {
		y += lineHeight
	}
	y += lineHeight * float64(len(p.legend()))
	y += 8
	left := margin
	if len(p.chart.Series) > 0 || len(p.chart.Thresholds) > 0 {
		p.measureValues()
		for _, m := range p.values.marks {
			left = math.Max(left, margin+p.width(axisStyle(), m.label)+8)
		}
		p.plot = rect{left, y, width - margin, y + float64(p.chart.Height)}
		y = p.plot.bottom
	} else {
		p.plot = rect{left, y, width - margin, y}
	}
	if rows := p.rows(); rows > 0 {
		if p.plot.height() > 0 {
			y += axisHeight
		}
		p.bands = rect{left, y, width - margin, y + float64(rows)*rowHeight + 4}
		y = p.bands.bottom
	}
	if p.rows() == 0 || p.plot.height() == 0 {
		y += axisHeight
	}
	return y + margin/2
}

// rows is how many bands are rows of their own.
func (p *picture) rows() int {
	if len(p.chart.Bands) == 1 && len(p.chart.Series) > 0 {
		return 0
	}
	return len(p.chart.Bands)
}

// measureValues reduces the series and finds the values' axis.
func (p *picture) measureValues() {
	const perMark = 44 // points
	low, high := math.Inf(1), math.Inf(-1)
	see := func(v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	for _, s := range p.chart.Series {
		segments := reduce(s.Points, p.chart.From, p.chart.To, p.chart.Gap, p.chart.Width)
		p.lines = append(p.lines, segments)
		for _, segment := range segments {
			for _, at := range segment {
				see(at.value)
			}
		}
	}
	for _, t := range p.chart.Thresholds {
		see(t.Value)
	}
	about := max(2, p.chart.Height/perMark)
	if p.chart.Unit == "timestamp" {
		var ok bool
		if p.values, ok = timestampAxis(low, high, p.chart.Location, about); ok {
			return
		}
	}
	p.values = valueAxis(low, high, p.chart.Unit, about)
}

// x returns where a moment is on the time axis, within it.
func (p *picture) x(at float64) float64 {
	from, to := seconds(p.chart.From), seconds(p.chart.To)
	share := math.Min(math.Max((at-from)/(to-from), 0), 1)
	return p.plot.left + share*p.plot.width()
}

// y returns where a value is on the values' axis, or a little beyond its end.
func (p *picture) y(v float64) float64 {
	share := (v - p.values.low) / (p.values.high - p.values.low)
	share = math.Min(math.Max(share, -0.1), 1.1)
	return p.plot.bottom - share*p.plot.height()
}

// entry is one name in the legend.
type entry struct {
	series int
	x      float64
	text   string
}

// legend arranges the series' names in rows.
func (p *picture) legend() [][]entry {
	const between, longest = 30.0, 260.0
	if len(p.chart.Series) < 2 {
		return nil
	}
	var rows [][]entry
	x, end := margin, float64(p.chart.Width)-margin
	for i, s := range p.chart.Series {
		text := p.fit(textOf(), s.Name, math.Min(longest, end-margin-14))
		w := 14 + p.width(textOf(), text)
		if len(rows) == 0 || x+w > end {
			rows, x = append(rows, nil), margin
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], entry{i, x, text})
		x += w + between - 14
	}
	return rows
}
