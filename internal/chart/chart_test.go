package chart

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"
)

func start() time.Time { return time.Date(2026, 11, 16, 16, 12, 0, 0, time.UTC) }

// wave is a chart of several series over a range.
func wave(span time.Duration, series int, unit string, size float64) *Chart {
	c := &Chart{Title: "HostHighCPU", Subtitle: "3 incidents, 5h firing", From: start(), To: start().Add(span), Unit: unit}
	for s := range series {
		var points []Point
		for i := range 500 {
			points = append(points, Point{start().Add(span * time.Duration(i) / 500), size * (1 + math.Sin(float64(i)/40+float64(s)))})
		}
		c.Series = append(c.Series, Series{Name: fmt.Sprintf(`instance="web-%d:9100" mountpoint="/data"`, s), Points: points})
	}
	return c
}

func compared(span time.Duration, series int) *Chart {
	c := wave(span, series, "%", 48)
	for i, v := range []float64{90, 85, 84, 40} {
		c.Thresholds = append(c.Thresholds, Threshold{v, fmt.Sprintf("> %g %%", v), i})
		c.Bands = append(c.Bands, Band{Name: fmt.Sprintf("> %g %%", v), Note: "2 incidents, 3h firing", Intervals: []Interval{{start().Add(span / 4), start().Add(span / 3)}}})
	}
	return c
}

func bands(n int) *Chart {
	c := &Chart{Title: "What would have fired", From: start(), To: start().Add(7 * day)}
	for i := range n {
		c.Bands = append(c.Bands, Band{Name: fmt.Sprint("Rule", i), Note: "1 incident", Intervals: []Interval{{start().Add(time.Hour), start().Add(day)}}})
	}
	return c
}

// charts are pictures of every kind.
func charts(t *testing.T) map[string]*Chart {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*Chart{
		"message": message(), "empty": {From: start(), To: start().Add(time.Hour)}, "bands": bands(12), "many bands": bands(500),
		"long names": {Title: strings.Repeat("Title ", 80), Subtitle: strings.Repeat("weit ", 90), From: start(), To: start().Add(day), Bands: []Band{
			{Name: strings.Repeat("n", 300), Note: strings.Repeat("o", 300)}, {Name: "東京 \x00\u202e", Note: "é"},
		}},
		"compared": compared(7*day, 3), "compared dark and small": compared(day, 8),
	}
	all["compared dark and small"].Dark, all["compared dark and small"].Width = true, 320
	units, sizes := []string{"%", "s", "bytes", "timestamp", ""}, []float64{50, 4000, 6e9, 1.7e9 / 2, 0.003}
	for i, span := range []time.Duration{
		time.Second, 90 * time.Second, 10 * time.Minute, time.Hour, 6 * time.Hour, day, 3 * day, 7 * day, 31 * day, 400 * day, 20 * 365 * day,
	} {
		unit := i % len(units)
		c := wave(span, 2, units[unit], sizes[unit])
		c.Location, c.Width = paris, 420
		all[fmt.Sprint(span, " of ", units[unit])] = c
	}
	return all
}

// TestLayout: every picture is as large as it says, holds all that is written
// in it, and no text is over another.
func TestLayout(t *testing.T) {
	for name, c := range charts(t) {
		p, err := c.draw()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		bounds := p.image.Bounds()
		if bounds.Dx() != p.chart.Width*scale || bounds.Dy() > (maxHeight+maxBands*rowHeight+200)*scale {
			t.Errorf("%s is %v", name, bounds)
		}
		for i, a := range p.texts {
			if a.box.left < 0 || a.box.top < 0 || a.box.right > float64(p.chart.Width) || a.box.bottom*scale > float64(bounds.Dy()) {
				t.Errorf("%s: %q at %+v is outside of the picture", name, a.text, a.box)
			}
			for _, b := range p.texts[:i] {
				if a.box.left < b.box.right && b.box.left < a.box.right && a.box.top < b.box.bottom && b.box.top < a.box.bottom {
					t.Errorf("%s: %q is over %q", name, a.text, b.text)
				}
			}
		}
	}
}

// TestPNG: the same chart gives the same bytes, and not many of them.
func TestPNG(t *testing.T) {
	for name, c := range map[string]*Chart{"message": message(), "compared": compared(7*day, 2), "bands": bands(8)} {
		var first, second bytes.Buffer
		if err := errors.Join(c.WritePNG(&first), c.WritePNG(&second)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: two pictures of one chart differ", name)
		}
		if first.Len() > 100_000 {
			t.Errorf("%s takes %d bytes", name, first.Len())
		}
		if _, err := png.Decode(&first); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInk: a firing interval, a threshold and a line are where they belong.
func TestInk(t *testing.T) {
	c := message()
	p, err := c.draw()
	if err != nil {
		t.Fatal(err)
	}
	at := func(when time.Time, y float64) [3]uint8 {
		i := p.image.PixOffset(int(p.x(seconds(when))*scale), int(y*scale))
		return [3]uint8(p.image.Pix[i : i+3])
	}
	calm, firing := at(start().Add(0), 0), at(c.From.Add(4*time.Hour+30*time.Minute), p.plot.bottom-2)
	if calm != [3]uint8{255, 255, 255} {
		t.Errorf("the background is %v", calm)
	}
	if alarm := p.theme.alarms[0]; firing != [3]uint8{alarm.R, alarm.G, alarm.B} {
		t.Errorf("the firing interval is %v", firing)
	}
	threshold := 0
	for x := p.plot.left; x < p.plot.right; x++ {
		i := p.image.PixOffset(int(x*scale), int(p.y(90)*scale))
		if p.image.Pix[i] > 0xc0 && p.image.Pix[i+1] < 0x60 {
			threshold++
		}
	}
	if threshold < int(p.plot.width()/3) {
		t.Errorf("the threshold's line is red at %d places only", threshold)
	}
	line := c.Series[0].Points[150]
	if got := at(line.At, p.y(line.Value)); got[2] < got[0]+0x30 {
		t.Errorf("the series is %v where it should be blue", got)
	}
}

func TestRange(t *testing.T) {
	for _, to := range []time.Time{start(), start().Add(-time.Hour), start().Add(time.Millisecond)} {
		if err := (&Chart{From: start(), To: to}).WritePNG(&bytes.Buffer{}); !errors.Is(err, ErrRange) {
			t.Errorf("from %s to %s: %v", start(), to, err)
		}
	}
}

// TestTimeMarks: marks stay at whole hours of the wall clock when it changes.
func TestTimeMarks(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from time.Time
		span time.Duration
		want string
	}{
		{time.Date(2026, 3, 28, 20, 0, 0, 0, paris), 10 * time.Hour, "20:00 22:00 Mar 29 03:00 04:00 06:00"}, // 02:00 does not exist
		{time.Date(2026, 10, 24, 20, 0, 0, 0, paris), 10 * time.Hour, "20:00 22:00 Oct 25 02:00 04:00"},
		{time.Date(2026, 11, 23, 9, 30, 0, 0, paris), 6 * time.Hour, "10:00 11:00 12:00 13:00 14:00 15:00"},
		{time.Date(2026, 11, 23, 9, 33, 20, 0, paris), 5 * time.Minute, "09:34 09:35 09:36 09:37 09:38"},
		{time.Date(2026, 11, 23, 9, 33, 20, 0, paris), 20 * time.Second, "09:33:20 09:33:25 09:33:30 09:33:35 09:33:40"},
		{time.Date(2026, 11, 16, 16, 0, 0, 0, paris), 5 * day, "Tue 17 Wed 18 Thu 19 Fri 20 Sat 21"},
		{time.Date(2026, 11, 1, 0, 0, 0, 0, paris), 30 * day, "Nov 2 Nov 9 Nov 16 Nov 23 Nov 30"},
		{time.Date(2026, 6, 1, 0, 0, 0, 0, paris), 300 * day, "Jun Aug Oct Dec Feb"},
	} {
		var got []string
		for _, m := range timeMarks(c.from, c.from.Add(c.span), paris, 8) {
			got = append(got, m.label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s from %s: %s, want %s", c.span, c.from, strings.Join(got, " "), c.want)
		}
	}
}

func TestValueAxis(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		unit      string
		want      string
	}{
		{12, 97, "%", "0 % 20 % 40 % 60 % 80 % 100 %"},
		{90, 97, "%", "90 % 92 % 94 % 96 % 98 %"},
		{0, 6e9, "bytes", "0 B 2 GiB 4 GiB 6 GiB"},
		{0, 5000, "s", "0s 30m 1h 1.5h"},
		{0.001, 0.004, "s", "0s 1ms 2ms 3ms 4ms"},
		{-3, 4, "", "-4 -2 0 2 4"},
		{7, 7, "", "6 6.5 7 7.5 8"},
		{0, 0, "", "0 0.2 0.4 0.6 0.8 1"},
		{1_234_000, 1_290_000, "", "1.22M 1.24M 1.26M 1.28M 1.3M"},
	} {
		var got []string
		for _, m := range valueAxis(c.low, c.high, c.unit, 5).marks {
			got = append(got, m.label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%g to %g %s: %s, want %s", c.low, c.high, c.unit, strings.Join(got, " "), c.want)
		}
	}
}

// TestReduce keeps the peaks of a million points and the gaps between them.
func TestReduce(t *testing.T) {
	points := make([]Point, 1_000_000)
	for i := range points {
		points[i] = Point{start().Add(time.Duration(i) * time.Second), 1}
	}
	points[123_456].Value, points[654_321].Value = 99, math.NaN()
	segments := reduce(points, start(), start().Add(1_000_000*time.Second), time.Minute, 700)
	count, high := 0, 0.0
	for _, s := range segments {
		count += len(s)
		for _, p := range s {
			high = max(high, p.value)
		}
	}
	if len(segments) != 2 || high != 99 || count > 4*702 {
		t.Errorf("%d segments of %d points, the highest %g", len(segments), count, high)
	}
}

// FuzzDraw: whatever is drawn, there is a picture of bounded size or ErrRange.
func FuzzDraw(f *testing.F) {
	f.Add([]byte{}, int64(0), int64(3600), "%", 700, 200, true)
	f.Add(bytes.Repeat([]byte{0xff}, 64), int64(-1), int64(1<<40), "timestamp", -1, 1<<20, false)
	var extremes []byte
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0, 1} {
		extremes = binary.BigEndian.AppendUint64(extremes, math.Float64bits(v))
	}
	f.Add(extremes, int64(0), int64(8), "bytes", 320, 100, true)
	f.Add(extremes[24:48], int64(1<<61), int64(1<<62), "s", 320, 100, true)
	f.Fuzz(func(t *testing.T, values []byte, from, span int64, unit string, width, height int, dark bool) {
		c := &Chart{
			Title: unit, From: time.Unix(from, 0), To: time.Unix(from, 0).Add(time.Duration(span)),
			Unit: unit, Width: min(width, 400), Height: min(height, 150), Dark: dark,
			Bands: []Band{{Intervals: []Interval{{time.Unix(span, 0), time.Unix(from, 0)}, {time.Unix(from, 0), time.Unix(from, span)}}}},
		}
		for i := 0; i+8 <= len(values); i += 8 {
			v := math.Float64frombits(binary.BigEndian.Uint64(values[i:]))
			at := c.From.Add(time.Duration(i) * time.Duration(span/64))
			c.Series = append(c.Series, Series{Name: unit, Points: []Point{{c.From, 1}, {at, v}, {c.To, -v}}})
			c.Thresholds = append(c.Thresholds, Threshold{v, unit, i})
		}
		var out bytes.Buffer
		if err := c.WritePNG(&out); err != nil && !errors.Is(err, ErrRange) {
			t.Fatal(err)
		}
		if out.Len() > 1<<20 {
			t.Errorf("%d bytes", out.Len())
		}
	})
}
