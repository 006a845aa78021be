package apiv1

import (
	"time"

	"alertd/internal/web/apiv2"
)

// Ack tells who looks after an alert.
type Ack struct {
	By      string     `json:"by"`
	Comment string     `json:"comment,omitempty"`
	At      time.Time  `json:"at"`
	Until   *time.Time `json:"until,omitempty"` // absent: until the incident ends
}

// PostedAck is the body of POST /api/v1/acks. Which alerts are meant is said in
// one way: by their ids or fingerprints, by a group, or by matchers.
type PostedAck struct {
	Alerts   []string                 `json:"alerts"`
	Group    string                   `json:"group"` // its key
	Matchers []*apiv2.PostableMatcher `json:"matchers"`
	By       string                   `json:"by"`
	Comment  string                   `json:"comment"`
	Until    *time.Time               `json:"until"` // absent: until the incident ends
}

// Acked is what changing acknowledgements answers: the alerts concerned.
type Acked struct {
	Alerts []Alert `json:"alerts"`
}
