package rules

import (
	"time"

	"alertd/internal/alert"
)

// rewound returns the alert with its timers begun at ts where they begin later,
// which happens when the clock is set back: they would stand still until it is
// that late again. When an alert fired is told to people, and stays.
func rewound(a alert.Alert, ts time.Time) alert.Alert {
	timers := []*time.Time{&a.KeepFiringSince, &a.HealthySince, &a.MissingSince}
	if a.State == alert.Pending {
		timers = append(timers, &a.ActiveAt)
	}
	for _, begun := range timers {
		if begun.After(ts) {
			*begun = ts
		}
	}
	return a
}
