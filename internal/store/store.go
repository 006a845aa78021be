// Package store keeps what alertd must never forget: alerts, aggregation
// groups, what each integration was told, deliveries, silences and history.
// It is the only bus between evaluating and telling: every step begins and
// ends in a committed state, so a crash between two steps is only a delay.
package store

import (
	"context"
	"errors"
	"time"

	"alertd/internal/alert"
)

// ErrStale says that a group changed after its snapshot was taken: plan again.
var ErrStale = alert.ErrStale

// ErrNotFound says that no record has the asked identity.
var ErrNotFound = alert.ErrNotFound

// ErrUnavailable says that the storage does not work at the moment: the disk is
// full, read-only or failing, or another program holds the file. Nothing of the
// failed operation was kept, and the same operation succeeds, with no restart,
// once that is mended. (One that failed while it was being made durable may,
// after a crash, turn out to have been kept.)
var ErrUnavailable = errors.New("the storage is unavailable")

// ErrDamaged says that the stored data is not readable and will not become so.
var ErrDamaged = errors.New("the database is damaged")

// ErrClosed says that the store was closed.
var ErrClosed = errors.New("the store is closed")

// Store is everything that alertd keeps. Each method that changes something is
// one transaction, durable when it returns. Consumers ask for the part that
// they use by small interfaces of their own.
//
// A context bounds the wait for other operations; one that has begun is carried
// to its end. Times come back in UTC, with nanoseconds, from 1677 to 2262 (one
// outside becomes the nearest inside). Label sets must be valid UTF-8.
type Store interface {
	// ActiveAlerts returns every pending and firing alert, in no order. It does not
	// wait for the disk. What the alerts refer to must not be changed.
	ActiveAlerts(ctx context.Context) ([]alert.Alert, error)
	// EndedAlerts returns the alerts that ended at or after since, in the order in
	// which they fired.
	EndedAlerts(ctx context.Context, since time.Time) ([]alert.Alert, error)
	// CommitEvaluation writes what an evaluation changed, records that its
	// alerts belong to the touched groups (made where they are new, and given
	// the routing of today where they are not), and marks those groups due unless
	// they were due before. Only a pending alert
	// can be deleted; a touched alert that does not exist joins no group.
	//
	// A group is due when its waits are over, by its reference and the first change
	// of its alerts (those that ended among them): not before it can be told of.
	// One that has a message under way, or is touched by what is none of its
	// alerts, is due at once.
	CommitEvaluation(ctx context.Context, e *alert.Evaluation) error
	// Routing returns the routing that the last evaluation of a group of rules
	// which named one did name; "" where none did.
	Routing(ctx context.Context, group string) (string, error)

	// DueGroups returns the keys of up to limit groups due at now, longest due
	// first, and when the next one after them is due, which is in the past
	// where the limit cut the list (zero: none is).
	DueGroups(ctx context.Context, now time.Time, limit int) ([]alert.GroupKey, time.Time, error)
	// GroupView returns one group with all that planning it needs, as of one
	// moment: its alerts (those that ended too, until a plan lets them leave),
	// what was told, the deliveries still due. ErrNotFound where there is none.
	GroupView(ctx context.Context, key alert.GroupKey) (*alert.GroupView, error)
	// CommitPlan carries out a plan; ErrStale, and nothing is changed, where
	// the group changed since its view was taken, be it by another plan.
	// What the plan recorded (Suppressed, Decided) is in the group's next view.
	// Superseded deliveries finish when their successor was made, or at the
	// plan's FlushedAt where they have none. A group is dropped,
	// and an alert leaves, only when no open delivery is about it: until then
	// the wish is ignored, for the delivery's outcome makes the group due again.
	CommitPlan(ctx context.Context, p *alert.PlanResult) error

	// Reschedule makes due at now every group and delivery that waits for a later
	// time, and lets the deliveries that are due expire so much later: after the
	// time of day was set by so much, what waits for a time waits for a wrong one.
	// With 0, at a start, only what happened later than now is looked at: the
	// clock was set back meanwhile.
	Reschedule(ctx context.Context, now time.Time, by time.Duration) error

	// DueDeliveries returns up to limit deliveries of an integration that are due
	// at now, in order of their next attempt, and when the next one after them is
	// due, which is in the past where the limit cut the list (zero: none is). Those whose group is itself due are left out: planning
	// it may overtake them.
	DueDeliveries(ctx context.Context, integration string, now time.Time, limit int) ([]alert.Delivery, time.Time, error)
	// DeliveryAlerts returns the alerts that the delivery's content names, in
	// its order, the firing ones first; those no longer known are left out.
	DeliveryAlerts(ctx context.Context, d *alert.Delivery) ([]alert.Alert, error)
	// DeliveryGroup returns the delivery's group and what its integration was
	// last told of it (the zero Told: nothing). Of a group that was dropped
	// meanwhile it returns what the delivery remembers: no times.
	DeliveryGroup(ctx context.Context, d *alert.Delivery) (*alert.Group, alert.Told, error)
	// CommitDelivery writes an attempt's outcome (State, Attempts,
	// NextAttemptAt, LastError, FinishedAt, Ref). A delivery that is due again
	// changes nothing else; delivered, dead or expired, it makes its group due
	// at now so that it is planned anew. The history gets a line of it: not of a
	// failure whose error is that of the attempt before.
	//
	// What was delivered is recorded as told, at now and as of the delivery's
	// making: Content.Firing and Content.Held are what the integration believes
	// to be firing, and stay in the group. That holds even where the delivery
	// had been superseded meanwhile, and even where its group had been dropped:
	// it is made again, for someone must tell of the end. Any other outcome
	// leaves a superseded delivery as it is, and an outcome already written is
	// not written twice.
	CommitDelivery(ctx context.Context, d *alert.Delivery, now time.Time) error
	// Deliveries returns up to limit deliveries in any of the states (none
	// named: in every state), newest first.
	Deliveries(ctx context.Context, limit int, states ...alert.DeliveryState) ([]alert.Delivery, error)
	// Queue returns, by integration, how many deliveries are due and since when
	// the oldest was created.
	Queue(ctx context.Context) ([]alert.QueueDepth, error)

	// Silences returns every silence not yet forgotten, newest first.
	Silences(ctx context.Context) (alert.Silences, error)
	// Silence returns one silence, or ErrNotFound.
	Silence(ctx context.Context, id string) (*alert.Silence, error)
	// SaveSilences writes silences together and marks the groups due at now
	// that have an active alert which any of them matches (before or after the
	// change).
	SaveSilences(ctx context.Context, now time.Time, silences ...alert.Silence) error
	// EndSilence ends a silence at now, as SaveSilences would; ErrStale, and
	// nothing is changed, where it is no longer what was read.
	EndSilence(ctx context.Context, now time.Time, read *alert.Silence) error

	// RecurringSilences returns every recurring silence, in order of their ids.
	RecurringSilences(ctx context.Context) ([]alert.RecurringSilence, error)
	// SetRecurringSilence writes a recurring silence and its occurrences. Of those
	// it had before, the ones that are not among them end now, or are forgotten
	// where they have not begun; one that has ended stays as it is.
	SetRecurringSilence(ctx context.Context, now time.Time, r *alert.RecurringSilence, occurrences ...alert.Silence) error
	// AddOccurrences writes further occurrences of a recurring silence, the last
	// of which is the slot madeUntil; ErrStale, and nothing is changed, where that
	// slot was made before, or the recurring silence is gone.
	AddOccurrences(ctx context.Context, now time.Time, id string, madeUntil time.Time, occurrences ...alert.Silence) error
	// DeleteRecurringSilence forgets a recurring silence (ErrNotFound where there
	// is none) and its next occurrence, and ends the one that runs.
	DeleteRecurringSilence(ctx context.Context, now time.Time, id string) error

	// SaveAcks acknowledges active alerts, which have their acknowledgement in
	// every reading from then on, in place of one before; it goes to the history,
	// and the groups of the alerts are due at now. ErrNotFound, and nothing is
	// changed, where one of the alerts is not active.
	SaveAcks(ctx context.Context, now time.Time, acks ...alert.Ack) error
	// RemoveAcks takes acknowledgements back, likewise; alerts without one are
	// left out.
	RemoveAcks(ctx context.Context, now time.Time, by string, alertIDs ...string) error
	// ExpireAcks removes the acknowledgements whose time is over, likewise, and
	// returns how many those were and when the next one's is (zero: never).
	ExpireAcks(ctx context.Context, now time.Time) (expired int, next time.Time, err error)

	// Events returns up to limit events in [from, to), newest first; a zero
	// time leaves its side open.
	Events(ctx context.Context, from, to time.Time, limit int) ([]alert.Event, error)
	// LastRun returns what SaveRun saved last; the zero Run: nothing yet.
	LastRun(ctx context.Context) (alert.Run, error)
	SaveRun(ctx context.Context, run alert.Run) error
	// ForgetDirect forgets the groups of alert.DirectRoute whose keys begin with
	// prefix, and with them their alerts, deliveries and history: of tests nothing
	// is left behind.
	ForgetDirect(ctx context.Context, prefix string) error
	// History returns a page of events. An event of an alert bears its labels, also
	// where only the alert's record keeps them; those of a pending alert that was
	// deleted are known by an event that was written with the deletion.
	History(ctx context.Context, q alert.EventQuery) (*alert.EventPage, error)
	// Incidents returns a page of the alerts that have fired.
	Incidents(ctx context.Context, q alert.IncidentQuery) (*alert.IncidentPage, error)
	// Trace returns what is recorded of one alert, or ErrNotFound. Of its groups'
	// events and its deliveries these are the newest ones, some hundreds.
	Trace(ctx context.Context, alertID string) (*alert.Trace, error)
	// Stats sums up the incidents that were firing, and the deliveries that were
	// finished, in [from, to).
	Stats(ctx context.Context, from, to time.Time) (*alert.Stats, error)
	// Usage returns how much is kept.
	Usage(ctx context.Context) (alert.StoreUsage, error)
	// Prune forgets what ended before the policy's ages, then, while the database
	// is larger than its size, what is oldest, and returns how many records that
	// were; it never forgets what is active, awaits telling, or belongs to a
	// group. Then it gives the space back and renews the reserve for a full disk.
	// It works in small steps, between which others can write, and may be stopped
	// between any two.
	Prune(ctx context.Context, now time.Time, keep Retention) (int, error)
	// Close waits for the operations under way; later ones get ErrClosed.
	Close() error
}

// Retention is how long and how much is remembered of ended things; zero is for
// ever, and without bound.
type Retention struct {
	History  time.Duration // resolved alerts, events, finished deliveries
	Silences time.Duration // silences after their end
	Size     int64         // bytes that the database may have; see alert.StoreUsage
}
