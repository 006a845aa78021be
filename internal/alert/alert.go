// Package alert is alertd's domain: what an alert, a silence, an aggregation
// group and a delivery are. Every other package may import it; it imports the
// standard library only.
package alert

import (
	"fmt"
	"time"
)

// Presence is the unit of a value that says no more than that it is so: a
// container is gone, data is missing. Messages leave it out.
const Presence = "presence"

// Sample is one element of an instant vector.
type Sample struct {
	Labels Labels
	Value  float64
	// Histogram is a native histogram as PromQL writes it, which templates know
	// as its value; "" for a number. Value is 0 beside it, as in Prometheus.
	Histogram string
}

// State is where an alert stands.
type State string

// An alert is pending until its rule's `for` has passed, firing from then on,
// and resolved when a healthy sample (or the rule's policy for missing data)
// ended it. A pending alert that ends leaves nothing behind.
const (
	Pending  State = "pending"
	Firing   State = "firing"
	Resolved State = "resolved"
)

// Resolution tells why an alert ended.
type Resolution string

// The ways in which an alert ends.
const (
	Recovered   Resolution = "recovered" // a sample proved it healthy
	NoData      Resolution = "no data"   // its series vanished and its rule says that this resolves
	EndedByPeer Resolution = "ended by its sender"
	Expired     Resolution = "expired"      // its sender stopped renewing it
	RuleGone    Resolution = "rule removed" // the configuration no longer has its rule
)

// Alert is one rule and one label set, from its first breach to its end: an
// incident once it has fired. Zero times mean "not yet".
type Alert struct {
	ID          string
	RuleID      string // "" for alerts that others sent us
	Labels      Labels
	Annotations Labels
	State       State
	Value       float64 // of the last breach seen

	ActiveAt   time.Time // first breach
	FiredAt    time.Time
	ResolvedAt time.Time
	UpdatedAt  time.Time // when this record last changed

	KeepFiringSince time.Time // first healthy or missing evaluation under keep_firing_for
	MissingSince    time.Time // first evaluation without any sample for it

	// Flaps is how often it has fired since FlappingSince, recovering in between;
	// 0 while that is not so often that it counts as flapping.
	Flaps         int
	FlappingSince time.Time
	HealthySince  time.Time // while flapping: first evaluation without a breach since the last one

	Resolution     Resolution
	RecoveredValue *float64 // the sample that proved it healthy, where there was one

	Unit      string // of Value, for people: "%", "s", "bytes", "timestamp" (Unix seconds), Presence or ""
	Threshold string // what Value is held against, for people: "> 90 %"

	Series       Fingerprint // the series it came from, to find it again in the evidence
	GeneratorURL string
	ExpiresAt    time.Time // for alerts that others sent us: when they end unless renewed

	// Ack says who looks after it; nil: nobody. Who writes alerts does not write it.
	Ack *Ack
}

// Name returns the alertname label.
func (a *Alert) Name() string { return a.Labels.Get(AlertName) }

// Fingerprint returns the fingerprint of the alert's labels.
func (a *Alert) Fingerprint() Fingerprint { return a.Labels.Fingerprint() }

// Flapping tells whether the alert came and went so often that it is held firing,
// or was when it ended.
func (a *Alert) Flapping() bool { return a.Flaps > 0 }

// The annotations by which clients that know alerts, but not alertd, are told of
// flapping and of acknowledgements.
const (
	FlappingAnnotation     = "flapping"
	AcknowledgedAnnotation = "acknowledged"
)

// ShownAnnotations returns the annotations as clients are given them at now: with
// more, where the rule has none of that name, on an alert that flaps or that
// somebody looks after.
func (a *Alert) ShownAnnotations(now time.Time) Labels {
	shown := a.Annotations
	if a.Flapping() && !shown.Has(FlappingAnnotation) {
		shown = shown.With(FlappingAnnotation, fmt.Sprintf("fired %d times since %s", a.Flaps, a.FlappingSince.UTC().Format(time.RFC3339)))
	}
	if a.Ack.HoldsAt(now) && !shown.Has(AcknowledgedAnnotation) {
		shown = shown.With(AcknowledgedAnnotation, a.Ack.String())
	}
	return shown
}

// Active tells whether the alert has begun and not ended.
func (a *Alert) Active() bool { return a.State == Pending || a.State == Firing }

// Duration returns how long the alert has been active at now, or was.
func (a *Alert) Duration(now time.Time) time.Duration {
	if !a.ResolvedAt.IsZero() {
		now = a.ResolvedAt
	}
	return now.Sub(a.ActiveAt)
}
