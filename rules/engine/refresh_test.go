package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// A value that moved once and then stays reaches the store within a minute or so
// of when the alert was last written.
func TestEngineStoresAValueThatMovedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		_, stop := running(t, store, q, testSetup(testRule("X", 0)))
		defer stop()
		q.set(func() { q.values["X > 1"] = 9 })
		pass(2 * refreshEvery)
		for _, a := range store.rows {
			if a.Value != 9 || a.Annotations.Get("summary") != "value 9" {
				t.Errorf("stored %v, %s", a.Value, a.Annotations)
			}
		}
	})
}

// Annotations that a reload changed are those of alerts that were firing before.
func TestEngineReloadChangesAnnotations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, q := newFakeStore(), &fakeQuerier{values: map[string]float64{"X > 1": 7}}
		e, stop := running(t, store, q, testSetup(testRule("X", 0)))
		defer stop()
		pass(time.Minute)
		changed := testRule("X", 0)
		changed.Annotations = []rules.Template{{Name: "summary", Text: "at {{ $value }}"}}
		e.Apply(testSetup(changed))
		pass(2 * refreshEvery)
		for _, a := range store.rows {
			if a.Annotations.Get("summary") != "at 7" {
				t.Errorf("annotations %s", a.Annotations)
			}
		}
	})
}

// Labels that only the series has, because the rule's hide them, are in the
// annotations as they are now.
func TestEngineAnnotationsFollowTheSeries(t *testing.T) {
	b := newBoth(t, "", "", `{alert: X, expr: up == 0, labels: {tier: all}, annotations: {tier: "{{ $labels.tier }}"}}`)
	for _, tier := range []string{"web", "db"} {
		b.told.samples["up == 0"] = []alert.Sample{{Labels: alert.LabelsFromStrings("tier", tier)}}
		b.evaluate()
		for _, alerts := range b.ours.alerts {
			if got := alerts[0].Annotations.Get("tier"); len(alerts) != 1 || got != tier {
				t.Errorf("%d alerts, tier %q, want %q", len(alerts), got, tier)
			}
		}
	}
}
