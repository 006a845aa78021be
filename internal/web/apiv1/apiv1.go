// Package apiv1 is alertd's own API v1 on the wire.
package apiv1

import "time"

// Status is what GET /api/v1/status answers.
type Status struct {
	Version       Version        `json:"version"`
	StartedAt     time.Time      `json:"startedAt"`
	UptimeSeconds float64        `json:"uptimeSeconds"`
	Ready         bool           `json:"ready"`
	NotReady      string         `json:"notReady,omitempty"` // why not
	Storage       Storage        `json:"storage"`
	RuleGroups    []RuleGroup    `json:"ruleGroups"`
	Queue         []Queue        `json:"queue"`
	Dead          []DeadDelivery `json:"deadDeliveries"`
}

// Storage tells how much is kept. Bounds that are 0 are none.
type Storage struct {
	SizeBytes          int64      `json:"sizeBytes"` // of the database, what is free inside left out
	RetentionSizeBytes int64      `json:"retentionSizeBytes"`
	RetentionSeconds   float64    `json:"retentionSeconds"`
	Oldest             *time.Time `json:"oldest,omitempty"` // line of history
}

// Version tells what was built.
type Version struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
	Go      string `json:"goVersion"`
}

// RuleGroup tells how evaluating one group of rules goes.
type RuleGroup struct {
	Name              string     `json:"name"`
	IntervalSeconds   float64    `json:"intervalSeconds"`
	LastEvaluation    *time.Time `json:"lastEvaluation"` // null: none yet
	EvaluationSeconds float64    `json:"evaluationSeconds"`
	Rules             []Rule     `json:"rules"`
}

// Rule tells how evaluating one rule goes.
type Rule struct {
	Name      string `json:"name"`
	Type      string `json:"type"`   // alerting or recording
	State     string `json:"state"`  // inactive, pending or firing; "" of a recording rule
	Health    string `json:"health"` // ok, err or unknown
	LastError string `json:"lastError,omitempty"`
	Alerts    int    `json:"alerts"` // pending and firing
}

// Queue is what one integration is still to be told.
type Queue struct {
	Integration      string  `json:"integration"`
	Due              int     `json:"due"`
	OldestAgeSeconds float64 `json:"oldestAgeSeconds"`
}

// DeadDelivery is something that could not be told for good: refused ("dead")
// or not told in time ("expired").
type DeadDelivery struct {
	ID          string    `json:"id"`
	Group       string    `json:"group"`
	Receiver    string    `json:"receiver"`
	Integration string    `json:"integration"`
	State       string    `json:"state"`
	Reason      string    `json:"reason"`
	Error       string    `json:"error"`
	Attempts    int       `json:"attempts"`
	CreatedAt   time.Time `json:"createdAt"`
	FinishedAt  time.Time `json:"finishedAt"`
}

// ReceiverTest is what POST /api/v1/receivers/{name}/test answers.
type ReceiverTest struct {
	Receiver string       `json:"receiver"`
	Results  []TestResult `json:"results"`
}

// TestResult is how telling one integration went.
type TestResult struct {
	Integration string  `json:"integration"`
	OK          bool    `json:"ok"`
	Error       string  `json:"error,omitempty"`
	Seconds     float64 `json:"seconds"`
}
