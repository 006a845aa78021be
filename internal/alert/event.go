package alert

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// EventKind names what happened.
type EventKind string

// What the history records.
const (
	EventPending  EventKind = "pending"
	EventFiring   EventKind = "firing"
	EventResolved EventKind = "resolved"
	EventVanished EventKind = "pending ended"
	EventMissing  EventKind = "no data"
	EventReturned EventKind = "data returned"
	EventFlapping EventKind = "flapping"

	EventSuppressed EventKind = "suppressed"    // an alert is silenced or inhibited from now on
	EventAudible    EventKind = "audible again" // it is not any more
	EventAcked      EventKind = "acknowledged"
	EventUnacked    EventKind = "acknowledgement ended"
	EventDecided    EventKind = "decided"   // what planning decided for an integration, where that is news
	EventDelivered  EventKind = "delivered" // an integration was told
	EventFailed     EventKind = "failed"    // an attempt to tell it
	EventGaveUp     EventKind = "gave up"   // refused for good, or expired
)

// Event is one line of history.
type Event struct {
	At      time.Time
	Kind    EventKind
	AlertID string // "" where it concerns no single alert
	Labels  Labels // of the alert, or of the group
	Value   float64
	Detail  string // why, in words

	// Of decisions and deliveries: "" otherwise.
	Group       GroupKey
	Integration string
	Delivery    string // its id
}

// Evaluation is what one evaluation of one rule group changed. It is
// committed as a whole or not at all.
type Evaluation struct {
	Group   string
	At      time.Time
	Upserts []Alert  // alerts to write
	Deletes []string // ids of pending alerts that ended without firing
	Events  []Event
	Touched map[string][]GroupRef // by alert id: the groups to mark due
	// Routing, where it is not "", names the routing that from now on all alerts
	// of this group of rules follow.
	Routing string

	completed chan struct{} // closed when Upserts are complete; nil: they are
}

// Complete has work done beside the caller: it gives the upserts their annotations
// and links, while what does not need those can be written already. Call it once.
func (e *Evaluation) Complete(work func()) {
	e.completed = make(chan struct{})
	go func() {
		defer close(e.completed)
		work()
	}()
}

// Completed returns the upserts once they have their annotations and links. All
// else of them may be read without it.
func (e *Evaluation) Completed() []Alert {
	if e.completed != nil {
		<-e.completed
	}
	return e.Upserts
}

// Empty tells whether there is nothing to commit.
func (e *Evaluation) Empty() bool {
	return len(e.Upserts) == 0 && len(e.Deletes) == 0 && len(e.Events) == 0 && len(e.Touched) == 0 && e.Routing == ""
}

// Merge adds what a later evaluation changed. The later word on an alert holds.
func (e *Evaluation) Merge(later *Evaluation) {
	e.At = later.At
	gone := make(map[string]bool, len(later.Deletes))
	for _, id := range later.Deletes {
		gone[id] = true
	}
	for i := range later.Upserts {
		gone[later.Upserts[i].ID] = true
	}
	e.Upserts = slices.DeleteFunc(e.Upserts, func(a Alert) bool { return gone[a.ID] })
	e.Upserts = append(e.Upserts, later.Upserts...)
	e.Deletes = append(e.Deletes, later.Deletes...)
	e.Events = append(e.Events, later.Events...)
	if e.Touched == nil {
		e.Touched = map[string][]GroupRef{}
	}
	maps.Copy(e.Touched, later.Touched)
	e.Routing = cmp.Or(later.Routing, e.Routing)
}
