package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

// incidents serves GET /api/v1/alerts: what is active, pending alerts included,
// and with ended=DURATION what ended so lately; filter is a matcher, as in API v2.
func (s *Server) incidents(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	f, err := readAlertFilter(query)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	all, err := s.deps.Store.ActiveAlerts(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if given := query.Get("ended"); given != "" {
		ago, err := model.ParseDuration(given)
		if err != nil {
			s.fail(w, r, &refusal{http.StatusBadRequest, fmt.Sprintf("ended: %.64q is not a duration such as 24h", given)})
			return
		}
		ended, err := s.deps.Store.EndedAlerts(r.Context(), s.deps.Now().Add(-time.Duration(ago)))
		if err != nil {
			s.fail(w, r, err)
			return
		}
		all = append(without(all, ended), ended...)
	}
	slices.SortFunc(all, func(a, b alert.Alert) int {
		if c := b.ActiveAt.Compare(a.ActiveAt); c != 0 {
			return c
		}
		return a.Labels.Compare(b.Labels)
	})
	out := []apiv1.Alert{}
	for i := range all {
		if f.matchers.Matches(all[i].Labels) {
			out = append(out, ShownAlert(&all[i]))
		}
	}
	writeJSON(w, http.StatusOK, out)
}

// without returns the active alerts that have not ended since they were read.
func without(active, ended []alert.Alert) []alert.Alert {
	gone := make(map[string]bool, len(ended))
	for i := range ended {
		gone[ended[i].ID] = true
	}
	return slices.DeleteFunc(active, func(a alert.Alert) bool { return gone[a.ID] })
}

// ShownAlert returns an alert as API v1 gives it.
func ShownAlert(a *alert.Alert) apiv1.Alert {
	out := apiv1.Alert{
		ID: a.ID, Fingerprint: a.Fingerprint().String(), Rule: a.RuleID,
		Labels: a.Labels, Annotations: a.Annotations, State: string(a.State),
		Value: number(a.Value), Unit: a.Unit, Threshold: a.Threshold,
		ActiveAt: a.ActiveAt.UTC(), FiredAt: moment(a.FiredAt), MissingSince: moment(a.MissingSince),
		ResolvedAt: moment(a.ResolvedAt), Resolution: string(a.Resolution),
	}
	if a.Flapping() {
		out.Flapping = &apiv1.Flapping{Fired: a.Flaps, Since: a.FlappingSince.UTC(), HealthySince: moment(a.HealthySince)}
	}
	if a.Ack != nil {
		out.Ack = &apiv1.Ack{By: a.Ack.By, Comment: a.Ack.Comment, At: a.Ack.At.UTC(), Until: moment(a.Ack.Until)}
	}
	if a.RecoveredValue != nil {
		v := number(*a.RecoveredValue)
		out.RecoveredValue = &v
	}
	return out
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// moment is a time that may not have come yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
