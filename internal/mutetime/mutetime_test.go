package mutetime_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
	"go.yaml.in/yaml/v4"

	"alertd/internal/mutetime"
)

func parse(t testing.TB, text string) mutetime.Intervals {
	t.Helper()
	var all mutetime.Intervals
	if err := yaml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func schedule(t testing.TB, all mutetime.Intervals, mute, active string) *mutetime.Schedule {
	t.Helper()
	s, err := all.Schedule(strings.Fields(mute), strings.Fields(active))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const intervals = `
nights:
- times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "06:00"}]
  location: Europe/Paris
gap:
- times: [{start_time: "02:15", end_time: "02:45"}]
  location: Europe/Paris
before: [{times: [{start_time: "00:00", end_time: "02:30"}], location: Europe/Paris}]
weekends: [{weekdays: [saturday, sunday]}]
office: [{times: [{start_time: "09:00", end_time: "17:00"}], weekdays: ["monday:friday"], location: America/New_York}]
months-end: [{days_of_month: ["-1"]}]
august: [{months: [august], years: ["2026"]}]
always: [{}]
never: [{years: ["1999"]}]
half: [{times: [{start_time: "12:00", end_time: "24:00"}], location: Australia/Lord_Howe}]
`

func TestAtAndUntil(t *testing.T) {
	all := parse(t, intervals)
	for _, c := range []struct {
		name, mute, active string
		at                 string
		by, until          string
	}{
		{"over midnight", "nights", "", "2026-07-06T23:10:30+02:00", "nights", "2026-07-07T06:00:00+02:00"},
		{"before", "nights", "", "2026-07-06T21:59:59+02:00", "", "2026-07-06T22:00:00+02:00"},
		{"at the very beginning", "nights", "", "2026-07-06T22:00:00+02:00", "nights", "2026-07-07T06:00:00+02:00"},
		{"at the very end", "nights", "", "2026-07-07T06:00:00+02:00", "", "2026-07-07T22:00:00+02:00"},
		{"night of 23 hours' day", "nights", "", "2026-03-28T22:00:00+01:00", "nights", "2026-03-29T06:00:00+02:00"},
		{"night of 25 hours' day", "nights", "", "2026-10-24T22:00:00+02:00", "nights", "2026-10-25T06:00:00+01:00"},
		{"times that the clock skips", "gap", "", "2026-03-29T01:00:00+01:00", "", "2026-03-30T02:15:00+02:00"},
		{"an end that the clock skips", "before", "", "2026-03-29T01:30:00+01:00", "before", "2026-03-29T03:00:00+02:00"},
		{"times that come twice: first", "gap", "", "2026-10-25T02:20:00+02:00", "gap", "2026-10-25T02:45:00+02:00"},
		{"times that come twice: between", "gap", "", "2026-10-25T02:50:00+02:00", "", "2026-10-25T02:15:00+01:00"},
		{"times that come twice: again", "gap", "", "2026-10-25T02:20:00+01:00", "gap", "2026-10-25T02:45:00+01:00"},
		{"cut short by the clock", "before", "", "2026-10-25T02:40:00+02:00", "", "2026-10-25T02:00:00+01:00"},
		{"a shift of half an hour", "half", "", "2026-10-03T20:00:00+10:30", "half", "2026-10-04T00:00:00+10:30"},
		{"UTC without a location", "weekends", "", "2026-07-11T00:00:00Z", "weekends", "2026-07-13T00:00:00Z"},
		{"by two, until both end", "nights weekends", "", "2026-07-12T23:30:00+02:00", "nights weekends", "2026-07-13T06:00:00+02:00"},
		{"outside of the active one", "", "office", "2026-07-10T17:00:00-04:00", "office", "2026-07-13T09:00:00-04:00"},
		{"inside of it", "", "office", "2026-07-10T09:00:00-04:00", "", "2026-07-10T17:00:00-04:00"},
		{"outside of all active ones", "", "office weekends", "2026-07-10T20:00:00-03:00", "office weekends", "2026-07-11T00:00:00Z"},
		{"muted within the active one", "august", "always", "2026-08-31T23:59:59Z", "august", "2026-09-01T00:00:00Z"},
		{"the last day of February", "months-end", "", "2027-02-27T00:00:00Z", "", "2027-02-28T00:00:00Z"},
		{"the last day of a leap year's", "months-end", "", "2028-02-28T12:00:00Z", "", "2028-02-29T00:00:00Z"},
		{"always, looked at again in a year", "always", "", "2026-01-01T00:00:00Z", "always", "2027-01-02T00:00:00Z"},
		{"never", "never", "", "2026-01-01T00:00:00Z", "", "2027-01-02T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := schedule(t, all, c.mute, c.active)
			at, until := moment(t, c.at), moment(t, c.until)
			if got := strings.Join(s.At(at), " "); got != c.by {
				t.Errorf("muted by %q, want %q", got, c.by)
			}
			for range 2 { // the second time from memory
				if got := s.Until(at); !got.Equal(until) {
					t.Errorf("until %s, want %s", got.In(until.Location()).Format(time.RFC3339), c.until)
				}
			}
			if len(s.At(at)) > 0 != s.Throughout(at, until) {
				t.Error("Throughout does not agree")
			}
		})
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWithoutIntervals(t *testing.T) {
	s := schedule(t, nil, "", "")
	now := time.Now()
	if s != nil || s.At(now) != nil || !s.Until(now).IsZero() || s.Throughout(now, now.Add(1)) {
		t.Error("a route without intervals is muted at times")
	}
	if _, err := parse(t, intervals).Schedule(nil, []string{"nosuch"}); err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("error %v about an unknown name", err)
	}
}

// TestAgainstEveryMinute holds the jumps from boundary to boundary to looking
// at every minute, in zones whose clocks are shifted by an hour, by half an
// hour, at midnight, and by a whole day.
func TestAgainstEveryMinute(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	zones := []string{"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Pacific/Apia", "Asia/Kathmandu"}
	starts := []time.Time{
		time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC), time.Date(2011, 12, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC),
	}
	changes := 0
	for range 150 {
		zone, err := time.LoadLocation(zones[r.IntN(len(zones))])
		if err != nil {
			t.Fatal(err)
		}
		all := mutetime.Intervals{"x": {randomInterval(r, zone), randomInterval(r, time.UTC)}, "y": {randomInterval(r, zone)}}
		s := schedule(t, all, "x", []string{"", "y"}[r.IntN(2)])
		at := starts[r.IntN(len(starts))].Add(time.Duration(r.IntN(86400)) * time.Second)
		muted := len(s.At(at)) > 0
		want := at
		for end := at.Add(5 * 24 * time.Hour); want.Before(end); {
			if want = want.Truncate(time.Minute).Add(time.Minute); len(s.At(want)) > 0 != muted {
				break
			}
		}
		got := s.Until(at)
		if len(s.At(want)) > 0 == muted { // nothing within five days
			if got.Before(want) {
				t.Fatalf("%v from %s: changes at %s, by every minute not before %s", all, at, got, want)
			}
			continue
		}
		changes++
		if !got.Equal(want) {
			t.Fatalf("%v from %s: changes at %s, by every minute at %s", all, at, got, want)
		}
	}
	if changes < 50 {
		t.Errorf("only %d changes were compared", changes)
	}
}

func randomInterval(r *rand.Rand, zone *time.Location) timeinterval.TimeInterval {
	i := timeinterval.TimeInterval{Location: &timeinterval.Location{Location: zone}}
	for range r.IntN(3) {
		// Times near midnight and the usual hours of shifts are likely.
		minutes := []int{0, 1, 30, 90, 120, 135, 150, 180, 600, 1380, 1439, 1440}
		from := r.IntN(len(minutes) - 1)
		i.Times = append(i.Times, timeinterval.TimeRange{StartMinute: minutes[from], EndMinute: minutes[from+1+r.IntN(len(minutes)-from-1)]})
	}
	if r.IntN(2) == 0 {
		day := r.IntN(7)
		i.Weekdays = append(i.Weekdays, timeinterval.WeekdayRange{InclusiveRange: timeinterval.InclusiveRange{Begin: day, End: day + r.IntN(7-day)}})
	}
	return i
}

// Alertmanager's own Intervener decides the same at any moment.
func TestAgainstAlertmanager(t *testing.T) {
	all := parse(t, intervals)
	theirs := timeinterval.NewIntervener(all)
	r := rand.New(rand.NewPCG(3, 4))
	names := []string{"nights", "gap", "weekends", "office", "months-end", "half"}
	for range 3000 {
		at := time.Unix(1_700_000_000+r.Int64N(200_000_000), 0)
		some := names[r.IntN(len(names)):]
		_, want, err := theirs.Mutes(some, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := schedule(t, all, strings.Join(some, " "), "").At(at); !slices.Equal(got, want) {
			t.Fatalf("%v at %s: muted by %v, Alertmanager by %v", some, at, got, want)
		}
		if got := schedule(t, all, "", strings.Join(some, " ")).At(at); len(got) > 0 == (len(want) > 0) {
			t.Fatalf("%v at %s: muted by %v though active by %v", some, at, got, want)
		}
	}
}

func BenchmarkUntilWithoutEnd(b *testing.B) {
	s := schedule(b, parse(b, intervals), "always nights", "")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		at = at.Add(366 * 24 * time.Hour) // never from memory
		s.Until(at)
	}
}
