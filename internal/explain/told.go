package explain

import (
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
	"alertd/notifier"
)

// The states of an integration towards an alert.
const (
	stateTold       = "told"
	stateWaiting    = "waiting"
	stateUnderWay   = "under way"
	stateFailing    = "failing"
	stateSuppressed = "suppressed"
	stateRefused    = "refused"
	stateNotTold    = "not told"
)

// integrations tells where each integration stands: those of the groups that the
// alert belongs to, then those that were told of it and are no longer.
func (f *Facts) integrations(suppressed []apiv1.Suppression) []apiv1.StoryIntegration {
	var out []apiv1.StoryIntegration
	type place struct {
		group       alert.GroupKey
		integration string
	}
	seen := map[place]bool{}
	for i := range f.Previews {
		p := &f.Previews[i]
		for _, d := range p.Decisions {
			seen[place{p.View.Key, d.Integration}] = true
			out = append(out, f.standing(p, d, suppressed))
		}
	}
	for i := range slices.Backward(f.Trace.Deliveries) {
		d := &f.Trace.Deliveries[i]
		at := place{d.Group, d.Integration}
		if seen[at] {
			continue
		}
		seen[at] = true
		si := apiv1.StoryIntegration{Integration: d.Integration, Group: string(d.Group), Reason: d.Reason, Attempts: d.Attempts, Error: d.LastError, Delivery: d.ID}
		switch d.State {
		case alert.DeliveryDelivered:
			si.State = stateTold
		case alert.DeliveryDead, alert.DeliveryExpired:
			si.State = stateRefused
		default:
			si.State = stateNotTold
		}
		f.addTold(&si)
		out = append(out, si)
	}
	return out
}

// standing tells where an integration stands that planning has just decided on.
func (f *Facts) standing(p *notifier.Preview, d notifier.Decision, suppressed []apiv1.Suppression) apiv1.StoryIntegration {
	a := &f.Trace.Alert
	si := apiv1.StoryIntegration{Integration: d.Integration, Group: string(p.View.Key), State: stateNotTold, Reason: string(d.Reason), NextAt: moment(d.Until)}
	f.addTold(&si)
	silenced := slices.ContainsFunc(suppressed, func(s apiv1.Suppression) bool { return s.By == apiv1.BySilence })
	knows := slices.ContainsFunc(p.View.Told, func(t alert.Told) bool {
		return t.Integration == d.Integration && slices.Contains(t.Firing, a.ID)
	})
	open := about(p.View.Open, d.Integration, a.ID)
	planned := about(p.Create, d.Integration, a.ID)
	switch {
	case open != nil:
		si.State, si.Delivery, si.Attempts, si.Error, si.NextAt = stateUnderWay, open.ID, open.Attempts, open.LastError, moment(open.NextAttemptAt)
		si.Reason = open.Reason
		if open.Attempts > 0 {
			si.State = stateFailing
		}
	case planned != nil:
		si.State, si.NextAt = stateUnderWay, moment(f.Now)
	case a.Active() && silenced:
		si.State, si.Reason, si.NextAt = stateSuppressed, string(notifier.ReasonSilenced), soonest(suppressed)
	case knows && f.refused(&si): // planning takes it as told, until it repeats it
	case knows:
		si.State = stateTold
		if d.Reason == notifier.ReasonWaiting {
			si.State = stateWaiting // that something about its group changed
		}
	case d.Reason == notifier.ReasonWaiting:
		si.State = stateWaiting
	case a.State == alert.Firing && d.Reason != notifier.ReasonNothing && d.Reason != notifier.ReasonDeduplicated:
		si.State = stateSuppressed
	case si.LastTold != nil:
		si.State, si.NextAt = stateTold, nil
	}
	return si
}

// refused tells whether the last delivery that named the alert was refused, or
// given up, and says so.
func (f *Facts) refused(si *apiv1.StoryIntegration) bool {
	for _, d := range slices.Backward(f.Trace.Deliveries) {
		if d.Integration != si.Integration || string(d.Group) != si.Group || d.State == alert.DeliverySuperseded {
			continue
		}
		if d.State == alert.DeliveryDelivered {
			return false
		}
		si.State, si.Reason, si.Delivery, si.Attempts, si.Error = stateRefused, d.Reason, d.ID, d.Attempts, d.LastError
		return true
	}
	return false
}

// about returns the delivery to the integration that names the alert.
func about(deliveries []alert.Delivery, integration, id string) *alert.Delivery {
	for i := range deliveries {
		d := &deliveries[i]
		if d.Integration == integration && (slices.Contains(d.Content.Firing, id) || slices.Contains(d.Content.Resolved, id)) {
			return d
		}
	}
	return nil
}

// soonest is when the first silence ends.
func soonest(suppressed []apiv1.Suppression) *time.Time {
	var first *time.Time
	for _, s := range suppressed {
		if s.By == apiv1.BySilence && s.Until != nil && (first == nil || s.Until.Before(*first)) {
			first = s.Until
		}
	}
	return first
}

// addTold adds when the integration was told, and by which delivery last.
func (f *Facts) addTold(si *apiv1.StoryIntegration) {
	for _, told := range f.Trace.Told {
		if told.Integration == si.Integration {
			si.FirstTold = moment(told.At)
		}
	}
	for i := range f.Trace.Deliveries {
		d := &f.Trace.Deliveries[i]
		if d.Integration == si.Integration && string(d.Group) == si.Group && d.State == alert.DeliveryDelivered {
			si.LastTold, si.Delivery = moment(d.FinishedAt), d.ID
		}
	}
}
