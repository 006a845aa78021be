package notifier

import (
	"errors"
	"fmt"
	"time"
)

// FailureKind tells what a failed attempt means for the next one.
type FailureKind string

// The kinds of failure.
const (
	// Temporary: try again, later each time.
	Temporary FailureKind = "temporary"
	// Permanent: this message will never be accepted; keep it as refused.
	Permanent FailureKind = "permanent"
	// Misconfigured: the destination refuses us, not the message (wrong
	// credentials, revoked URL). Someone must mend it; try again at long
	// intervals so that the message still arrives when they have.
	Misconfigured FailureKind = "misconfigured"
)

// Failure is a failed attempt with what the far side said about the next one.
type Failure struct {
	Kind       FailureKind
	RetryAfter time.Duration // what the far side asked for; zero when it did not
	Status     int           // HTTP or SMTP status; zero when there was none
	Err        error

	// Progress is whom the message has reached, in the channel's own words. What
	// keeps the delivery keeps it in Delivery.Ref while it is due, and
	// Message.Progress hands it back at the next attempt, so that nobody is told
	// twice.
	Progress string
	// Partial tells that the message has reached somebody and that nobody else
	// will accept it: it counts as told, and the error is to be shown. Send then
	// returns its reference as well.
	Partial bool
}

func (f *Failure) Error() string {
	if f.Status != 0 {
		return fmt.Sprintf("%s (status %d): %v", f.Kind, f.Status, f.Err)
	}
	return fmt.Sprintf("%s: %v", f.Kind, f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

// Classify returns err as a Failure. What nobody classified is temporary:
// repeating a message is better than losing it.
func Classify(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{Kind: Temporary, Err: err}
}
