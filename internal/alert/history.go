package alert

import "time"

// Incident is an alert that has fired, with whom was told of it.
type Incident struct {
	Alert
	Told []FirstTold // by integration
}

// FirstTold is when an integration first heard of an incident.
type FirstTold struct {
	Integration string
	At          time.Time
}

// EventCursor is a place in the history, from which it is read on towards the
// past; the zero cursor is before its newest line.
type EventCursor struct {
	At time.Time
	ID int64
}

// EventQuery asks for lines of history, newest first. What is empty does not
// restrict.
type EventQuery struct {
	From, To time.Time // From is included, To is not
	Kinds    []EventKind
	AlertID  string
	Group    GroupKey
	Matchers Matchers
	After    EventCursor // where the page before ended
	Limit    int
}

// EventPage is a part of the history. A page may be short, even empty, where
// few lines are asked for among many: Next alone says whether there is more.
type EventPage struct {
	Events []Event
	Next   EventCursor // where the next page begins; zero: this was the last
}

// IncidentCursor is a place in the list of incidents; the zero cursor is its
// beginning.
type IncidentCursor struct {
	Ended time.Time // zero: among those that still fire
	Row   int64
}

// IncidentQuery asks for incidents: those that still fire first, the newest on
// top, then those that ended, the last one first. What is empty does not
// restrict.
type IncidentQuery struct {
	From, To time.Time // those that fired before To, and had not ended before From
	AlertID  string
	// Fingerprint is how the fingerprint of the labels begins, as it is written.
	Fingerprint string
	Matchers    Matchers
	After       IncidentCursor
	Limit       int
}

// IncidentPage is a part of the list. Like an EventPage it may be short.
type IncidentPage struct {
	Incidents []Incident
	Next      IncidentCursor // zero: this was the last
}

// Trace is everything that is recorded of one alert, pending or fired.
type Trace struct {
	Incident
	Groups []GroupKey // that it belongs to now
	// Events are those of the alert and of the groups' decisions and deliveries
	// while it was active, oldest first. That it became pending, fired and ended
	// the alert itself tells.
	Events     []Event
	Deliveries []Delivery // that name it, oldest first
}

// StoreUsage is how much is kept.
type StoreUsage struct {
	Bytes  int64     // of the database, what is free inside left out
	Oldest time.Time // line of history; zero: none
}

// EventKinds returns every kind of event.
func EventKinds() []EventKind {
	return []EventKind{
		EventPending, EventFiring, EventResolved, EventVanished, EventMissing, EventReturned, EventFlapping,
		EventSuppressed, EventAudible, EventAcked, EventUnacked, EventDecided, EventDelivered, EventFailed, EventGaveUp,
	}
}
