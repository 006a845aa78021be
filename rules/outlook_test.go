package rules_test

import (
	"testing"
	"time"

	"alertd/rules"
)

func schedule(t *testing.T, spec, zone string) *rules.Schedule {
	t.Helper()
	s, err := rules.ParseSchedule(spec, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScheduleGaps(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, test := range []struct {
		spec, zone        string
		shortest, longest time.Duration
	}{
		{"30 2 * * *", "", day, day},
		{"*/10 * * * *", "", 10 * time.Minute, 10 * time.Minute},
		{"0 6 * * 1-5", "", day, 3 * day},
		{"0 0 1 * *", "", 28 * day, 31 * day},
		{"30 4 * * *", "Europe/Paris", 23 * time.Hour, 25 * time.Hour},
		{"0 8,20 * * *", "", 12 * time.Hour, 12 * time.Hour},
	} {
		if shortest, longest := schedule(t, test.spec, test.zone).Gaps(now); shortest != test.shortest || longest != test.longest {
			t.Errorf("%s %s: %s to %s, want %s to %s", test.spec, test.zone, shortest, longest, test.shortest, test.longest)
		}
	}
}

func TestScheduleShifted(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct{ spec, zone, want string }{
		{"30 2 * * *", "Europe/Paris", "2027-03-28T02:30:00Z never"},
		{"0 2 * * *", "Europe/Paris", "2027-03-28T02:00:00Z never"},
		{"0 3 * * *", "Europe/Paris", ""},
		{"59 1 * * *", "Europe/Paris", ""},
		{"30 2 31 10 *", "Europe/Paris", "2027-10-31T02:30:00Z twice"},
		{"30 1 7 11 *", "America/New_York", "2027-11-07T01:30:00Z twice"},
		{"30 2 * * *", "America/New_York", "2027-03-14T02:30:00Z never"},
		{"30 2 * * *", "UTC", ""},
		{"30 2 * * *", "Asia/Tokyo", ""},
		{"*/5 * * * *", "Europe/Paris", ""},
		{"15 2 * 6 *", "Europe/Paris", ""},
		{"15 2 * * *", "Australia/Lord_Howe", "2027-10-03T02:15:00Z never"},
	} {
		got := ""
		if slot, ok := schedule(t, test.spec, test.zone).Shifted(now); ok {
			got = slot.Wall.Format(time.RFC3339) + " never"
			if slot.Twice {
				got = slot.Wall.Format(time.RFC3339) + " twice"
			}
		}
		if got != test.want {
			t.Errorf("%s %s: %q, want %q", test.spec, test.zone, got, test.want)
		}
	}
}
