package explain

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
	"alertd/notifier"
)

// past tells what happened, oldest first.
func past(t *alert.Trace) []apiv1.StoryLine {
	lines := began(t)
	known := map[string]bool{}
	for i := range t.Deliveries {
		known[t.Deliveries[i].ID] = true
	}
	for i := range t.Events {
		e := &t.Events[i]
		if told(e, known) {
			continue
		}
		lines = append(lines, apiv1.StoryLine{
			At: e.At.UTC(), Kind: string(e.Kind), Text: eventText(e), Integration: e.Integration, Delivery: e.Delivery,
		})
	}
	for i := range t.Deliveries {
		if line, ok := finished(&t.Deliveries[i], t); ok {
			lines = append(lines, line)
		}
	}
	if !t.ResolvedAt.IsZero() {
		lines = append(lines, apiv1.StoryLine{At: t.ResolvedAt.UTC(), Kind: string(alert.EventResolved), Text: endText(t)})
	}
	return inTime(lines)
}

// told tells whether an event says no more than one of the known deliveries, or
// than where matters stand.
func told(e *alert.Event, deliveries map[string]bool) bool {
	switch e.Kind {
	case alert.EventDelivered, alert.EventGaveUp:
		return deliveries[e.Delivery]
	case alert.EventDecided:
		return deliveries[e.Delivery] || strings.HasPrefix(e.Detail, string(notifier.ReasonDeduplicated))
	default:
		return false
	}
}

// began tells of the first breach and of the firing.
func began(t *alert.Trace) []apiv1.StoryLine {
	breach := "first breach"
	if value := reading(t.Value, t.Unit); value != "" && t.RuleID != "" && t.State == alert.Pending {
		breach += ", value now " + value
	}
	if t.RuleID == "" {
		breach = "first sent by another program"
	}
	lines := []apiv1.StoryLine{{At: t.ActiveAt.UTC(), Kind: string(alert.EventPending), Text: breach}}
	if t.FiredAt.IsZero() {
		return lines
	}
	fired := "fired"
	if held := t.FiredAt.Sub(t.ActiveAt); held > 0 {
		fired += " after " + lasting(held) + " of breach"
	}
	if value := reading(t.Value, t.Unit); value != "" && t.RuleID != "" {
		fired += "; last value " + value
		if t.Threshold != "" {
			fired += " against " + t.Threshold
		}
	}
	if t.FiredAt.Equal(t.ActiveAt) {
		lines = nil // one moment, one line
	}
	return append(lines, apiv1.StoryLine{At: t.FiredAt.UTC(), Kind: string(alert.EventFiring), Text: fired})
}

func endText(t *alert.Trace) string {
	text := "ended: " + cmp.Or(string(t.Resolution), "it does not say why")
	if t.RecoveredValue != nil && t.Unit != alert.Presence {
		text += ", value " + reading(*t.RecoveredValue, t.Unit)
	}
	return text + ", after " + lasting(t.ResolvedAt.Sub(t.FiredAt)) + " of firing"
}

func eventText(e *alert.Event) string {
	parts := []string{string(e.Kind)}
	if e.Integration != "" {
		parts = []string{e.Integration + ": " + string(e.Kind)}
	}
	if e.Detail != "" {
		parts = append(parts, e.Detail)
	}
	return strings.Join(parts, ": ")
}

// finished tells how a delivery ended, and whether it has.
func finished(d *alert.Delivery, t *alert.Trace) (apiv1.StoryLine, bool) {
	line := apiv1.StoryLine{At: d.FinishedAt.UTC(), Integration: d.Integration, Delivery: d.ID}
	about := d.Reason
	switch d.State {
	case alert.DeliveryDue:
		return line, false
	case alert.DeliveryDelivered:
		line.Kind, line.Text = string(alert.EventDelivered), d.Integration+" was told: "+about
		if others := len(d.Content.Firing) + len(d.Content.Resolved) - 1; others > 0 {
			line.Text += fmt.Sprintf(", with %d more", others)
		}
		if !t.FiredAt.IsZero() && len(t.Told) > 0 && firstTo(t, d) {
			line.Text += ", " + lasting(d.FinishedAt.Sub(t.FiredAt)) + " after it fired"
		}
		if d.Attempts > 1 {
			line.Text += fmt.Sprintf(", at attempt %d", d.Attempts)
		}
	case alert.DeliverySuperseded:
		line.Kind, line.Text = "superseded", "a newer truth overtook what "+d.Integration+" was to be told ("+about+")"
	default:
		line.Kind = string(alert.EventGaveUp)
		line.Text = d.Integration + " could not be told (" + about + "): " + cmp.Or(d.LastError, string(d.State))
	}
	return line, true
}

// firstTo tells whether the delivery was the first that its integration heard of
// the alert.
func firstTo(t *alert.Trace, d *alert.Delivery) bool {
	for _, told := range t.Told {
		if told.Integration == d.Integration {
			return !d.FinishedAt.After(told.At)
		}
	}
	return false
}

// reading says a value in its unit; see alert.Alert. A moment is left to be said
// by who knows the reader's clock, and so is "".
func reading(v float64, unit string) string {
	switch unit {
	case alert.Presence, "timestamp":
		return ""
	case "%":
		return strconv.FormatFloat(v, 'f', 1, 64) + " %"
	case "s":
		if v >= 60 && v < 1e9 {
			return lasting(time.Duration(v * float64(time.Second)))
		}
	}
	return strings.TrimSpace(strconv.FormatFloat(v, 'g', 6, 64) + " " + unit)
}

// lasting says a duration, to the second.
func lasting(d time.Duration) string {
	text := max(0, d).Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
