package ctl

import (
	"errors"
	"testing"
	"time"
)

func inParis(t *testing.T, text string) time.Time {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.In(paris)
}

func TestParseTime(t *testing.T) {
	const monday = "2026-11-23T16:00:00+01:00"
	for _, tc := range []struct{ now, text, want string }{
		{monday, "now", "2026-11-23T16:00:00+01:00"},
		{monday, "18:00", "2026-11-23T18:00:00+01:00"},
		{monday, " 18:00:30 ", "2026-11-23T18:00:30+01:00"},
		{monday, "16:00", "2026-11-24T16:00:00+01:00"}, // the next one, not this moment
		{monday, "9:05", "2026-11-24T09:05:00+01:00"},
		{monday, "today 09:00", "2026-11-23T09:00:00+01:00"}, // past: the caller's to refuse
		{monday, "Tomorrow 09:00", "2026-11-24T09:00:00+01:00"},
		{monday, "mon 18:00", "2026-11-23T18:00:00+01:00"},
		{monday, "monday 15:00", "2026-11-30T15:00:00+01:00"},
		{monday, "fri  18:00", "2026-11-27T18:00:00+01:00"},
		{monday, "2026-11-23 18:00", "2026-11-23T18:00:00+01:00"},
		{monday, "2026-11-23 18:00:59", "2026-11-23T18:00:59+01:00"},
		{monday, "2026-11-23T18:00", "2026-11-23T18:00:00+01:00"},
		{monday, "2026-07-01 12:00", "2026-07-01T12:00:00+02:00"},
		{monday, "2026-11-23T18:00:00Z", "2026-11-23T19:00:00+01:00"},
		{monday, "2026-11-23t18:00:00.5z", "2026-11-23T19:00:00.5+01:00"},
		{monday, "2026-11-23 18:00:00-05:00", "2026-11-24T00:00:00+01:00"},
		{"2026-12-31T23:00:00+01:00", "tomorrow 00:30", "2027-01-01T00:30:00+01:00"},

		// Clocks forward on 2026-03-29 at 02:00: that night has no 02:30.
		{"2026-03-28T20:00:00+01:00", "tomorrow 12:00", "2026-03-29T12:00:00+02:00"},
		{"2026-03-28T20:00:00+01:00", "02:30", "2026-03-29T03:30:00+02:00"},
		{"2026-03-28T20:00:00+01:00", "03:00", "2026-03-29T03:00:00+02:00"},
		{"2026-03-28T20:00:00+01:00", "2026-03-29 02:30", "2026-03-29T03:30:00+02:00"},

		// Clocks back on 2026-10-25 at 03:00: that night has two 02:30.
		{"2026-10-25T00:10:00+02:00", "02:30", "2026-10-25T02:30:00+02:00"},
		{"2026-10-25T02:40:00+02:00", "02:30", "2026-10-25T02:30:00+01:00"},
		{"2026-10-25T02:40:00+02:00", "today 02:30", "2026-10-25T02:30:00+01:00"},
		{"2026-10-25T02:40:00+01:00", "02:30", "2026-10-26T02:30:00+01:00"},
		{"2026-10-24T02:40:00+02:00", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00"},
		{"2026-10-24T12:00:00+02:00", "sunday 04:00", "2026-10-25T04:00:00+01:00"},
	} {
		now := inParis(t, tc.now)
		got, err := parseTime("--until", tc.text, now, now)
		if want := inParis(t, tc.want); err != nil || !got.Equal(want) {
			t.Errorf("at %s, %q is %v (%v), want %v", tc.now, tc.text, got, err, want)
		}
	}
}

func TestParseTimeAfterStart(t *testing.T) {
	now, start := inParis(t, "2026-11-23T16:00:00+01:00"), inParis(t, "2026-11-25T22:00:00+01:00")
	for text, want := range map[string]string{
		"04:00":          "2026-11-26T04:00:00+01:00",
		"23:00":          "2026-11-25T23:00:00+01:00",
		"tomorrow 09:00": "2026-11-24T09:00:00+01:00", // a word for the day is seen from now
	} {
		got, err := parseTime("--until", text, now, start)
		if err != nil || !got.Equal(inParis(t, want)) {
			t.Errorf("%q is %v (%v), want %s", text, got, err, want)
		}
	}
}

func TestParseTimeMistakes(t *testing.T) {
	now := inParis(t, "2026-11-23T16:00:00+01:00")
	for _, tc := range []struct{ flag, text, hint string }{
		{"--until", "", "Write it like " + timeForms + "."},
		{"--until", "25:00", "Write it like " + timeForms + "."},
		{"--until", "tomorow 09:00", "Write it like " + timeForms + "."},
		{"--until", "tomorrow", "Write it like " + timeForms + "."},
		{"--until", "2026-02-30 10:00", "Write it like " + timeForms + "."},
		{"--until", "2026-11-23", `Add the time of the day: "2026-11-23 18:00".`},
		{"--until", "2h", "It is a duration: write --duration 2h."},
		{"--start", "2h", "Write it like " + timeForms + "."},
	} {
		_, err := parseTime(tc.flag, tc.text, now, now)
		f, ok := errors.AsType[*failure](err)
		if !ok || f.code != ExitUsage || f.hint != tc.hint {
			t.Errorf("%s %q: %#v", tc.flag, tc.text, err)
		}
	}
}

func TestSpell(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                     "0s",
		499 * time.Millisecond:                "0s",
		45 * time.Second:                      "45s",
		-45 * time.Second:                     "45s",
		59*time.Second + 999*time.Millisecond: "1m",
		5*time.Minute + 30*time.Second:        "5m 30s",
		2*time.Hour - time.Second:             "1h 59m",
		2*time.Hour - time.Millisecond:        "2h",
		24 * time.Hour:                        "1d",
		76 * time.Hour:                        "3d 4h",
		9 * 24 * time.Hour:                    "9d",
		15 * 24 * time.Hour:                   "2w 1d",
		400 * 24 * time.Hour:                  "1y 5w",
	} {
		if got := spell(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
