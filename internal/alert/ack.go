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

// String says who acknowledged it, when and why.
func (a *Ack) String() string {
	said := "by " + a.By + " at " + a.At.UTC().Format(time.RFC3339)
	if !a.Until.IsZero() {
		said += " until " + a.Until.UTC().Format(time.RFC3339)
	}
	if a.Comment != "" {
		said += ": " + a.Comment
	}
	return said
}

// HoldsAt tells whether the acknowledgement holds at now; nil does not.
func (a *Ack) HoldsAt(now time.Time) bool {
	return a != nil && (a.Until.IsZero() || now.Before(a.Until))
}
