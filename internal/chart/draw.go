package chart

import (
	"image/color"
	"math"
	"slices"
)

// draw lays the chart out and draws it.
func (c *Chart) draw() (*picture, error) {
	bounded, err := c.bounded()
	if err != nil {
		return nil, err
	}
	p := &picture{chart: bounded, theme: themeOf(bounded.Dark)}
	if len(p.chart.Series) > maxSeries {
		p.chart.Series = p.chart.Series[:maxSeries]
	}
	if len(p.chart.Bands) > maxBands {
		p.chart.Bands = p.chart.Bands[:maxBands]
	}
	measure, err := newCanvas(1, 1, p.theme.background)
	if err != nil {
		return nil, err
	}
	p.canvas = measure
	height := p.layout()
	if p.canvas, err = newCanvas(float64(p.chart.Width), height, p.theme.background); err != nil {
		return nil, err
	}
	p.faces = measure.faces
	p.headings()
	p.timeAxis()
	p.valueAxis()
	p.curves()
	p.thresholds()
	p.bandRows()
	return p, p.err
}

// put writes text and keeps the first error.
func (p *picture) put(at point, s textStyle, colour color.RGBA, text string) {
	if err := p.write(at, s, colour, text); err != nil && p.err == nil {
		p.err = err
	}
}

// headings writes the title, the subtitle and the legend.
func (p *picture) headings() {
	width := float64(p.chart.Width) - 2*margin
	y := margin
	if p.chart.Title != "" {
		p.put(point{margin, y + 12}, titleStyle(), p.theme.title, p.fit(titleStyle(), p.chart.Title, width))
		y += 19
	}
	if p.chart.Subtitle != "" {
		p.put(point{margin, y + 11}, textOf(), p.theme.text, p.fit(textOf(), p.chart.Subtitle, width))
		y += lineHeight
	}
	for _, row := range p.legend() {
		for _, e := range row {
			if e.series >= 0 {
				p.fill(rect{e.x, y + 5.5, e.x + 10, y + 8.5}, p.theme.series[e.series])
			}
			p.put(point{e.x + 14, y + 11}, textOf(), p.theme.text, e.text)
		}
		y += lineHeight
	}
}

// timeAxis draws the marks of time under the plot, or under the bands where
// there is none, and their lines through both.
func (p *picture) timeAxis() {
	const perMark = 64.0
	bottom, top := p.plot.bottom, p.plot.top
	if p.plot.height() == 0 {
		bottom, top = p.bands.bottom, p.bands.top
	}
	end := p.plot.left
	for _, m := range timeMarks(p.chart.From, p.chart.To, p.chart.Location, int(p.plot.width()/perMark)) {
		x := p.x(m.at)
		p.fill(rect{x - 0.25, top, x + 0.25, bottom}, p.theme.grid)
		style, colour := axisStyle(), p.theme.text
		if m.major {
			style.bold, colour = true, p.theme.title
		}
		w := p.width(style, m.label)
		left := math.Min(math.Max(x-w/2, margin), float64(p.chart.Width)-margin/2-w)
		if left < end+6 && end > p.plot.left {
			continue
		}
		p.fill(rect{x - 0.25, bottom, x + 0.25, bottom + 4}, p.theme.axis)
		p.put(point{left, bottom + 15}, style, colour, m.label)
		end = left + w
	}
	p.fill(rect{p.plot.left, bottom - 0.25, p.plot.right, bottom + 0.25}, p.theme.axis)
}

// valueAxis draws the marks of the values.
func (p *picture) valueAxis() {
	for _, m := range p.values.marks {
		y := p.y(m.at)
		if y < p.plot.bottom-1 {
			p.fill(rect{p.plot.left, y - 0.25, p.plot.right, y + 0.25}, p.theme.grid)
		}
		w := p.width(axisStyle(), m.label)
		p.put(point{p.plot.left - 8 - w, y + 3.8}, axisStyle(), p.theme.text, m.label)
	}
}

// curves draws the series, the first on top, and what shades them.
func (p *picture) curves() {
	if len(p.lines) != 1 {
		p.shading()
	}
	for i, segments := range slices.Backward(p.lines) {
		var lines, below [][]point
		for _, s := range segments {
			line := make([]point, len(s))
			for k, at := range s {
				line[k] = point{p.x(at.at), p.y(at.value)}
			}
			lines = append(lines, line)
			area := append([]point{{line[0].x, p.plot.bottom}}, line...)
			below = append(below, append(area, point{line[len(line)-1].x, p.plot.bottom}))
		}
		if len(p.lines) == 1 {
			p.polygons(p.plot, faded(p.theme.series[0], p.theme.fill), below)
			p.shading()
		}
		// A line along the plot's edge keeps its width.
		clip := rect{p.plot.left - 1, p.plot.top - 2, p.plot.right + 1, p.plot.bottom + 1}
		p.line(clip, p.theme.series[i], p.thickness(lines), lines)
	}
}

// thickness is that of a line: finer for one that fills every column.
func (p *picture) thickness(lines [][]point) float64 {
	points := 0
	for _, l := range lines {
		points += len(l)
	}
	if points > p.chart.Width {
		return 1
	}
	return 1.6
}
