package alert

import "time"

// Run is one run of alertd. Zero times mean "not yet".
type Run struct {
	StartedAt time.Time
	AliveAt   time.Time // when it was last known to be alive
	StoppedAt time.Time // when it stopped by itself
}
