package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"alertd/internal/alert"
	"alertd/internal/web/apiv2"
)

// getSilences serves GET /api/v2/silences: active ones first (next to end
// first), then pending (next to start first), then expired (last ended first).
func (s *Server) getSilences(r *http.Request) (any, error) {
	query := r.URL.Query()
	filter, err := parseFilter(query["filter"])
	if err != nil {
		return nil, badRequest(err.Error())
	}
	wanted := map[alert.SilenceState]bool{
		alert.SilenceActive:  flag(query, "active", true),
		alert.SilencePending: flag(query, "pending", true),
		alert.SilenceExpired: flag(query, "expired", true),
	}
	silences, err := s.deps.Store.Silences(r.Context())
	if err != nil {
		return nil, err
	}
	now := s.deps.Now()
	sortSilences(silences, now)
	out := []apiv2.Silence{}
	for i := range silences {
		sil := &silences[i]
		if wanted[sil.StateAt(now)] && hasMatchers(sil.Matchers, filter) {
			out = append(out, apiSilence(sil, now))
		}
	}
	return out, nil
}

// getSilence serves GET /api/v2/silence/{id}.
func (s *Server) getSilence(r *http.Request) (any, error) {
	id, err := silenceID(r)
	if err != nil {
		return nil, err
	}
	sil, err := s.deps.Store.Silence(r.Context(), id)
	switch {
	case errors.Is(err, s.deps.NotFound):
		return nil, &refusal{code: http.StatusNotFound}
	case err != nil:
		return nil, err
	}
	return apiSilence(sil, s.deps.Now()), nil
}

// deleteSilence serves DELETE /api/v2/silence/{id}, as often as it is asked.
func (s *Server) deleteSilence(r *http.Request) (any, error) {
	id, err := silenceID(r)
	if err != nil {
		return nil, err
	}
	switch err := s.expireSilence(r.Context(), id); {
	case errors.Is(err, s.deps.NotFound):
		return nil, &refusal{code: http.StatusNotFound}
	case err != nil:
		return nil, err
	}
	return nil, nil //nolint:nilnil // an empty 200
}

// maxSilenceBody bounds the body that tells of one silence, in bytes.
const maxSilenceBody = 2 << 20

// postSilences serves POST /api/v2/silences.
func (s *Server) postSilences(r *http.Request) (any, error) {
	sent, err := apiv2.ReadSilence(http.MaxBytesReader(nil, r.Body, maxSilenceBody))
	if err != nil {
		return nil, err
	}
	id, err := s.setSilence(r.Context(), sent)
	switch {
	case errors.Is(err, s.deps.NotFound):
		return nil, &refusal{http.StatusNotFound, "silence not found"}
	case err != nil:
		return nil, err
	}
	return map[string]string{"silenceID": id}, nil
}

func silenceID(r *http.Request) (string, error) {
	id := r.PathValue("id")
	if _, err := uuid.Parse(id); err != nil {
		return "", apiv2.Errorf(apiv2.CodeType, "silenceID in path must be of type uuid: %.256q", id)
	}
	return id, nil
}

func apiSilence(sil *alert.Silence, now time.Time) apiv2.Silence {
	return apiv2.Silence{
		ID:        sil.ID,
		Status:    apiv2.SilenceStatus{State: sil.StateAt(now)},
		UpdatedAt: apiv2.Time(sil.UpdatedAt),
		Comment:   sil.Comment,
		CreatedBy: sil.CreatedBy,
		StartsAt:  apiv2.Time(sil.StartsAt),
		EndsAt:    apiv2.Time(sil.EndsAt),
		Matchers:  apiMatchers(sil.Matchers),

		Annotations: sil.Annotations,
	}
}

func apiMatchers(ms alert.Matchers) []apiv2.Matcher {
	out := make([]apiv2.Matcher, 0, len(ms))
	for _, m := range ms {
		out = append(out, apiv2.Matcher{
			Name: m.Name, Value: m.Value,
			IsEqual: m.Op == alert.MatchEqual || m.Op == alert.MatchRegexp,
			IsRegex: m.Op == alert.MatchRegexp || m.Op == alert.MatchNotRegexp,
		})
	}
	return out
}

// hasMatchers tells whether every matcher of the filter is one of the silence's,
// which is how API clients find silences.
func hasMatchers(have, filter alert.Matchers) bool {
	for _, f := range filter {
		if !slices.ContainsFunc(have, func(m alert.Matcher) bool { return sameMatcher(m, f) }) {
			return false
		}
	}
	return true
}

func sameMatcher(a, b alert.Matcher) bool {
	return a.Name == b.Name && a.Op == b.Op && a.Value == b.Value
}

func sortSilences(silences alert.Silences, now time.Time) {
	order := map[alert.SilenceState]int{alert.SilenceActive: 0, alert.SilencePending: 1, alert.SilenceExpired: 2}
	slices.SortFunc(silences, func(a, b alert.Silence) int {
		state := a.StateAt(now)
		if c := order[state] - order[b.StateAt(now)]; c != 0 {
			return c
		}
		var byTime int
		switch state {
		case alert.SilencePending:
			byTime = a.StartsAt.Compare(b.StartsAt)
		case alert.SilenceExpired:
			byTime = b.EndsAt.Compare(a.EndsAt)
		case alert.SilenceActive:
			byTime = a.EndsAt.Compare(b.EndsAt)
		}
		return cmp.Or(byTime, a.UpdatedAt.Compare(b.UpdatedAt), strings.Compare(a.ID, b.ID))
	})
}
