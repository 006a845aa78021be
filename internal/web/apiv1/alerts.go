package apiv1

import (
	"time"

	"alertd/internal/alert"
)

// Alert is an alert as GET /api/v1/alerts gives it: what API v2 has no place
// for. Values are texts, as in Prometheus's API, because JSON has no NaN.
type Alert struct {
	ID          string       `json:"id"`
	Fingerprint string       `json:"fingerprint"`
	Rule        string       `json:"rule,omitempty"` // "" for alerts that others sent
	Labels      alert.Labels `json:"labels"`
	Annotations alert.Labels `json:"annotations"`
	State       string       `json:"state"` // pending, firing or resolved

	Value     string `json:"value"` // of the last breach
	Unit      string `json:"unit,omitempty"`
	Threshold string `json:"threshold,omitempty"`

	ActiveAt     time.Time  `json:"activeAt"`
	FiredAt      *time.Time `json:"firedAt,omitempty"`
	MissingSince *time.Time `json:"missingSince,omitempty"` // no data since
	Flapping     *Flapping  `json:"flapping,omitempty"`
	Ack          *Ack       `json:"ack,omitempty"` // who looks after it

	ResolvedAt     *time.Time `json:"resolvedAt,omitempty"`
	Resolution     string     `json:"resolution,omitempty"`     // why it ended
	RecoveredValue *string    `json:"recoveredValue,omitempty"` // what proved it healthy
}

// Flapping tells how often an alert came and went.
type Flapping struct {
	Fired        int        `json:"fired"`
	Since        time.Time  `json:"since"`
	HealthySince *time.Time `json:"healthySince,omitempty"`
}

// RuleValue says the value of the last breach and what it is held against, with
// its unit; "" where that says nothing to people.
func (a *Alert) RuleValue() string {
	if a.Rule == "" || a.Unit == alert.Presence || a.Unit == "timestamp" {
		return ""
	}
	text := a.Value
	if a.Unit != "" {
		text += " " + a.Unit
	}
	if a.Threshold != "" {
		text += " against " + a.Threshold
	}
	return text
}
