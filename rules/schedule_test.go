package rules_test

import (
	"testing"
	"time"

	"alertd/rules"
)

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSchedule(t *testing.T) {
	for _, test := range []struct{ spec, zone, at, last, next string }{
		{"0 * * * *", "", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"},
		{"0 * * * *", "", "2026-03-01T10:59:59Z", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"},
		{"30 2 * * *", "Europe/Paris", "2026-01-15T12:00:00Z", "2026-01-15T01:30:00Z", "2026-01-16T01:30:00Z"},
		{"30 2 * * *", "Europe/Paris", "2026-07-15T12:00:00Z", "2026-07-15T00:30:00Z", "2026-07-16T00:30:00Z"},
		{"0 9 * * MON", "America/New_York", "2026-03-04T00:00:00Z", "2026-03-02T14:00:00Z", "2026-03-09T13:00:00Z"},
		{"0 0 29 2 *", "", "2026-03-01T00:00:00Z", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"@daily", "", "2026-03-01T10:00:00Z", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"},
		{"15 30 4 * * *", "", "2026-03-01T10:00:00Z", "2026-03-01T04:30:15Z", "2026-03-02T04:30:15Z"},
		{"* * * * * *", "", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z"},
		{"*/20 * * * * *", "Asia/Kolkata", "2026-03-01T10:00:19.5Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:20Z"},
		{"5,35 0 9 * * MON", "America/New_York", "2026-03-09T13:00:06Z", "2026-03-09T13:00:05Z", "2026-03-09T13:00:35Z"},
		{"59 59 23 31 12 ?", "", "2026-03-01T10:00:00Z", "2025-12-31T23:59:59Z", "2026-12-31T23:59:59Z"},
	} {
		s, err := rules.ParseSchedule(test.spec, test.zone)
		if err != nil {
			t.Errorf("%s: %v", test.spec, err)
			continue
		}
		at := moment(t, test.at)
		if got := s.Last(at); !got.Equal(moment(t, test.last)) {
			t.Errorf("%s: last before %s is %s, want %s", s, test.at, got.Format(time.RFC3339), test.last)
		}
		if got := s.Next(at); !got.Equal(moment(t, test.next)) {
			t.Errorf("%s: next after %s is %s, want %s", s, test.at, got.Format(time.RFC3339), test.next)
		}
	}
}

func TestScheduleRefusals(t *testing.T) {
	for spec, zone := range map[string]string{
		"":                      "",
		"* * *":                 "",
		"61 * * * *":            "",
		"@every 5m":             "",
		"CRON_TZ=UTC 0 * * * *": "",
		"0 0 * * *":             "Mars/Olympus",
		"0 0 30 2 *":            "", // never
		"every day at five":     "",
		"0 0 * * * * * * *":     "",
		"60 0 0 * * *":          "",
		"0 0 0 30 2 *":          "", // never
		"0 0 31 2,4,6,9,11 *":   "", // never
	} {
		if s, err := rules.ParseSchedule(spec, zone); err == nil {
			t.Errorf("%q in %q is taken as %s", spec, zone, s)
		}
	}
}

// FuzzSchedule holds any schedule in any zone to what Next and Last say of each
// other, around any moment and around the shifts of the clock near it.
func FuzzSchedule(f *testing.F) {
	for _, spec := range []string{
		"0 2 * * *", "*/5 1-3,7 1 JAN-MAR MON#2", "@monthly", "* * * * * *", "*/7 30 2 * * *", "0 0 29 2 *", "0 0 30 2 *",
		"* 0-59 0-23 * * *", "* * * * 2 *", "* * * 29 2 *", "0 0 L * *", "0 0 15W * *", "? ? ? ? ? ?", "0 0 1 1 0", "59 59 23 31 12 SUN",
	} {
		for _, zone := range []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", ""} {
			f.Add(spec, zone, int64(1774746000))
		}
	}
	f.Fuzz(func(t *testing.T, spec, zone string, unix int64) {
		s, err := rules.ParseSchedule(spec, zone)
		if err != nil || unix < 0 || unix > 4e9 {
			return
		}
		at := time.Unix(unix, 0)
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatalf("%q is taken in the zone %q: %v", spec, zone, err)
		}
		moments := []time.Time{at, at.Add(time.Nanosecond)}
		for _, shift := range zoneBounds(at.In(location)) {
			moments = append(moments, shift.Add(-time.Second), shift, shift.Add(time.Hour))
		}
		for _, at := range moments {
			next, last := s.Next(at), s.Last(at)
			if last.After(at) {
				t.Errorf("%q: the last slot at %s is %s", s, at, last)
			}
			if !next.IsZero() && !next.After(at) {
				t.Errorf("%q: the next slot after %s is %s", s, at, next)
			}
			if !last.IsZero() && !s.Next(last).Equal(next) {
				t.Errorf("%q: at %s, between the slots %s and %s there is %s", s, at, last, next, s.Next(last))
			}
			if !next.IsZero() && !s.Last(next).Equal(next) {
				t.Errorf("%q: the last slot at the slot %s is %s", s, next, s.Last(next))
			}
		}
	})
}

// zoneBounds returns when the clock is put forward or back before and after t.
func zoneBounds(t time.Time) []time.Time {
	var bounds []time.Time
	begin, end := t.ZoneBounds()
	for _, at := range []time.Time{begin, end} {
		if !at.IsZero() {
			bounds = append(bounds, at)
		}
	}
	return bounds
}

func BenchmarkScheduleLast(b *testing.B) {
	for _, spec := range []string{"* * * * * *", "*/15 * * * *", "30 2 * * *", "0 0 29 2 *"} {
		s, err := rules.ParseSchedule(spec, "Europe/Paris")
		if err != nil {
			b.Fatal(err)
		}
		// Half an hour after the clocks went forward.
		at := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
		b.Run(spec, func(b *testing.B) {
			for b.Loop() {
				_ = s.Last(at)
			}
		})
	}
}

// The table is written out by hand from the clocks: Paris goes from 2:00 CET to
// 3:00 CEST on 29 March 2026 at 1:00 UTC and back from 3:00 to 2:00 on 25
// October at 1:00 UTC; New York from 2:00 EST to 3:00 EDT on 8 March at 7:00
// UTC and back from 2:00 to 1:00 on 1 November at 6:00 UTC.
func TestScheduleClockShifts(t *testing.T) {
	for _, test := range []struct {
		spec, zone, after string
		want              []string
	}{
		// The skipped hour: at once after the jump, once.
		{"30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"0 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
		{"0 3 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"}},
		{"59 1 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", []string{"2026-03-29T00:59:00Z", "2026-03-29T23:59:00Z"}},
		{"30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", []string{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
		// The repeated hour: the first time only.
		{"30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"30 2 * * *", "Europe/Paris", "2026-10-25T00:45:00Z", []string{"2026-10-26T01:30:00Z"}},
		{"0 3 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", []string{"2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"}},
		{"30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", []string{"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
		// Stars follow the clock.
		{"30 * * * *", "Europe/Paris", "2026-03-29T00:10:00Z", []string{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"}},
		{"30 * * * *", "Europe/Paris", "2026-10-24T23:40:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}},
		{"15 */2 * * *", "Europe/Paris", "2026-03-28T23:00:00Z", []string{"2026-03-28T23:15:00Z", "2026-03-29T02:15:00Z", "2026-03-29T04:15:00Z"}},
		{"15 */2 * * *", "Europe/Paris", "2026-10-24T22:00:00Z", []string{"2026-10-24T22:15:00Z", "2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z", "2026-10-25T03:15:00Z"}},
		// With seconds.
		{"10 30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:10Z"}},
		{"10,50 30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:10Z", "2026-03-30T00:30:50Z"}},
		{"10 30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:10Z", "2026-10-26T01:30:10Z"}},
		{"59 59 1 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", []string{"2026-03-29T00:59:59Z", "2026-03-29T23:59:59Z"}},
		{"30 */30 * * * *", "Europe/Paris", "2026-03-29T00:10:00Z", []string{"2026-03-29T00:30:30Z", "2026-03-29T01:00:30Z", "2026-03-29T01:30:30Z"}},
		{"30 */30 * * * *", "America/New_York", "2026-11-01T05:10:00Z", []string{"2026-11-01T05:30:30Z", "2026-11-01T06:00:30Z", "2026-11-01T06:30:30Z", "2026-11-01T07:00:30Z"}},
		{"* * * * * *", "Europe/Paris", "2026-03-29T00:59:58Z", []string{"2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T01:00:01Z"}},
		{"* * 2 * * *", "Europe/Paris", "2026-10-25T00:59:58Z", []string{"2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T01:00:01Z"}},
		// A clock of half an hour: Lord Howe goes from 2:00 back to 1:30 on 5 April
		// at 15:00 UTC of the day before, and forward on 4 October at 15:30 UTC.
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", []string{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", []string{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
		// Apia had no 30 December 2011, which it ended at 10:00 UTC before it began.
		{"30 4 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", []string{"2011-12-29T14:30:00Z", "2011-12-30T10:00:00Z", "2011-12-30T14:30:00Z"}},
		{"@hourly", "America/New_York", "2026-11-01T04:30:00Z", []string{"2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"}},
		{"@daily", "America/New_York", "2026-03-07T12:00:00Z", []string{"2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"}},
	} {
		s, err := rules.ParseSchedule(test.spec, test.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := moment(t, test.after)
		for _, want := range test.want {
			at = s.Next(at)
			if !at.Equal(moment(t, want)) {
				t.Errorf("%s after %s: %s, want %s", s, test.after, at.UTC().Format(time.RFC3339), want)
				break
			}
			if last := s.Last(at); !last.Equal(at) {
				t.Errorf("%s: the last slot at %s is %s", s, want, last.UTC().Format(time.RFC3339))
			}
		}
	}
}
