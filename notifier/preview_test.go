package notifier_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/internal/matchers"
	"alertd/notifier"
)

func TestPreview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, map[string]*far{"a": {}}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "X", "Y")
		key := o.route.Groups(alert.LabelsFromStrings("alertname", "X"))[0].Key
		before, err := o.store.GroupView(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		p, err := o.n.Preview(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		repeat := time.Now().Add(4 * time.Hour)
		if len(p.Decisions) != 1 || p.Decisions[0].Reason != notifier.ReasonDeduplicated || !p.Decisions[0].Until.Equal(repeat) || !p.NextAt.Equal(repeat) {
			t.Errorf("decided %+v, next at %s", p.Decisions, p.NextAt)
		}
		ms, err := matchers.Parse("alertname=X")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		sil := alert.Silence{ID: "s", Matchers: ms, StartsAt: now, EndsAt: now.Add(time.Hour), UpdatedAt: now}
		if err := o.store.SaveSilences(t.Context(), now, sil); err != nil {
			t.Fatal(err)
		}
		// Not planned yet, but what will come of it is known.
		if p, err = o.n.Preview(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if p.Decisions[0].Reason != notifier.ReasonSilenced || p.Suppressed["X"].Silences[0] != "s" || !p.NextAt.Equal(sil.EndsAt) {
			t.Errorf("under a silence: %+v", p)
		}
		after, err := o.store.GroupView(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if after.FlushedAt != before.FlushedAt || len(after.Open) != 0 || len(after.Suppressed) != 0 {
			t.Errorf("the preview changed the group: %+v", after)
		}
		if _, err := o.n.Preview(t.Context(), "nosuch"); !errors.Is(err, alert.ErrNotFound) {
			t.Errorf("error %v", err)
		}
		if _, err := notifier.New(o.store, discard(), nil).Preview(t.Context(), key); !errors.Is(err, notifier.ErrNotConfigured) {
			t.Errorf("error %v", err)
		}
	})
}

// What is decided and what comes of it is in the history, once.
func TestHistoryOfTelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heed := func(n int) error {
			if n <= 3 {
				return errors.New("connection refused")
			}
			return nil
		}
		o := open(t, map[string]*far{"a": {heed: heed}}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "X")
		pass(time.Minute)
		o.put(alert.Resolved, "X")
		pass(time.Minute)
		events, err := o.store.Events(t.Context(), time.Time{}, time.Time{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range events {
			e := events[len(events)-1-i]
			got = append(got, string(e.Kind)+": "+e.Detail)
			if e.Integration != "team/a" || e.Group == "" || e.Labels.Get("alertname") != "X" {
				t.Errorf("event %+v", e)
			}
		}
		want := []string{
			"decided: first notification, by the route {} to team",
			"failed: temporary: connection refused",
			"delivered: first notification",
			"decided: already told; repeated at " + events[len(events)-3].At.Add(4*time.Hour).UTC().Format(time.RFC3339),
			"decided: all alerts resolved",
			"delivered: all alerts resolved",
		}
		if len(got) != len(want) {
			t.Fatalf("history %q", got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("line %d: %q, want %q", i, got[i], want[i])
			}
		}
	})
}
