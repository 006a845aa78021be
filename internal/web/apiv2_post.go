package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"alertd/internal/web/apiv2"
)

const (
	// maxAlerts bounds the alerts of one request. Prometheus sends 256 at most.
	maxAlerts = 100_000
	// shownInvalid is how many invalid alerts of a request its answer tells of.
	shownInvalid = 100
)

// postAlerts serves POST /api/v2/alerts. The valid alerts of a request are
// taken even where others in it are not, as Alertmanager does.
func (s *Server) postAlerts(r *http.Request) (any, error) {
	now, resolveTimeout := s.deps.Now(), s.deps.ResolveTimeout()
	var valid []PostedAlert
	var shown []error
	invalid := 0
	err := apiv2.ReadAlerts(r.Body, maxAlerts, func(a *apiv2.PostableAlert) {
		posted, err := accept(a, now, resolveTimeout)
		if err == nil {
			valid = append(valid, posted)
			return
		}
		if invalid++; invalid <= shownInvalid {
			shown = append(shown, err)
		}
	})
	if err != nil {
		return nil, err
	}
	s.metrics.invalid.Add(float64(invalid))
	if len(valid) > 0 {
		if err := s.deps.Receive(r.Context(), valid); err != nil {
			return nil, fmt.Errorf("storing the alerts: %w", err)
		}
	}
	if more := invalid - len(shown); more > 0 {
		shown = append(shown, fmt.Errorf("and %d more that are not valid", more))
	}
	if invalid > 0 {
		return nil, badRequest(errors.Join(shown...).Error())
	}
	return nil, nil //nolint:nilnil // an empty 200
}

// accept fills in what a client left out, and tells what it may not.
func accept(a *apiv2.PostableAlert, now time.Time, resolveTimeout time.Duration) (PostedAlert, error) {
	posted := PostedAlert{
		Labels:       a.Labels.Labels,
		Annotations:  a.Annotations.Labels,
		GeneratorURL: a.GeneratorURL,
	}
	if a.StartsAt != nil {
		posted.StartsAt = time.Time(*a.StartsAt)
	}
	if a.EndsAt != nil {
		posted.EndsAt = time.Time(*a.EndsAt)
	}
	if posted.StartsAt.IsZero() {
		posted.StartsAt = posted.EndsAt
	}
	if posted.StartsAt.IsZero() {
		posted.StartsAt = now
	}
	end := posted.EndsAt
	if end.IsZero() {
		end = now.Add(resolveTimeout)
	}
	switch {
	case end.Before(posted.StartsAt):
		return posted, errors.New("start time must be before end time")
	case a.Labels.Problem != nil:
		return posted, fmt.Errorf("invalid label set: %w", a.Labels.Problem)
	case len(posted.Labels) == 0:
		return posted, errors.New("at least one label pair required")
	case a.Annotations.Problem != nil:
		return posted, fmt.Errorf("invalid annotations: %w", a.Annotations.Problem)
	}
	return posted, nil
}
