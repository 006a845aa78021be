// Package rehearsal tells what people would have been told: it takes alerts as
// evaluations change them, leads them through the real routing tree and the
// real notifier.Plan on simulated time, and yields the notifications. Rule
// tests and backtests are its users.
//
// It keeps what internal/store keeps of groups and deliveries, in memory and
// by the same rules, and does what the planner loop and the outboxes do with
// it. What it leaves out is what no test can foresee: a delivery arrives at the
// moment it is made, or at the end of the outage that it falls into, and rate
// limits hold nothing back.
package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/inhibit"
	"alertd/notifier"
)

// Setup is who would have been told, and what kept them from it.
type Setup struct {
	Route     *notifier.Route
	Receivers map[string][]notifier.Integration // by receiver name
	Inhibit   []inhibit.Rule
	Silences  alert.Silences // each is known from its beginning on
	Outages   []Outage
	Expiry    time.Duration // how long a delivery is tried; 0: without end
}

// Outage is a time in which a receiver hears nothing: from From until Until.
type Outage struct {
	Receiver    string
	From, Until time.Time
}

// Notification is one message that one integration got.
type Notification struct {
	At          time.Time
	Receiver    string
	Integration string
	Group       alert.GroupRef
	Reason      notifier.Reason
	Firing      []alert.Alert // as they were at that moment
	Resolved    []alert.Alert
}

// Rehearsal is a run through a history. It is not safe for concurrent use.
type Rehearsal struct {
	setup    Setup
	coming   alert.Silences // not begun yet, in order of their beginning
	silences alert.Silences // begun
	routes   map[string]*notifier.RouteOptions

	alerts   map[string]*alert.Alert
	groups   map[alert.GroupKey]*group
	member   map[string]map[alert.GroupKey]bool // by alert id
	inhibit  *inhibit.Index
	revision int64
	told     []Notification
}

// New returns a rehearsal at whose beginning nothing is firing. A route without
// a receiver to tell, or with a repeat interval that repeats without end, is an
// error; configurations that alertd accepts have neither.
func New(s Setup) (*Rehearsal, error) {
	if s.Route == nil {
		return nil, errors.New("rehearsing notifications: there is no route")
	}
	r := &Rehearsal{
		setup: s, coming: slices.Clone(s.Silences), routes: map[string]*notifier.RouteOptions{},
		alerts: map[string]*alert.Alert{}, groups: map[alert.GroupKey]*group{}, member: map[string]map[alert.GroupKey]bool{},
		inhibit: inhibit.NewIndex(s.Inhibit, nil),
	}
	slices.SortStableFunc(r.coming, func(a, b alert.Silence) int { return a.StartsAt.Compare(b.StartsAt) })
	var wrong []error
	s.Route.Walk(func(route *notifier.Route) {
		r.routes[route.ID] = &route.Options
		if _, ok := s.Receivers[route.Options.Receiver]; !ok {
			wrong = append(wrong, fmt.Errorf("rehearsing notifications: route %s: there is no receiver %q", route.ID, route.Options.Receiver))
		}
		if route.Options.RepeatInterval <= 0 {
			wrong = append(wrong, fmt.Errorf("rehearsing notifications: route %s: its repeat interval is not above 0", route.ID))
		}
	})
	return r, errors.Join(wrong...)
}

// Evaluated takes in what the evaluation of a rule, or of all rules, at the
// moment at changed: rules.Steps' Changed and Deleted. Moments come in order.
// All evaluations of one moment are known before anything is told at it.
func (r *Rehearsal) Evaluated(at time.Time, changed []alert.Alert, deleted []string) {
	if len(changed) == 0 && len(deleted) == 0 {
		return
	}
	r.runUntil(at, false)
	r.commit(at, changed, deleted)
}

// Until lets the clock run to t and returns what was told since the last call,
// in order of time, receiver and integration.
func (r *Rehearsal) Until(t time.Time) []Notification {
	r.runUntil(t, true)
	told := r.told
	r.told = nil
	slices.SortStableFunc(told, func(a, b Notification) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Receiver, b.Receiver), cmp.Compare(a.Integration, b.Integration))
	})
	return told
}
