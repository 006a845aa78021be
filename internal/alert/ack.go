package alert

import "time"

// Ack is an acknowledgement: somebody looks after an incident. Its repetitions
// stop until it ends, or until Until.
type Ack struct {
	AlertID string
	By      string
	Comment string
	At      time.Time
	Until   time.Time // zero: until the incident ends
}

// HoldsAt tells whether the acknowledgement holds at now; nil does not.
func (a *Ack) HoldsAt(now time.Time) bool {
	return a != nil && (a.Until.IsZero() || now.Before(a.Until))
}
