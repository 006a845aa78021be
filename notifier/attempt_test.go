package notifier

import (
	"testing"

	"alertd/internal/alert"
)

// A message has as many alerts as anybody takes, what fires first, and counts
// the rest.
func TestFirstOf(t *testing.T) {
	for _, c := range []struct{ firing, resolved, wantFiring, wantResolved int }{
		{0, 0, 0, 0},
		{3, 2, 3, 2},
		{maxAlerts, 0, maxAlerts, 0},
		{maxAlerts - 1, 5, maxAlerts - 1, 1},
		{maxAlerts + 7, 5, maxAlerts, 0},
		{0, 2 * maxAlerts, 0, maxAlerts},
	} {
		shown, truncated := firstOf(alert.Content{Firing: make([]string, c.firing), Resolved: make([]string, c.resolved)})
		if len(shown.Firing) != c.wantFiring || len(shown.Resolved) != c.wantResolved || truncated != c.firing+c.resolved-c.wantFiring-c.wantResolved {
			t.Errorf("%d firing, %d resolved: shows %d and %d, leaves out %d", c.firing, c.resolved, len(shown.Firing), len(shown.Resolved), truncated)
		}
	}
}
