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
	} {
		if s, err := rules.ParseSchedule(spec, zone); err == nil {
			t.Errorf("%q in %q is taken as %s", spec, zone, s)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("0 2 * * *", int64(1772359200))
	f.Add("*/5 1-3,7 1 JAN-MAR MON#2", int64(0))
	f.Add("@monthly", int64(2000000000))
	f.Fuzz(func(t *testing.T, spec string, unix int64) {
		s, err := rules.ParseSchedule(spec, "Europe/Paris")
		if err != nil || unix < 0 || unix > 4e9 {
			return
		}
		at := time.Unix(unix, 0)
		if last := s.Last(at); last.After(at) {
			t.Errorf("%q: last %s is after %s", spec, last, at)
		}
		if next := s.Next(at); !next.IsZero() && !next.After(at) {
			t.Errorf("%q: next %s is not after %s", spec, next, at)
		}
	})
}
