package apiv1

import (
	"time"

	"alertd/internal/alert"
)

// DrillRequest is the body of POST /api/v1/drills.
type DrillRequest struct {
	Labels   alert.Labels `json:"labels"`             // with an alertname
	Receiver string       `json:"receiver,omitempty"` // "": whom the routes say
	For      string       `json:"for,omitempty"`      // as Prometheus writes durations; 2m where it is left out
}

// Drill is what /api/v1/drills answers: a practice alert and each of its hops.
type Drill struct {
	ID          string       `json:"id"`
	Labels      alert.Labels `json:"labels"`
	Receiver    string       `json:"receiver,omitempty"`
	ForSeconds  float64      `json:"forSeconds"`
	StartedAt   time.Time    `json:"startedAt"`
	EvaluatedAt *time.Time   `json:"evaluatedAt,omitempty"`
	CommittedAt *time.Time   `json:"committedAt,omitempty"`
	EndedAt     *time.Time   `json:"endedAt,omitempty"`
	RecoveredAt *time.Time   `json:"recoveredAt,omitempty"`

	Over         bool            `json:"over"`         // nobody awaits word of it any more
	Receivers    []string        `json:"receivers"`    // who is to be told
	Integrations []string        `json:"integrations"` // by what
	Deliveries   []DrillDelivery `json:"deliveries"`
}

// DrillDelivery is one thing that one integration is told of a drill.
type DrillDelivery struct {
	ID          string     `json:"id"`
	Receiver    string     `json:"receiver"`
	Integration string     `json:"integration"`
	Tells       string     `json:"tells"` // firing or recovered
	State       string     `json:"state"`
	Reason      string     `json:"reason"`
	Error       string     `json:"error,omitempty"`
	Attempts    int        `json:"attempts"`
	PlannedAt   time.Time  `json:"plannedAt"`
	FinishedAt  *time.Time `json:"finishedAt,omitempty"`
}
