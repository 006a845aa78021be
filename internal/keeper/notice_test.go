package keeper_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

// notices returns the silences of which notice is given.
func (w *world) notices() (ids []string) {
	w.t.Helper()
	for _, a := range w.noticeAlerts() {
		ids = append(ids, a.Labels.Get("silence"))
	}
	slices.Sort(ids)
	return ids
}

func (w *world) noticeAlerts() (out []alert.Alert) {
	w.t.Helper()
	active, err := w.ActiveAlerts(w.t.Context())
	w.check(err)
	for _, a := range active {
		if a.Name() == "SilenceEnding" {
			out = append(out, a)
		}
	}
	return out
}

func TestNotice(t *testing.T) {
	day := 24 * time.Hour
	for name, test := range map[string]func(w *world){
		"an hour before a long one ends over what fires": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 3*day)
			w.sleep(3*day - time.Hour - time.Minute)
			w.expect("before", w.notices(), nil)
			w.sleep(2 * time.Minute)
			w.expect("in the last hour", w.notices(), []string{"s"})
			a := w.noticeAlerts()[0]
			for _, part := range []string{`alertname="A" ends at 2000-01-04 00:00 UTC and still hides 1 alert`, "set by ann: why", "alertctl silence edit s --for 1d"} {
				if text := a.Annotations.Get("summary") + "\n" + a.Annotations.Get("description"); !strings.Contains(text, part) {
					w.t.Errorf("no %q in %s", part, text)
				}
			}
			w.sleep(time.Hour)
			w.expect("after", w.notices(), nil)
		},
		"not of a short one, nor of one that hides nothing": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("short", "A", day)
			w.silence("idle", "B", 2*day)
			w.sleep(day - time.Minute)
			w.expect("short", w.notices(), nil)
			w.sleep(day)
			w.expect("idle", w.notices(), nil)
		},
		"until it is extended": func(w *world) {
			w.put(alert.Firing, "A")
			sil := w.silence("s", "A", 3*day)
			w.sleep(3*day - time.Minute)
			w.expect("before", w.notices(), []string{"s"})
			sil.EndsAt, sil.UpdatedAt = time.Now().Add(day), time.Now()
			w.save(sil)
			w.sleep(10 * time.Second)
			w.expect("extended", w.notices(), nil)
			w.sleep(day - 30*time.Minute)
			w.expect("again", w.notices(), []string{"s"})
		},
		"until what it hides recovers": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 3*day)
			w.sleep(3*day - time.Minute)
			w.put(alert.Resolved, "A")
			w.sleep(10 * time.Second)
			w.expect("recovered", w.notices(), nil)
		},
		"once, restart or not": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 3*day)
			w.sleep(3*day - 30*time.Minute)
			before := w.noticeAlerts()
			w.stop()
			w.start()
			w.sleep(time.Minute)
			if after := w.noticeAlerts(); len(after) != 1 || len(before) != 1 || after[0].ID != before[0].ID {
				w.t.Errorf("before the restart %v, after it %v", before, after)
			}
			w.put(alert.Resolved, "A")
			w.sleep(10 * time.Second)
			w.expect("recovered", w.notices(), nil)
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, test) })
	}
}
