package chart

import "image/color"

// theme is the colours of a chart.
type theme struct {
	background, grid, axis, faint, text, title color.RGBA
	series                                     []color.RGBA // as many as are drawn
	alarms                                     []color.RGBA // of bands, taken in turn
	shade                                      uint8        // alpha of what shades the plot
	fill                                       uint8        // alpha below a single series
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

func colours(hex ...uint32) []color.RGBA {
	all := make([]color.RGBA, len(hex))
	for i, h := range hex {
		all[i] = rgb(h)
	}
	return all
}

func themeOf(dark bool) theme {
	if dark {
		return theme{
			background: rgb(0x14181f), grid: rgb(0x262c37), axis: rgb(0x4a5364), faint: rgb(0x1b2029), text: rgb(0xa9b3c3), title: rgb(0xf0f3f8),
			series: colours(0x6ea8ff, 0x3fd0b6, 0xb794f6, 0xf5b14c, 0xf286bd, 0xb6cc55, 0x5ccdf2, 0xa3adbd),
			alarms: colours(0xff6b6b, 0xf7a83b, 0xc08bff, 0x4fc3dd, 0x9bc45a),
			shade:  0x38, fill: 0x24,
		}
	}
	return theme{
		background: rgb(0xffffff), grid: rgb(0xe8ebf0), axis: rgb(0xb4bcc8), faint: rgb(0xf3f5f8), text: rgb(0x566070), title: rgb(0x171d28),
		series: colours(0x2563d9, 0x0f9a84, 0x8050d0, 0xd97f10, 0xcc3f86, 0x718723, 0x1590bd, 0x687385),
		alarms: colours(0xd92f2f, 0xd9820b, 0x8b45d6, 0x10849f, 0x5b8a17),
		shade:  0x24, fill: 0x18,
	}
}

// faded returns a colour at an alpha, premultiplied.
func faded(c color.RGBA, alpha uint8) color.RGBA {
	mul := func(v uint8) uint8 { return uint8(uint16(v) * uint16(alpha) / 0xff) }
	return color.RGBA{R: mul(c.R), G: mul(c.G), B: mul(c.B), A: alpha}
}
