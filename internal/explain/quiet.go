package explain

import (
	"slices"
	"strconv"
	"strings"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
	"alertd/notifier"
)

// suppressions tells who or what keeps an active alert quiet.
func (f *Facts) suppressions() (out []apiv1.Suppression) {
	a := &f.Trace.Alert
	if !a.Active() {
		return nil
	}
	for i := range f.Silences {
		if s := &f.Silences[i]; s.StateAt(f.Now) == alert.SilenceActive && s.Matchers.Matches(a.Labels) {
			out = append(out, apiv1.Suppression{By: apiv1.BySilence, ID: s.ID, Who: s.CreatedBy, Comment: s.Comment, Until: moment(s.EndsAt)})
		}
	}
	out = append(out, f.inhibitions()...)
	out = append(out, f.mutes()...)
	if a.Ack.HoldsAt(f.Now) {
		out = append(out, apiv1.Suppression{By: apiv1.ByAck, Who: a.Ack.By, Comment: a.Ack.Comment, Until: moment(a.Ack.Until)})
	}
	return out
}

// inhibitions tells which alerts keep it from being told, each once.
func (f *Facts) inhibitions() (out []apiv1.Suppression) {
	var seen []alert.Fingerprint
	for i := range f.Previews {
		for _, by := range f.Previews[i].Suppressed[f.Trace.ID].Inhibitors {
			if slices.Contains(seen, by) {
				continue
			}
			seen = append(seen, by)
			who := "an alert that has just ended"
			if labels, ok := f.Inhibitors[by]; ok {
				who = named(labels)
			}
			out = append(out, apiv1.Suppression{By: apiv1.ByInhibition, ID: by.String(), Who: who})
		}
	}
	return out
}

// named is an alert as alertctl names it: its name, and its other labels as
// matchers.
func named(labels alert.Labels) string {
	words := []string{labels.Get(alert.AlertName)}
	for _, l := range labels.Without(alert.AlertName) {
		words = append(words, l.Name+"="+strconv.Quote(l.Value))
	}
	return strings.Join(words, " ")
}

// mutes tells which time intervals keep which of its routes from telling.
func (f *Facts) mutes() (out []apiv1.Suppression) {
	for i := range f.Previews {
		p := &f.Previews[i]
		if len(p.MutedBy) == 0 {
			continue
		}
		mute := apiv1.Suppression{By: apiv1.ByMute, Who: strings.Join(p.MutedBy, ", "), Comment: "for the receiver " + p.View.Receiver}
		for _, d := range p.Decisions {
			if d.Reason == notifier.ReasonMuted {
				mute.Until = moment(d.Until)
			}
		}
		out = append(out, mute)
	}
	return out
}
