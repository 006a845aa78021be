package notifier

import (
	"math"
	"testing"
	"time"
)

func TestDurationWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:                     "0s",
		0:                                "0s",
		999 * time.Millisecond:           "0s",
		59 * time.Second:                 "59s",
		time.Minute:                      "1m",
		5*time.Minute + 20*time.Second:   "5m 20s",
		time.Hour:                        "1h",
		65 * time.Minute:                 "1h 5m",
		24 * time.Hour:                   "1d",
		51*time.Hour + 59*time.Minute:    "2d 3h",
		400 * 24 * time.Hour:             "400d",
		2*time.Hour + 59*time.Second:     "2h",
		time.Hour + 59*time.Minute + 1e9: "1h 59m",
	} {
		if got := durationWords(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestValueWords(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 9, 8, 20, 0, time.UTC)
	for _, tt := range []struct {
		value float64
		unit  string
		want  string
	}{
		{93.416667, "%", "93.42 %"},
		{90.04, "%", "90.04 %"}, // not 90 %: it is above a threshold of 90
		{100, "%", "100 %"},
		{0, "%", "0 %"},
		{-3.5, "%", "-3.5 %"},
		{0, "", "0"},
		{1, "", "1"},
		{1234567, "", "1234567"},
		{0.000123456789, "", "0.000123457"},
		{1e-7, "", "1e-07"},
		{1e18, "", "1e+18"},
		{math.NaN(), "", "NaN"},
		{math.Inf(1), "%", "+Inf %"},
		{math.Inf(-1), "s", "-Inf s"},
		{math.NaN(), "timestamp", "NaN"},
		{0, "s", "0s"},
		{0.0000123, "s", "12.3µs"},
		{0.35, "s", "350ms"},
		{12.345, "s", "12.3s"},
		{98000, "s", "1d 3h"},
		{-7200, "s", "-2h"},
		{1e300, "s", "1e+300 s"},
		{0, "bytes", "0 B"},
		{1023, "bytes", "1023 B"},
		{1536, "bytes", "1.5 KiB"},
		{16.5 * (1 << 30), "bytes", "16.5 GiB"},
		{1e30, "bytes", "867361737988 EiB"},
		{0, "timestamp", "never"},
		{float64(now.Add(-63 * time.Minute).Unix()), "timestamp", "2026-11-23 09:05:20 CET (1h 3m ago)"},
		{float64(now.Add(5 * time.Minute).Unix()), "timestamp", "2026-11-23 10:13:20 CET (in 5m)"},
		{-5, "timestamp", "-5"},
		{1e30, "timestamp", "1e+30"},
		{42, "req/s", "42 req/s"},
		{42, "\x1b[31m\nunit that is far too long to be one", "42 [31m unit that is f…"},
	} {
		if got := valueWords(tt.value, tt.unit, now, paris); got != tt.want {
			t.Errorf("%v %q: %q, want %q", tt.value, tt.unit, got, tt.want)
		}
	}
}

func TestReadingWords(t *testing.T) {
	for _, tt := range []struct {
		value, threshold string
		firing           bool
		want             string
	}{
		{"93 %", "> 90 %", true, "93 % (threshold > 90 %)"},
		{"72 %", "> 90 %", false, "72 % (threshold > 90 %)"},
		{"", "> 90 %", false, "threshold > 90 %"},
		{"0", "1 = succeeded, 0 = failed", true, "0 (1 = succeeded, 0 = failed)"},
		{"", "running", true, "expected: running"},
		{"", "running", false, "running"},
		{"never", "a success within 30m of every slot", true, "never, expected: a success within 30m of every slot"},
		{"5", "", true, "5"},
		{"", "", true, ""},
	} {
		if got := readingWords(tt.value, tt.threshold, tt.firing); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}
