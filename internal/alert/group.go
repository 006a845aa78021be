package alert

import (
	"errors"
	"slices"
	"time"
)

// GroupKey identifies an aggregation group: the route that made it and the
// labels it groups by, as Alertmanager writes it: {}/{a="b"}:{alertname="X"}.
type GroupKey string

// GroupRef is what routing says of one alert: a group that it belongs to.
type GroupRef struct {
	Key      GroupKey
	RouteID  string
	Receiver string
	Labels   Labels // the labels grouped by

	Wait     time.Duration // from the group's first alert to its first message
	Interval time.Duration // between messages about changes
}

// Group is an aggregation group: alerts that are told together.
type Group struct {
	GroupRef
	CreatedAt time.Time
	FlushedAt time.Time // last time that its alerts were gathered into messages; zero until then
	DueAt     time.Time // when it wants planning; zero when nothing awaits it
}

// Told is what one integration was last told of one group. It changes only
// when a delivery succeeded.
type Told struct {
	Group       GroupKey
	Integration string
	Firing      []string  // ids of the alerts that it believes to be firing
	At          time.Time // of the last message
	AsOf        time.Time // of the truth that the last message told
	Ref         string    // the channel's own reference to that message
}

// Content is what a message says: which alerts are firing, which have ended.
type Content struct {
	Firing   []string `json:"firing,omitempty"`
	Resolved []string `json:"resolved,omitempty"`
	// Held are alerts that were told as firing, still are, and are silenced now:
	// left out of the message, but their recovery will be told.
	Held []string `json:"held,omitempty"`
}

// Equal tells whether both say the same.
func (c Content) Equal(o Content) bool {
	return slices.Equal(c.Firing, o.Firing) && slices.Equal(c.Resolved, o.Resolved) && slices.Equal(c.Held, o.Held)
}

// Empty tells whether there is nothing to say.
func (c Content) Empty() bool { return len(c.Firing) == 0 && len(c.Resolved) == 0 }

// DeliveryState is where a delivery stands.
type DeliveryState string

// A delivery is due until it is delivered; refused for good, it is dead; past
// its expiry, expired; overtaken by a newer truth before it could be sent,
// superseded.
const (
	DeliveryDue        DeliveryState = "due"
	DeliveryDelivered  DeliveryState = "delivered"
	DeliveryDead       DeliveryState = "dead"
	DeliveryExpired    DeliveryState = "expired"
	DeliverySuperseded DeliveryState = "superseded"
)

// Delivery is one thing that one integration must be told.
type Delivery struct {
	ID            string // stable over retries, so that receivers can recognise a repeat
	Group         GroupKey
	Receiver      string
	Integration   string
	Content       Content
	Reason        string // why it is sent
	State         DeliveryState
	CreatedAt     time.Time
	NextAttemptAt time.Time
	ExpiresAt     time.Time
	Attempts      int
	LastError     string
	FinishedAt    time.Time
	Ref           string
}

// ErrNotFound says that no record has the asked identity.
var ErrNotFound = errors.New("not found")

// ErrStale says that a group changed after its view was taken: plan it anew.
var ErrStale = errors.New("the group changed since it was read")

// GroupView is a group with everything that planning it needs.
type GroupView struct {
	Group
	Revision int64 // rises with every change; a plan holds only for the revision it saw
	Alerts   []Alert
	Told     []Told
	Open     []Delivery // the deliveries that are still due

	// Inhibited are the fingerprints of the alerts that inhibit a member, by its
	// id; the store leaves it empty.
	Inhibited map[string][]Fingerprint
	// Suppressed and Decided are what plans before recorded, to tell what is news:
	// by member's id what kept it from being told, by integration the decision.
	Suppressed map[string]Suppression
	Decided    map[string]string
}

// PlanResult is what planning one group decided. It is committed as a whole.
type PlanResult struct {
	Key       GroupKey
	Revision  int64
	DueAt     time.Time // when to plan again; zero when nothing awaits the group
	FlushedAt time.Time
	Create    []Delivery
	Supersede []string // ids of open deliveries that a newer truth overtook
	Leave     []string // ids of ended alerts that nobody needs to be told of any more
	Drop      bool     // nothing is left of the group: forget it
	Events    []Event

	Suppressed map[string]Suppression // by member's id, those that changed; the zero one forgets
	Decided    map[string]string      // by integration; nil: as before
}

// QueueDepth is how many deliveries of one integration are due.
type QueueDepth struct {
	Integration string
	Due         int
	Oldest      time.Time
}
