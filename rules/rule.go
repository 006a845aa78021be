// Package rules says what to watch. Every kind of rule (cron jobs, resources,
// containers, Prometheus rule files) compiles to one Rule, and Rule.Step says
// what one evaluation of it means for its alerts. Nothing here does I/O but
// reading rule files, and nothing reads the clock.
package rules

import (
	"time"

	"alertd/internal/alert"
)

// Rule is one thing to watch.
type Rule struct {
	// ID is stable over restarts and reloads: state belongs to it.
	ID   string
	Name string // the alertname label; for a recording rule what it records
	// Record is the metric that a recording rule's results are kept as; "" for an
	// alerting rule. Of the rest only Expr, Labels (which are no templates then)
	// and Limit mean something to a recording rule.
	Record string
	// Job is the name of the cron job that the rule is about, or the selector by
	// which its jobs are discovered; "" is none.
	Job string

	// Expr returns the PromQL expression to ask at ts: a result is a breach.
	Expr Expression
	// Evidence returns the expression whose samples show that a series is
	// alive and what its value is; nil where none can be derived.
	Evidence Expression
	// Clear tells, from an evidence value, whether a firing alert has recovered;
	// nil: not being a breach is enough.
	Clear func(value float64) bool

	For           time.Duration
	KeepFiringFor time.Duration
	OnMissing     OnMissing
	Flapping      Flapping
	// Since returns when a breach of that value really began, where the value
	// tells (a timestamp that became too old); nil: when it was first seen.
	Since func(value float64, ts time.Time) time.Time
	// Facts say what the value alone does not of when a breach began. They are
	// asked when a breach is new, and heeded in order.
	Facts []Fact
	// Deadline returns when an alert active since then fires, where that is not
	// simply For later; nil: For later.
	Deadline func(activeAt time.Time) time.Time

	Labels      []Template // sorted by name
	Annotations []Template // sorted by name
	// Functions are further functions of the annotations' templates, by name.
	Functions map[string]any
	Unit      string // of the value; see alert.Alert
	Threshold string // what the value is held against, for people
	Limit     int    // most active alerts, or series of a recording rule; 0: no limit
}

// due returns when an alert active since activeAt fires.
func (r *Rule) due(activeAt time.Time) time.Time {
	if r.Deadline != nil {
		return r.Deadline(activeAt)
	}
	return activeAt.Add(r.For)
}

// Expression returns the PromQL text to ask at ts.
type Expression func(ts time.Time) string

// Fixed returns an expression that is the same at all times, or nil for "".
func Fixed(text string) Expression {
	if text == "" {
		return nil
	}
	return func(time.Time) string { return text }
}

// Fact is what is to be known of a series besides its value to tell when its
// breach began.
type Fact struct {
	// Expr returns the expression that has the fact for each series of the
	// rule's expression, by the same labels. A series without one is as it
	// would be if there were no such fact.
	Expr Expression
	// Begin returns when a breach with the value begins, given when it would
	// without the fact. Until then there is no alert; the zero time is never.
	Begin func(since time.Time, value, fact float64) time.Time
}

// Template is a label or annotation whose text may hold template actions.
type Template struct{ Name, Text string }

// Group is rules evaluated together, in order, at one interval.
type Group struct {
	// Name is unique among all groups, and stable over restarts and reloads.
	Name        string
	Interval    time.Duration
	QueryOffset time.Duration
	Rules       []*Rule
}

// Breach is one element of a rule's result, with the labels that its alert
// bears.
type Breach struct {
	Labels alert.Labels // expanded rule labels over the series' labels
	Series alert.Fingerprint
	Value  float64
}

// Outcome is what asking a rule's question gave.
type Outcome struct {
	// Err means that the question was not answered: nothing may be concluded.
	Err      error
	Breaches []Breach
	// Evidence has the value of every series that is alive. It is asked only
	// when an active alert is not among the breaches.
	Evidence map[alert.Fingerprint]float64
	// EvidenceErr means that the evidence was asked for in vain: nothing may be
	// concluded about the active alerts that are not among the breaches, unless
	// missing data resolves them anyway.
	EvidenceErr error
	// Fired has when the alerts with these labels fired whose incidents have
	// ended since, oldest first, for as long as the rule's Flapping looks back.
	Fired Fired
	// Facts has, for each of the rule's facts, its value by series. They are
	// asked only when a breach is new.
	Facts []map[alert.Fingerprint]float64
}
