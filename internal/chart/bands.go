package chart

import (
	"image/color"
	"math"
)

// shading shades the plot where the one band fired.
func (p *picture) shading() {
	if p.rows() > 0 {
		return
	}
	for _, b := range p.chart.Bands {
		for _, i := range b.Intervals {
			if left, right, ok := p.span(i); ok {
				p.fill(rect{left, p.plot.top, right, p.plot.bottom}, faded(p.theme.alarms[0], p.theme.shade))
				p.fill(rect{left, p.plot.bottom - 3, right, p.plot.bottom}, p.theme.alarms[0])
			}
		}
	}
}

// span returns where an interval is, at least a pixel wide; false where it is
// outside of the chart.
func (p *picture) span(i Interval) (left, right float64, ok bool) {
	if i.To.Before(p.chart.From) || i.From.After(p.chart.To) || i.To.Before(i.From) {
		return 0, 0, false
	}
	left, right = p.x(seconds(i.From)), p.x(seconds(i.To))
	return left, math.Max(right, math.Min(left+1.5, p.plot.right)), true
}

// thresholds draws the lines that values are held against, and says which.
func (p *picture) thresholds() {
	const dash, space = 6.0, 4.0
	var written []rect
	for _, t := range p.chart.Thresholds {
		if math.IsNaN(t.Value) || math.IsInf(t.Value, 0) {
			continue
		}
		colour := p.alarm(t.Band)
		y := p.y(t.Value)
		for x := p.plot.left; x < p.plot.right; x += dash + space {
			p.fill(rect{x, y - 0.6, math.Min(x+dash, p.plot.right), y + 0.6}, colour)
		}
		text := p.fit(strong(), t.Label, p.plot.width()/2)
		w := p.width(strong(), text)
		box := rect{p.plot.right - w - 8, y - 17, p.plot.right - 2, y - 2}
		if len(p.chart.Thresholds) > 1 { // on its own line, where it cannot be taken for another's
			box.top, box.bottom = y-7.5, y+7.5
		} else if box.top < p.plot.top {
			box.top, box.bottom = y+2, y+17
		}
		for p.meets(box, written) && box.left-w-14 > p.plot.left {
			box.left, box.right = box.left-w-14, box.right-w-14
		}
		if text == "" || p.meets(box, written) {
			continue
		}
		p.fill(box, faded(p.theme.background, 0xe0))
		p.put(point{box.left + 3, box.bottom - 4}, strong(), colour, text)
		written = append(written, box)
	}
}

func (p *picture) meets(box rect, others []rect) bool {
	for _, o := range others {
		if box.left < o.right && o.left < box.right && box.top < o.bottom && o.top < box.bottom {
			return true
		}
	}
	return false
}

func (p *picture) alarm(band int) color.RGBA {
	n := len(p.theme.alarms)
	return p.theme.alarms[((band%n)+n)%n]
}

// bandRows draws the bands that are rows.
func (p *picture) bandRows() {
	if p.rows() == 0 {
		return
	}
	for n, b := range p.chart.Bands {
		y := p.bands.top + float64(n)*rowHeight + 4
		name := p.fit(strong(), b.Name, p.bands.width()*0.6)
		p.put(point{p.bands.left, y + 10}, strong(), p.theme.title, name)
		used := p.width(strong(), name) + 10
		note := p.fit(textOf(), b.Note, p.bands.width()-used)
		p.put(point{p.bands.left + used, y + 10}, textOf(), p.theme.text, note)
		bar := rect{p.bands.left, y + 15, p.bands.right, y + 15 + barHeight}
		p.fill(bar, p.theme.faint)
		for _, i := range b.Intervals {
			if left, right, ok := p.span(i); ok {
				p.fill(rect{left, bar.top, right, bar.bottom}, p.alarm(p.colourOf(n)))
			}
		}
	}
}

// colourOf is the colour of a band: its own where thresholds tell bands apart.
func (p *picture) colourOf(band int) int {
	if len(p.chart.Thresholds) > 0 || len(p.chart.Series) > 0 {
		return band
	}
	return 0
}
