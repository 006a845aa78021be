package chart

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// paletted returns the image in at most 256 colours: a third of the bytes to
// compress, and nothing that an eye could tell. Colours alike in their upper
// bits share one; of those, the most frequent stay as they are and others go to
// the nearest.
func paletted(in *image.RGBA) *image.Paletted {
	const bits, most = 5, 256
	type bin struct {
		key, count int
		colour     color.RGBA
		share      int // how often colour itself was met, less how often another
	}
	key := func(r, g, b uint8) int {
		return int(r>>(8-bits))<<(2*bits) | int(g>>(8-bits))<<bits | int(b>>(8-bits))
	}
	bins := make([]bin, 1<<(3*bits))
	for i := 0; i < len(in.Pix); i += 4 {
		r, g, b := in.Pix[i], in.Pix[i+1], in.Pix[i+2]
		k := &bins[key(r, g, b)]
		k.count++
		switch {
		case k.share == 0:
			k.colour, k.share = color.RGBA{R: r, G: g, B: b, A: 0xff}, 1
		case k.colour.R == r && k.colour.G == g && k.colour.B == b:
			k.share++
		default:
			k.share--
		}
	}
	var used []bin
	for i := range bins {
		if bins[i].count > 0 {
			bins[i].key = i
			used = append(used, bins[i])
		}
	}
	slices.SortFunc(used, func(a, b bin) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.key, b.key)) })
	palette := make(color.Palette, 0, most)
	index := make([]uint8, len(bins))
	for i, u := range used {
		if i < most {
			palette = append(palette, u.colour)
			index[u.key] = uint8(i)
		} else {
			index[u.key] = uint8(palette.Index(u.colour))
		}
	}
	out := image.NewPaletted(in.Bounds(), palette)
	for i := range out.Pix {
		out.Pix[i] = index[key(in.Pix[4*i], in.Pix[4*i+1], in.Pix[4*i+2])]
	}
	return out
}
