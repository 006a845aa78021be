package explain

import (
	"fmt"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
	"alertd/notifier"
)

// next tells what happens by itself, soonest first.
func (f *Facts) next(s *apiv1.Story) []apiv1.StoryLine {
	var lines []apiv1.StoryLine
	add := func(at time.Time, kind, integration, format string, args ...any) {
		if !at.IsZero() && at.After(f.Now) {
			lines = append(lines, apiv1.StoryLine{At: at.UTC(), Kind: kind, Integration: integration, Text: fmt.Sprintf(format, args...)})
		}
	}
	if f.Trace.Active() {
		f.nextOfAlert(add)
	}
	for _, sup := range s.Suppressed {
		if sup.Until == nil {
			continue
		}
		switch sup.By {
		case apiv1.BySilence:
			add(*sup.Until, "silence ends", "", "the silence by %s ends; what still fires then is told, if it was not", sup.Who)
		case apiv1.ByAck:
			add(*sup.Until, "acknowledgement ends", "", "the acknowledgement by %s ends; repetitions go on", sup.Who)
		}
	}
	for _, si := range s.Told {
		if si.NextAt == nil {
			continue
		}
		switch {
		case si.State == stateFailing:
			add(*si.NextAt, "next attempt", si.Integration, "%s is tried again", si.Integration)
		case si.State == stateUnderWay:
			add(*si.NextAt, "delivery", si.Integration, "%s is told (%s)", si.Integration, si.Reason)
		case si.State == stateWaiting:
			add(*si.NextAt, "group flush", si.Integration, "%s is told what changed in the group", si.Integration)
		case si.State == stateTold && si.Reason == string(notifier.ReasonDeduplicated):
			add(*si.NextAt, "repeat", si.Integration, "%s is told again, if it still fires", si.Integration)
		case si.State == stateRefused:
			add(*si.NextAt, "repeat", si.Integration, "%s is tried anew, if it still fires", si.Integration)
		case si.State == stateSuppressed && si.Reason != string(notifier.ReasonSilenced):
			add(*si.NextAt, "decision", si.Integration, "whether %s is told is decided again (now: %s)", si.Integration, si.Reason)
		}
	}
	for i := range f.Previews {
		for _, d := range f.Previews[i].View.Open {
			if about(f.Previews[i].View.Open, d.Integration, f.Trace.ID) != nil && d.Attempts > 0 {
				add(d.ExpiresAt, "give up", d.Integration, "%s is given up, if it cannot be told until then", d.Integration)
			}
		}
	}
	return inTime(lines)
}

// nextOfAlert tells what becomes of the alert itself.
func (f *Facts) nextOfAlert(add func(at time.Time, kind, integration, format string, args ...any)) {
	a := &f.Trace.Alert
	if a.RuleID == "" {
		add(a.ExpiresAt, "expiry", "", "it ends, unless its sender renews it")
		return
	}
	r := f.Rule
	if r == nil {
		return
	}
	if !r.LastEvaluation.IsZero() && r.Interval > 0 {
		at := r.LastEvaluation.Add(r.Interval)
		for !at.After(f.Now) && r.Interval > 0 {
			at = at.Add((f.Now.Sub(at)/r.Interval + 1) * r.Interval)
		}
		add(at, "evaluation", "", "its rule is evaluated again")
	}
	switch {
	case a.State == alert.Pending:
		add(r.FiresAt, "firing", "", "it fires, if it stays like this")
	case a.Flapping() && !a.HealthySince.IsZero():
		add(a.HealthySince.Add(r.StableFor), "resolve", "", "it resolves, if it stays well: it flaps, and is held until then")
	case !a.KeepFiringSince.IsZero():
		add(a.KeepFiringSince.Add(r.KeepFiringFor), "resolve", "", "it resolves, if it stays well: it is kept firing until then")
	}
}
