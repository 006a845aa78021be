package notifier

import (
	"testing"
	"time"

	"alertd/internal/alert"
)

// A receiver that was asked for by name hears of the alert, whatever would keep it
// from others.
func TestDirectGroupIsNotInhibited(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	setup := &Setup{Route: &Route{}, Receivers: map[string][]Target{"team": {{ID: "team/mail/0"}}}, Expiry: time.Hour}
	for route, told := range map[string]int{alert.DirectRoute: 1, "": 0} {
		view := &alert.GroupView{
			Group:     alert.Group{GroupRef: alert.GroupRef{Key: "g", RouteID: route, Receiver: "team"}},
			Alerts:    []alert.Alert{{ID: "test", State: alert.Firing, ActiveAt: now, FiredAt: now}},
			Inhibited: map[string][]alert.Fingerprint{"test": {1}},
		}
		result, decisions := Plan(setup.input(view, nil, now))
		if len(result.Create) != told {
			t.Errorf("by the route %q: %+v, by %+v", route, result.Create, decisions)
		}
	}
}
