package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv2"
)

// renewal is how far ahead the end of an alert of our own is shown: clients
// know alerts whose sender renews them, and ours last until they are resolved.
const renewal = 5 * time.Minute

// snapshot is the firing alerts and what suppresses them, at one moment.
type snapshot struct {
	now      time.Time
	alerts   []alert.Alert
	silences alert.Silences // the active ones
	// inhibitedBy is Deps.InhibitedBy.
	inhibitedBy func(alert.Labels) []string
}

// takeSnapshot reads what fires. Label sets are unique in it: where two rules
// give the same, the one that fires longest stands for both, because clients
// take the fingerprint for the identity of an alert.
func (s *Server) takeSnapshot(ctx context.Context) (snapshot, error) {
	snap := snapshot{now: s.deps.Now(), inhibitedBy: s.deps.InhibitedBy}
	active, err := s.deps.Store.ActiveAlerts(ctx)
	if err != nil {
		return snap, err
	}
	silences, err := s.deps.Store.Silences(ctx)
	if err != nil {
		return snap, err
	}
	snap.alerts = slices.DeleteFunc(active, func(a alert.Alert) bool {
		lapsed := !a.ExpiresAt.IsZero() && a.ExpiresAt.Before(snap.now)
		return a.State != alert.Firing || lapsed
	})
	snap.silences = slices.DeleteFunc(silences, func(sil alert.Silence) bool {
		return sil.StateAt(snap.now) != alert.SilenceActive
	})
	return snap, nil
}

// apiAlerts returns the alerts that pass the filter, ordered by fingerprint.
func (s *Server) apiAlerts(ctx context.Context, snap snapshot, f *alertFilter) ([]apiv2.Alert, error) {
	known := s.receiverLabels()
	out := []apiv2.Alert{}
	for i := range snap.alerts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a := &snap.alerts[i]
		if !f.matchers.Matches(a.Labels) {
			continue
		}
		var receivers []string
		for _, ref := range s.deps.Groups(a.Labels) {
			receivers = append(receivers, ref.Receiver)
		}
		if !f.receiversPass(receivers, known) {
			continue
		}
		if shown, ok := snap.show(a, f, receivers, nil); ok {
			out = append(out, shown)
		}
	}
	slices.SortFunc(out, func(a, b apiv2.Alert) int {
		return cmp.Or(strings.Compare(a.Fingerprint, b.Fingerprint), time.Time(a.StartsAt).Compare(time.Time(b.StartsAt)))
	})
	return slices.CompactFunc(out, func(a, b apiv2.Alert) bool { return a.Fingerprint == b.Fingerprint }), nil
}

// show returns an alert as clients get it, unless its status is not asked for.
// mutedBy is of the group in which it is shown, as in Alertmanager; alone, an
// alert is in none.
func (snap *snapshot) show(a *alert.Alert, f *alertFilter, receivers, mutedBy []string) (apiv2.Alert, bool) {
	silencedBy, inhibitedBy := snap.silences.Matching(a.Labels, snap.now), snap.inhibitedBy(a.Labels)
	if !f.wants(silencedBy, inhibitedBy) {
		return apiv2.Alert{}, false
	}
	end := a.ExpiresAt
	if end.IsZero() {
		end = snap.now.Add(renewal)
	}
	shown := apiv2.Alert{
		Annotations:  a.ShownAnnotations(snap.now),
		StartsAt:     apiv2.Time(a.FiredAt),
		EndsAt:       apiv2.Time(end),
		UpdatedAt:    apiv2.Time(a.UpdatedAt),
		Fingerprint:  a.Fingerprint().String(),
		Receivers:    make([]apiv2.ReceiverReference, 0, len(receivers)),
		GeneratorURL: a.GeneratorURL,
		Labels:       a.Labels,
		Status: apiv2.AlertStatus{
			State: apiv2.StateActive, SilencedBy: []string{}, InhibitedBy: []string{}, MutedBy: []string{},
		},
	}
	for _, name := range receivers {
		shown.Receivers = append(shown.Receivers, apiv2.ReceiverReference{Name: name})
	}
	for _, s := range []struct {
		by []string
		to *[]string
	}{{silencedBy, &shown.Status.SilencedBy}, {inhibitedBy, &shown.Status.InhibitedBy}, {mutedBy, &shown.Status.MutedBy}} {
		if len(s.by) > 0 {
			shown.Status.State, *s.to = apiv2.StateSuppressed, s.by
		}
	}
	return shown, true
}

// receiverLabels returns the labels of every receiver of the configuration.
func (s *Server) receiverLabels() map[string]alert.Labels {
	known := map[string]alert.Labels{}
	for _, r := range s.deps.Receivers() {
		known[r.Name] = r.labels()
	}
	return known
}

// getAlerts serves GET /api/v2/alerts.
func (s *Server) getAlerts(r *http.Request) (any, error) {
	f, err := readAlertFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	snap, err := s.takeSnapshot(r.Context())
	if err != nil {
		return nil, err
	}
	alerts, err := s.apiAlerts(r.Context(), snap, &f)
	if err != nil {
		return nil, err
	}
	return apiv2.Alerts(alerts), nil
}
