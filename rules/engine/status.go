package engine

import (
	"time"

	"alertd/internal/alert"
)

// GroupStatus tells how a group's evaluation is going.
type GroupStatus struct {
	Name           string
	Interval       time.Duration
	Since          time.Time // when its evaluation began, by this configuration
	LastEvaluation time.Time // zero before the first
	Ended          time.Time // when the last evaluation had ended; zero before the first
	Duration       time.Duration
	StoreError     string // why its last changes are not stored yet; "" when they are
	Rules          []RuleStatus
}

// RuleStatus tells how one rule is doing.
type RuleStatus struct {
	ID        string
	Name      string
	Job       string // that the rule is about; "" is none
	Recording bool   // it has no alerts
	LastError string // "" when the last evaluation succeeded
	Pending   int
	Firing    int
}

// Groups returns the status of every group.
func (e *Engine) Groups() []GroupStatus {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]GroupStatus, len(e.runners))
	for i, r := range e.runners {
		r.mu.Lock()
		out[i] = r.status
		out[i].Rules = append([]RuleStatus(nil), r.status.Rules...)
		r.mu.Unlock()
	}
	return out
}

// countAlerts returns the number of alerts by state.
func (e *Engine) countAlerts() map[alert.State]int {
	counts := map[alert.State]int{alert.Pending: 0, alert.Firing: 0}
	for _, g := range e.Groups() {
		for _, r := range g.Rules {
			counts[alert.Pending] += r.Pending
			counts[alert.Firing] += r.Firing
		}
	}
	return counts
}

// Unreachable tells why no question has had an answer, for as long as makes people
// be told; nil where some had one.
func (e *Engine) Unreachable() error { return e.health.away(tolerated) }

// Unstored returns the alerts that changed and that the store has not taken yet,
// as they are now; none where it works.
func (e *Engine) Unstored() []alert.Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []alert.Alert
	for _, r := range e.runners {
		r.mu.Lock()
		out = append(out, r.unstored...)
		r.mu.Unlock()
	}
	return out
}
