package keeper

import (
	"context"
	"fmt"
	"strings"
	"time"

	"alertd/internal/alert"
)

// noticeName is the name of the alert that tells of a silence's end.
const noticeName = "SilenceEnding"

// silenceLabel is the label of a notice that has the silence's id.
const silenceLabel = "silence"

// hiddenShown is how many of the alerts that a silence hides its notice names.
const hiddenShown = 10

// Notice is an alert that tells of a silence's end, as intake takes it.
type Notice struct {
	Labels, Annotations alert.Labels
	StartsAt, EndsAt    time.Time
}

// giveNotice raises an alert for every silence that ends soon over what still
// fires, and ends those whose reason is gone: the silence was extended, or is
// over, or hides nothing any more.
func (k *Keeper) giveNotice(ctx context.Context, now time.Time, ending []*alert.Silence, active []alert.Alert, s Settings) error {
	raised := k.raised
	if raised == nil {
		raised = noticesOf(active)
	}
	wanted := map[string]Notice{}
	for _, sil := range ending {
		if hidden := hides(sil, active); len(hidden) > 0 {
			wanted[sil.ID] = notice(sil, hidden, now, s.Location)
		}
	}
	var changed []Notice
	for id, n := range wanted {
		if old, ok := raised[id]; ok && old.EndsAt.Equal(n.EndsAt) {
			wanted[id] = old // what it said when it was raised stays
			continue
		}
		changed = append(changed, n)
	}
	for id, n := range raised {
		if _, ok := wanted[id]; !ok {
			n.EndsAt = now
			changed = append(changed, n)
		}
	}
	if len(changed) > 0 {
		if err := k.raise(ctx, changed); err != nil {
			return fmt.Errorf("giving notice of %d silences: %w", len(changed), err)
		}
	}
	k.raised = wanted
	return nil
}

// noticesOf returns the notices among alerts, by silence.
func noticesOf(active []alert.Alert) map[string]Notice {
	out := map[string]Notice{}
	for i := range active {
		a := &active[i]
		if id := a.Labels.Get(silenceLabel); a.RuleID == "" && a.Name() == noticeName && id != "" {
			out[id] = Notice{Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.ActiveAt, EndsAt: a.ExpiresAt}
		}
	}
	return out
}

// hides returns what fires and is not told because of the silence.
func hides(sil *alert.Silence, active []alert.Alert) []*alert.Alert {
	var out []*alert.Alert
	for i := range active {
		a := &active[i]
		if a.State == alert.Firing && a.Name() != noticeName && sil.Matchers.Matches(a.Labels) {
			out = append(out, a)
		}
	}
	return out
}

func notice(sil *alert.Silence, hidden []*alert.Alert, now time.Time, loc *time.Location) Notice {
	matchers := make([]string, len(sil.Matchers))
	for i, m := range sil.Matchers {
		matchers[i] = m.String()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "It was set by %s: %s\nWhat still fires will then be told:\n", sil.CreatedBy, sil.Comment)
	for i, a := range hidden {
		if i == hiddenShown {
			fmt.Fprintf(&text, "- and %d more\n", len(hidden)-i)
			break
		}
		fmt.Fprintf(&text, "- %s %s\n", a.Name(), a.Labels.Without(alert.AlertName))
	}
	fmt.Fprintf(&text, "To keep it quiet for a day more: alertctl silence edit %s --for 1d", sil.ID)
	things := "1 alert"
	if len(hidden) > 1 {
		things = fmt.Sprintf("%d alerts", len(hidden))
	}
	return Notice{
		Labels: alert.LabelsFromStrings(alert.AlertName, noticeName, "severity", "info", silenceLabel, sil.ID),
		Annotations: alert.LabelsFromStrings(
			"summary", fmt.Sprintf("The silence of %s ends at %s and still hides %s",
				strings.Join(matchers, " "), sil.EndsAt.In(loc).Format("2006-01-02 15:04 MST"), things),
			"description", text.String(),
		),
		StartsAt: now, EndsAt: sil.EndsAt,
	}
}
