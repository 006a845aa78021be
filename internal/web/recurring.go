package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
	"alertd/internal/web/apiv2"
)

// getRecurring serves GET /api/v1/silences/recurring.
func (s *Server) getRecurring(r *http.Request) (any, error) {
	all, err := s.deps.Store.RecurringSilences(r.Context())
	if err != nil {
		return nil, err
	}
	silences, err := s.deps.Store.Silences(r.Context())
	if err != nil {
		return nil, err
	}
	now := s.deps.Now()
	out := make([]apiv1.RecurringSilence, 0, len(all))
	for i := range all {
		out = append(out, apiRecurring(&all[i], silences, now))
	}
	slices.SortStableFunc(out, func(a, b apiv1.RecurringSilence) int { return strings.Compare(a.Comment, b.Comment) })
	return out, nil
}

func apiRecurring(r *alert.RecurringSilence, silences alert.Silences, now time.Time) apiv1.RecurringSilence {
	out := apiv1.RecurringSilence{
		ID: r.ID, Matchers: apiMatchers(r.Matchers), Schedule: r.Schedule, Timezone: r.Timezone,
		Duration: model.Duration(r.Duration).String(), CreatedBy: r.CreatedBy, Comment: r.Comment,
		UpdatedAt: r.UpdatedAt.UTC(), Occurrences: []apiv1.Occurrence{},
	}
	for i := range silences {
		sil := &silences[i]
		if state := sil.StateAt(now); sil.Recurring() == r.ID && state != alert.SilenceExpired {
			out.Occurrences = append(out.Occurrences, apiv1.Occurrence{
				ID: sil.ID, State: state, StartsAt: sil.StartsAt.UTC(), EndsAt: sil.EndsAt.UTC(),
			})
		}
	}
	slices.SortFunc(out.Occurrences, func(a, b apiv1.Occurrence) int { return a.StartsAt.Compare(b.StartsAt) })
	return out
}

// postRecurring serves POST /api/v1/silences/recurring: it creates one, or
// changes the one whose id is given, and answers with it.
func (s *Server) postRecurring(r *http.Request) (any, error) {
	sent := &apiv1.PostedRecurringSilence{}
	if err := apiv2.ReadObject(r.Body, "recurring silence", sent); err != nil {
		return nil, err
	}
	if s.deps.Recurring == nil {
		return nil, &refusal{code: http.StatusNotFound}
	}
	s.silences.Lock()
	defer s.silences.Unlock()
	now := s.deps.Now()
	rec, err := s.newRecurring(sent, now)
	if err != nil {
		return nil, err
	}
	if err := s.recurringID(r.Context(), rec, sent.ID); err != nil {
		return nil, err
	}
	if err := s.deps.Recurring.SetRecurring(r.Context(), *rec, now); err != nil {
		return nil, fmt.Errorf("storing the recurring silence: %w", err)
	}
	silences, err := s.deps.Store.Silences(r.Context())
	if err != nil {
		return nil, err
	}
	return apiRecurring(rec, silences, now), nil
}

// newRecurring makes what a client sent into a recurring silence without id.
func (s *Server) newRecurring(sent *apiv1.PostedRecurringSilence, now time.Time) (*alert.RecurringSilence, error) {
	if len(sent.Matchers) == 0 {
		return nil, badRequest("invalid recurring silence: at least one matcher is needed")
	}
	if err := apiv2.CheckMatchers(sent.Matchers); err != nil {
		return nil, err
	}
	ms, err := newMatchers(sent.Matchers)
	if err != nil {
		return nil, err
	}
	lasts, err := model.ParseDuration(sent.Duration)
	if err != nil {
		return nil, badRequest(fmt.Sprintf("invalid recurring silence: duration: %.64q is not a duration such as 4h", sent.Duration))
	}
	rec := &alert.RecurringSilence{
		Matchers: ms, Schedule: strings.TrimSpace(sent.Schedule), Timezone: sent.Timezone, Duration: time.Duration(lasts),
		CreatedBy: sent.CreatedBy, Comment: sent.Comment, UpdatedAt: now,
	}
	if rec.Timezone == "" {
		rec.Timezone = s.deps.Recurring.Timezone()
	}
	whole := alert.Silence{Matchers: ms, CreatedBy: rec.CreatedBy, Comment: rec.Comment + rec.Schedule + rec.Timezone}
	if size, most := silenceSize(&whole), s.deps.Limits.SilenceBytes; most > 0 && size > most {
		return nil, badRequest(fmt.Sprintf("invalid recurring silence: %d bytes are more than %d", size, most))
	}
	if err := s.deps.Recurring.Check(rec, now); err != nil {
		return nil, badRequest("invalid recurring silence: " + err.Error())
	}
	return rec, nil
}

// recurringID gives a recurring silence its id: the one that is changed, or a new one.
func (s *Server) recurringID(ctx context.Context, rec *alert.RecurringSilence, given string) error {
	all, err := s.deps.Store.RecurringSilences(ctx)
	if err != nil {
		return err
	}
	if given != "" {
		if !slices.ContainsFunc(all, func(o alert.RecurringSilence) bool { return o.ID == given }) {
			return &refusal{http.StatusNotFound, "there is no such recurring silence"}
		}
		rec.ID = given
		return nil
	}
	if most := s.deps.Limits.Recurring; most > 0 && len(all) >= most {
		return badRequest(fmt.Sprintf("there are %d recurring silences already, and no more than %d may be", len(all), most))
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("making an id: %w", err)
	}
	rec.ID = id.String()
	return nil
}

// deleteRecurring serves DELETE /api/v1/silences/recurring/{id}; what runs of it
// ends.
func (s *Server) deleteRecurring(r *http.Request) (any, error) {
	if s.deps.Recurring == nil {
		return nil, &refusal{code: http.StatusNotFound}
	}
	s.silences.Lock()
	defer s.silences.Unlock()
	switch err := s.deps.Recurring.DeleteRecurring(r.Context(), r.PathValue("id"), s.deps.Now()); {
	case errors.Is(err, s.deps.NotFound):
		return nil, &refusal{http.StatusNotFound, "there is no such recurring silence"}
	case err != nil:
		return nil, err
	}
	return nil, nil //nolint:nilnil // an empty 200
}
