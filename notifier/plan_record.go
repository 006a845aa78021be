package notifier

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"alertd/internal/alert"
)

// record writes the news into the history: what was not recorded before of why
// alerts are not told, and of what was decided for each integration.
func (p *planner) record() {
	for i := range p.in.View.Alerts {
		p.recordSuppression(&p.in.View.Alerts[i])
	}
	decided := map[string]string{}
	for _, d := range p.decisions {
		before, known := p.in.View.Decided[d.Integration]
		text := d.String()
		mark := strings.TrimSpace(text + " " + d.Delivery) // two deliveries are two decisions, whatever the words
		if d.Reason == ReasonNothing {
			if known {
				decided[d.Integration] = before
			}
			continue
		}
		if decided[d.Integration] = mark; mark == before {
			continue
		}
		if !known {
			text += ", by the route " + p.in.View.RouteID + " to " + p.in.View.Receiver
		}
		p.out.Events = append(p.out.Events, p.event(alert.Event{
			Kind: alert.EventDecided, Labels: p.in.View.Labels, Detail: text, Integration: d.Integration, Delivery: d.Delivery,
		}))
	}
	if !p.out.Drop && !maps.Equal(decided, p.in.View.Decided) {
		p.out.Decided = decided
	}
}

func (p *planner) event(e alert.Event) alert.Event {
	e.At, e.Group = p.in.Now, p.in.View.Key
	return e
}

// recordSuppression notes that a firing alert is suppressed, or is not any
// more. One that has ended keeps its last record for as long as it stays.
func (p *planner) recordSuppression(a *alert.Alert) {
	if a.State != alert.Firing {
		return
	}
	before, now := p.in.View.Suppressed[a.ID], p.by[a.ID]
	if !now.UninhibitedAt.IsZero() && p.heardSince(a, now.UninhibitedAt) {
		now.UninhibitedAt = time.Time{}
	}
	if now.Equal(before) {
		return
	}
	if p.out.Suppressed == nil {
		p.out.Suppressed = map[string]alert.Suppression{}
	}
	p.out.Suppressed[a.ID] = now
	e := alert.Event{Kind: alert.EventSuppressed, AlertID: a.ID, Labels: a.Labels, Value: a.Value}
	switch {
	case now.SameCause(before):
		return // only what is remembered of an earlier one changed
	case now.Holds():
		e.Detail = p.words(now)
	default:
		e.Kind, e.Detail = alert.EventAudible, "was "+p.words(before)
	}
	p.out.Events = append(p.out.Events, p.event(e))
}

// words says what suppresses an alert. One silence often does so to many, one
// after the other, and is then put into words once.
func (p *planner) words(s alert.Suppression) string {
	if p.said.words == "" || !s.SameCause(p.said.of) {
		p.said.of, p.said.words = s, s.String()
	}
	return p.said.words
}

// heardSince tells whether everyone who is to know of the alert was told of the
// group at at or later.
func (p *planner) heardSince(a *alert.Alert, at time.Time) bool {
	for _, i := range p.in.Integrations {
		if told := p.told(i.ID); told.At.Before(at) && !a.Concerns(i.ID) {
			return false
		}
	}
	return true
}

// String says the decision in words, without what changes by itself from one
// planning to the next.
func (d Decision) String() string {
	text := string(d.Reason)
	if d.Detail != "" {
		text += " by " + d.Detail
	}
	switch {
	case d.Until.IsZero() || d.Reason == ReasonUnderWay:
		return text
	case d.Reason == ReasonDeduplicated:
		return fmt.Sprintf("%s; repeated at %s", text, d.Until.UTC().Format(time.RFC3339))
	default:
		return fmt.Sprintf("%s until %s", text, d.Until.UTC().Format(time.RFC3339))
	}
}
