// Package history holds what was seen of an alertd from outside while it was
// tormented, and checks it against what alertd promises: nothing is lost,
// nothing is told twice but for a kill, and what ended stays ended.
package history

import (
	"slices"
	"time"
)

// Silencing tells whether silences had to do with an incident.
type Silencing int

// An incident that silences may have concerned for a part of its time proves
// less than one that none did; one that a promised silence covered from before
// its beginning until after its end must not be told at all.
const (
	Audible Silencing = iota
	PartlySilenced
	Hushed
)

// Incident is one time that something was wrong.
type Incident struct {
	ID string // unique; messages and Seen name it so
	// Promised is when alertd was first known to have it: it answered 200 to
	// the post, or showed it as firing. Zero: it may never have heard of it.
	Promised  time.Time
	Ended     bool // it is over when the history ends
	Silencing Silencing
	Receivers []string // who is to be told
}

// Message is one that a receiver read to its end, in order of time.
type Message struct {
	At       time.Time
	Receiver string
	Group    string // whose alerts it tells of
	Delivery string // its id, the same over retries; "" where the channel has none
	// Answered tells that the receiver answered success, completely and in time:
	// alertd knows that it was heard, unless it was killed.
	Answered         bool
	Firing, Resolved []string // incidents
}

// Down is a time when alertd did not run.
type Down struct {
	From, Until time.Time
	Killed      bool // and was not asked to stop
}

// Seen is the state of an incident that a client was shown, in order of time.
type Seen struct {
	At       time.Time
	Incident string
	Firing   bool
}

// Write is one change of a record that a client asked for, in order.
type Write struct {
	At       time.Time
	Version  string // what the record would become
	Promised bool   // alertd answered that it did
}

// Record is something that clients write: a silence, an acknowledgement.
type Record struct {
	Kind, ID string
	Writes   []Write
	Found    string // the version that is there at the end; "": there is none
}

// Allowed returns the versions that may be there at the end: the last one that
// was promised, and any later one for which no answer came.
func (r *Record) Allowed() []string {
	first := 0
	for i, w := range r.Writes {
		if w.Promised {
			first = i
		}
	}
	var out []string
	for _, w := range r.Writes[first:] {
		out = append(out, w.Version)
	}
	if !slices.ContainsFunc(r.Writes, func(w Write) bool { return w.Promised }) {
		out = append(out, "")
	}
	return out
}

// History is everything that was seen.
type History struct {
	Receivers []string
	Incidents []Incident
	Messages  []Message
	Downs     []Down
	Seen      []Seen
	Records   []Record
	// Parallel is how many messages may be on their way to one receiver at once,
	// and so be repeated after one kill.
	Parallel int
}

// killedBetween tells whether alertd was killed after a and before b. A message
// may be read shortly after its sender is gone.
func (h *History) killedBetween(a, b time.Time) (Down, bool) {
	for _, d := range h.Downs {
		if d.Killed && d.Until.After(a) && d.From.Before(b) {
			return d, true
		}
	}
	return Down{}, false
}
