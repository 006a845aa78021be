package keeper_test

import (
	"slices"
	"testing"
	"time"

	"alertd/internal/alert"
)

func TestUntilResolved(t *testing.T) {
	day := 24 * time.Hour
	untilResolved := []string{alert.UntilResolvedAnnotation, "true"}
	for name, test := range map[string]func(w *world){
		"ends some minutes after what it silences": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 30*day, untilResolved...)
			w.sleep(3 * time.Hour)
			w.put(alert.Resolved, "A")
			w.sleep(4 * time.Minute)
			w.expect("within the grace", w.holding(), []string{"s"})
			w.sleep(2 * time.Minute)
			w.expect("after it", w.holding(), nil)
		},
		"a gap does not end it": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 30*day, untilResolved...)
			w.sleep(time.Hour)
			for range 10 {
				w.put(alert.Resolved, "A")
				w.sleep(4 * time.Minute)
				w.put(alert.Firing, "A")
				w.sleep(time.Minute)
			}
			w.expect("flapping", w.holding(), []string{"s"})
		},
		"stays until it has matched something": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "B", 30*day, untilResolved...)
			w.put(alert.Resolved, "A")
			w.sleep(29 * day)
			w.expect("nothing yet", w.holding(), []string{"s"})
			w.sleep(2 * day)
			w.expect("its own end", w.holding(), nil)
		},
		"knows of what began and ended between two looks": func(w *world) {
			w.silence("s", "B", 30*day, untilResolved...)
			w.sleep(2 * time.Hour)
			w.put(alert.Firing, "B")
			w.put(alert.Resolved, "B")
			w.sleep(6 * time.Minute)
			w.expect("then", w.holding(), nil)
		},
		"what ended before it began does not count": func(w *world) {
			w.put(alert.Firing, "A")
			w.put(alert.Resolved, "A")
			w.sleep(time.Second)
			w.silence("s", "A", 30*day, untilResolved...)
			w.sleep(time.Hour)
			w.expect("it", w.holding(), []string{"s"})
		},
		"a restart forgets nothing": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 30*day, untilResolved...)
			w.stop()
			w.put(alert.Resolved, "A")
			w.sleep(3 * time.Minute)
			w.start()
			w.expect("at the start", w.holding(), []string{"s"})
			w.sleep(3 * time.Minute)
			w.expect("five minutes after the end", w.holding(), nil)
		},
		"what waits for its rule holds it too": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 30*day, untilResolved...)
			w.put(alert.Resolved, "A")
			w.put(alert.Pending, "A")
			w.sleep(time.Hour)
			w.expect("it", w.holding(), []string{"s"})
		},
		"others end when they say": func(w *world) {
			w.put(alert.Firing, "A")
			w.silence("s", "A", 2*time.Hour)
			w.put(alert.Resolved, "A")
			w.sleep(time.Hour)
			w.expect("it", w.holding(), []string{"s"})
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, test) })
	}
}

func TestAcksEnd(t *testing.T) {
	run(t, func(w *world) {
		w.put(alert.Firing, "A", "B")
		until := time.Now().Add(2 * time.Hour)
		w.check(w.SaveAcks(w.t.Context(), time.Now(), alert.Ack{AlertID: "A", By: "ann", At: time.Now(), Until: until}, alert.Ack{AlertID: "B", By: "ann"}))
		w.keeper.Wake()
		w.sleep(time.Until(until) - time.Second)
		w.expect("acknowledged before", w.acked(), []string{"A", "B"})
		w.sleep(2 * time.Second)
		w.expect("acknowledged after", w.acked(), []string{"B"})
	})
}

// acked returns the ids of the acknowledged alerts.
func (w *world) acked() (ids []string) {
	w.t.Helper()
	active, err := w.ActiveAlerts(w.t.Context())
	w.check(err)
	for i := range active {
		if active[i].Ack != nil {
			ids = append(ids, active[i].ID)
		}
	}
	slices.Sort(ids)
	return ids
}
