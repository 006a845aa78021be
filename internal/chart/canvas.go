package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// canvas draws on an image, in points.
type canvas struct {
	image *image.RGBA
	faces map[textStyle]font.Face
	texts []writing // what was written, and where
}

// writing is a text on the canvas.
type writing struct {
	text string
	box  rect
}

// rect is a rectangle in points.
type rect struct{ left, top, right, bottom float64 }

func (r rect) width() float64  { return r.right - r.left }
func (r rect) height() float64 { return r.bottom - r.top }

// textStyle is a font at a size.
type textStyle struct {
	bold bool
	size float64 // in points
}

// point is a place in points.
type point struct{ x, y float64 }

func newCanvas(width, height float64, background color.RGBA) (*canvas, error) {
	c := &canvas{
		image: image.NewRGBA(image.Rect(0, 0, int(math.Ceil(width*scale)), int(math.Ceil(height*scale)))),
		faces: map[textStyle]font.Face{},
	}
	draw.Draw(c.image, c.image.Bounds(), image.NewUniform(background), image.Point{}, draw.Src)
	return c, nil
}

// pixels returns r in pixels, at least one wide and high.
func pixels(r rect) image.Rectangle {
	at := func(v float64) int { return int(math.Round(v * scale)) }
	p := image.Rect(at(r.left), at(r.top), at(r.right), at(r.bottom))
	p.Max.X, p.Max.Y = max(p.Max.X, p.Min.X+1), max(p.Max.Y, p.Min.Y+1)
	return p
}

// fill fills a rectangle, to whole pixels.
func (c *canvas) fill(r rect, colour color.RGBA) {
	draw.Draw(c.image, pixels(r), image.NewUniform(colour), image.Point{}, draw.Over)
}

// polygons fills areas that wind the same way, smoothly, within clip.
func (c *canvas) polygons(clip rect, colour color.RGBA, all [][]point) {
	area := pixels(clip).Intersect(c.image.Bounds())
	if area.Empty() || len(all) == 0 {
		return
	}
	raster := vector.NewRasterizer(area.Dx(), area.Dy())
	at := func(p point) (float32, float32) {
		x, y := p.x*scale-float64(area.Min.X), p.y*scale-float64(area.Min.Y)
		return float32(x), float32(y)
	}
	for _, polygon := range all {
		for i, p := range polygon {
			x, y := at(p)
			if i == 0 {
				raster.MoveTo(x, y)
			} else {
				raster.LineTo(x, y)
			}
		}
		raster.ClosePath()
	}
	raster.Draw(c.image, area, image.NewUniform(colour), image.Point{})
}

// line draws lines through places, each of a width, with round corners.
func (c *canvas) line(clip rect, colour color.RGBA, width float64, lines [][]point) {
	const many = 800
	var all [][]point
	for _, places := range lines {
		corners := 8
		if len(places) > many {
			corners = 4 // nobody sees them
		}
		for i, p := range places {
			round := make([]point, corners)
			for k := range round {
				sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(corners))
				round[k] = point{p.x + cos*width/2, p.y + sin*width/2}
			}
			all = append(all, round)
			if i == 0 {
				continue
			}
			from := places[i-1]
			dx, dy := p.x-from.x, p.y-from.y
			length := math.Hypot(dx, dy)
			if length == 0 {
				continue
			}
			nx, ny := -dy/length*width/2, dx/length*width/2
			all = append(all, []point{{from.x - nx, from.y - ny}, {p.x - nx, p.y - ny}, {p.x + nx, p.y + ny}, {from.x + nx, from.y + ny}})
		}
	}
	c.polygons(clip, colour, all)
}

// face returns the font of a style.
func (c *canvas) face(s textStyle) (font.Face, error) {
	if f, ok := c.faces[s]; ok {
		return f, nil
	}
	ttf := goregular.TTF
	if s.bold {
		ttf = gobold.TTF
	}
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("reading the chart's font: %w", err)
	}
	const perInch = 72 // so that a point is a pixel
	f, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: s.size * scale, DPI: perInch, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("making the chart's font: %w", err)
	}
	c.faces[s] = f
	return f, nil
}

// width returns how wide a text is, in points.
func (c *canvas) width(s textStyle, text string) float64 {
	f, err := c.face(s)
	if err != nil {
		return 0
	}
	return float64(font.MeasureString(f, text)) / 64 / scale
}

// write writes text, its left end and its baseline at the place.
func (c *canvas) write(at point, s textStyle, colour color.RGBA, text string) error {
	f, err := c.face(s)
	if err != nil {
		return err
	}
	d := font.Drawer{
		Dst: c.image, Src: image.NewUniform(colour), Face: f,
		Dot: fixed.Point26_6{X: fixed.Int26_6(math.Round(at.x * scale * 64)), Y: fixed.Int26_6(math.Round(at.y * scale * 64))},
	}
	d.DrawString(text)
	c.texts = append(c.texts, writing{text, rect{at.x, at.y - 0.75*s.size, at.x + c.width(s, text), at.y + 0.22*s.size}})
	return nil
}

// fit returns text on one line, cut to a width with an ellipsis.
func (c *canvas) fit(s textStyle, text string, width float64) string {
	runes := []rune(clean(text))
	if c.width(s, string(runes)) <= width {
		return string(runes)
	}
	low, high := 0, len(runes) // the longest beginning that fits
	for low < high {
		middle := (low + high + 1) / 2
		if c.width(s, string(runes[:middle])+"…") <= width {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return string(runes[:low]) + "…"
}

// clean makes of any text one line of bounded length.
func clean(text string) string {
	var out []rune
	for _, r := range text {
		if len(out) == maxTextRunes {
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}
