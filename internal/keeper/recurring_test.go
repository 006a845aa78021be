package keeper_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"alertd/internal/alert"
	"alertd/internal/keeper"
	"alertd/internal/store"
)

// nightly returns a recurring silence. The clock of a test begins on Saturday,
// 2000-01-01 00:00 UTC.
func (w *world) nightly(schedule, zone string, lasts time.Duration) alert.RecurringSilence {
	w.t.Helper()
	r := alert.RecurringSilence{
		ID: uuid.NewSHA1(uuid.Nil, []byte(schedule)).String(), Matchers: w.matcher("A"), Schedule: schedule, Timezone: zone,
		Duration: lasts, CreatedBy: "ann", Comment: "backups", UpdatedAt: time.Now(),
	}
	w.set(r)
	return r
}

func (w *world) set(r alert.RecurringSilence) {
	w.t.Helper()
	w.check(keeper.Check(&r, time.Now()))
	w.check(w.keeper.SetRecurring(w.t.Context(), r, time.Now()))
}

// periods returns when the occurrences run, the next to come last.
func (w *world) periods() (out []string) {
	w.t.Helper()
	all, err := w.Silences(w.t.Context())
	w.check(err)
	for _, sil := range all {
		if sil.Recurring() == "" {
			w.t.Errorf("silence %s is no occurrence", sil.ID)
		}
		out = append(out, sil.StartsAt.Format("01-02T15:04")+"/"+sil.EndsAt.Format("01-02T15:04"))
	}
	slices.Sort(out)
	return out
}

func TestRecurring(t *testing.T) {
	for name, test := range map[string]func(w *world){
		"the current occurrence and the next are there at once": func(w *world) {
			w.sleep(22*time.Hour + 30*time.Minute)
			w.nightly("0 22 * * SAT", "UTC", 4*time.Hour)
			w.expect("occurrences", w.periods(), []string{"01-01T22:00/01-02T02:00", "01-08T22:00/01-09T02:00"})
		},
		"the one after the next is made when that begins": func(w *world) {
			w.sleep(12 * time.Hour)
			w.nightly("0 22 * * *", "UTC", 4*time.Hour)
			w.expect("at first", w.periods(), []string{"01-01T22:00/01-02T02:00"})
			w.sleep(10*time.Hour - time.Minute)
			w.expect("holding before", w.holding(), nil)
			w.sleep(2 * time.Minute)
			w.expect("then", w.periods(), []string{"01-01T22:00/01-02T02:00", "01-02T22:00/01-03T02:00"})
			if len(w.holding()) != 1 {
				w.t.Errorf("holding: %v", w.holding())
			}
		},
		"in its own zone, by the clock that people see": func(w *world) {
			w.sleep(84 * 24 * time.Hour) // 2000-03-25, a day before summer time
			w.nightly("0 22 * * *", "Europe/Paris", time.Hour)
			w.sleep(48 * time.Hour)
			w.expect("occurrences", w.periods(), []string{"03-25T21:00/03-25T22:00", "03-26T20:00/03-26T21:00", "03-27T20:00/03-27T21:00"})
		},
		"a restart makes none twice, and none of what is over": func(w *world) {
			w.sleep(12 * time.Hour)
			w.nightly("0 22 * * *", "UTC", 4*time.Hour)
			w.stop()
			w.sleep(5*24*time.Hour + 11*time.Hour)
			w.start()
			want := []string{"01-01T22:00/01-02T02:00", "01-06T22:00/01-07T02:00", "01-07T22:00/01-08T02:00"}
			w.expect("after five days", w.periods(), want)
			w.stop()
			w.start()
			w.expect("after another restart", w.periods(), want)
		},
		"one that somebody ended early does not come back": func(w *world) {
			w.sleep(23 * time.Hour)
			w.nightly("0 22 * * *", "UTC", 4*time.Hour)
			all, err := w.Silences(w.t.Context())
			w.check(err)
			for _, sil := range all {
				if sil.StateAt(time.Now()) == alert.SilenceActive {
					w.check(w.EndSilence(w.t.Context(), time.Now(), &sil))
				}
			}
			w.keeper.Wake()
			w.sleep(time.Hour)
			w.expect("occurrences", w.periods(), []string{"01-01T22:00/01-01T23:00", "01-02T22:00/01-03T02:00"})
		},
		"changing it changes the one that runs": func(w *world) {
			w.sleep(23 * time.Hour)
			r := w.nightly("0 22 * * *", "UTC", 4*time.Hour)
			r.Duration = 6 * time.Hour
			w.set(r)
			w.expect("longer", w.periods(), []string{"01-01T22:00/01-02T04:00", "01-02T22:00/01-03T04:00"})
			before := w.holding()
			r.Matchers = w.matcher("B")
			w.set(r)
			w.expect("of others", w.periods(), []string{"01-01T22:00/01-01T23:00", "01-01T22:00/01-02T04:00", "01-02T22:00/01-03T04:00"})
			if now := w.holding(); len(now) != 1 || now[0] == before[0] {
				w.t.Errorf("%v holds, after %v", now, before)
			}
		},
		"deleting it ends the one that runs": func(w *world) {
			w.sleep(23 * time.Hour)
			r := w.nightly("0 22 * * *", "UTC", 4*time.Hour)
			w.check(w.keeper.DeleteRecurring(w.t.Context(), r.ID, time.Now()))
			w.expect("occurrences", w.periods(), []string{"01-01T22:00/01-01T23:00"})
			w.sleep(48 * time.Hour)
			w.expect("later", w.periods(), []string{"01-01T22:00/01-01T23:00"})
			if err := w.keeper.DeleteRecurring(w.t.Context(), r.ID, time.Now()); !errors.Is(err, store.ErrNotFound) {
				w.t.Errorf("deleting it again: %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, test) })
	}
}

func TestCheckRecurring(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		schedule, zone string
		lasts          time.Duration
		wrong          string
	}{
		{"0 22 * * SAT", "Europe/Paris", 4 * time.Hour, ""},
		{"0 0 * * *", "Europe/Paris", 24 * time.Hour, ""},
		{"0 22 * * SAT,SUN", "UTC", 26 * time.Hour, ""},
		{"0 22 * * FUNDAY", "UTC", time.Hour, "FUNDAY"},
		{"0 22 * *", "UTC", time.Hour, "0 22 * *"},
		{"@every 1h", "UTC", time.Hour, "@every"},
		{"0 22 * * *", "Europe/Prais", time.Hour, "Europe/Prais"},
		{"0 22 31 2 *", "UTC", time.Hour, "no such moment"},
		{"* * * * *", "UTC", time.Hour, "pile up"},
		{"0 22 * * *", "UTC", 30 * time.Second, "from a minute"},
		{"0 0 1 1 *", "UTC", 32 * 24 * time.Hour, "31 days"},
	} {
		err := keeper.Check(&alert.RecurringSilence{Schedule: c.schedule, Timezone: c.zone, Duration: c.lasts}, now)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%q %s for %s: %v, want %q", c.schedule, c.zone, c.lasts, err, c.wrong)
		}
	}
}
