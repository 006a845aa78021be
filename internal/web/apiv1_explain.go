package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

const (
	// maxCandidates is how many alerts one is asked to choose from.
	maxCandidates = 20
	// maxSearched is how many pages of ended incidents are searched for one.
	maxSearched = 20
	// minFingerprint is how many digits of a fingerprint say which is meant.
	minFingerprint = 4
)

// explainNamed serves GET /api/v1/explain/{id}: of an alert by its id, by the
// beginning of its fingerprint, or by its name.
func (s *Server) explainNamed(w http.ResponseWriter, r *http.Request) {
	s.answerExplain(w, r, wanted{text: r.PathValue("id")})
}

// explainMatching serves GET /api/v1/explain: of the alert that passes filter.
func (s *Server) explainMatching(w http.ResponseWriter, r *http.Request) {
	ms, err := parseFilter(r.URL.Query()["filter"])
	if err != nil {
		s.fail(w, r, badRequest(err.Error()))
		return
	}
	if len(ms) == 0 {
		s.fail(w, r, badRequest("filter: say which alert, as filter=alertname=\"X\""))
		return
	}
	s.answerExplain(w, r, wanted{matchers: ms})
}

func (s *Server) answerExplain(w http.ResponseWriter, r *http.Request, which wanted) {
	out, err := s.explain(r.Context(), which)
	if errors.Is(err, s.deps.NotFound) {
		err = &refusal{http.StatusNotFound, "no alert like that is active, and none is in the history"}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// explain tells the story of the one alert that is wanted, or who else may be.
func (s *Server) explain(ctx context.Context, which wanted) (*apiv1.Explanation, error) {
	if s.deps.Explain == nil {
		return nil, &refusal{http.StatusNotFound, "alerts cannot be explained here"}
	}
	if which.text != "" {
		story, _, err := s.deps.Explain(ctx, which.text)
		if err == nil || !errors.Is(err, s.deps.NotFound) {
			return &apiv1.Explanation{Story: story}, err
		}
	}
	candidates, err := s.candidates(ctx, which)
	switch {
	case err != nil:
		return nil, err
	case len(candidates) == 0:
		return nil, s.deps.NotFound
	case len(candidates) == 1:
		story, _, err := s.deps.Explain(ctx, candidates[0].ID)
		return &apiv1.Explanation{Story: story}, err
	}
	out := &apiv1.Explanation{}
	for i := range candidates {
		out.Candidates = append(out.Candidates, ShownAlert(&candidates[i]))
	}
	return out, nil
}

// wanted says which alert is meant: by name, fingerprint, or matchers.
type wanted struct {
	text     string
	matchers alert.Matchers
}

func (w wanted) means(a *alert.Alert) bool {
	if w.text == "" {
		return w.matchers.Matches(a.Labels)
	}
	return a.Name() == w.text ||
		len(w.text) >= minFingerprint && isHex(w.text) && strings.HasPrefix(a.Fingerprint().String(), w.text)
}

// candidates returns the active alerts that may be meant or, where there are
// none, those that ended, of each label set the last.
func (s *Server) candidates(ctx context.Context, which wanted) ([]alert.Alert, error) {
	active, err := s.deps.Store.ActiveAlerts(ctx)
	if err != nil {
		return nil, err
	}
	var found []alert.Alert
	for i := range active {
		if which.means(&active[i]) && len(found) < maxCandidates {
			found = append(found, active[i])
		}
	}
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b alert.Alert) int {
			return cmp.Or(b.ActiveAt.Compare(a.ActiveAt), a.Labels.Compare(b.Labels))
		})
		return found, nil
	}
	seen := map[alert.Fingerprint]bool{}
	q := alert.IncidentQuery{Limit: pageLinesMost, Matchers: which.matchers}
	for range maxSearched {
		page, err := s.deps.Store.Incidents(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Incidents {
			a := &page.Incidents[i].Alert
			if which.means(a) && !seen[a.Fingerprint()] && len(found) < maxCandidates {
				seen[a.Fingerprint()] = true
				found = append(found, *a)
			}
		}
		if q.After = page.Next; q.After == (alert.IncidentCursor{}) || len(found) == maxCandidates {
			break
		}
	}
	return found, nil
}
