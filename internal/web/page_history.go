package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/matchers"
)

// shownIncidents is how many incidents one page of history has.
const shownIncidents = 60

// historyView is what the history page shows.
type historyView struct {
	clock
	Now       stampView
	Matchers  string // as they were typed
	Since     string
	Spans     []string
	Mistake   string // in what was asked
	Incidents []incidentView
	Next      string // the address of the page after; "" is the end
}

// incidentView is one incident.
type incidentView struct {
	ID, Name, Severity, State, Summary string
	Where                              []alert.Label
	Fired                              stampView
	Lasting                            string
	Ended                              *endedView // nil: it still fires
	Flaps                              int
	Told                               []toldView
}

type endedView struct {
	At  stampView
	Why string
}

type toldView struct{ Integration, After string }

// showHistory serves the history page.
func (s *Server) showHistory(w http.ResponseWriter, r *http.Request) {
	now := s.deps.Now()
	v := &historyView{clock: clock{now}, Now: stamp(now, now), Since: "24h", Spans: []string{"24h", "7d", "30d", "1y"}}
	q := alert.IncidentQuery{Limit: shownIncidents}
	query := r.URL.Query()
	v.Matchers = clip(query.Get("matchers"), longText)
	if given := query.Get("since"); slices.Contains(v.Spans, given) {
		v.Since = given
	}
	lately, err := model.ParseDuration(v.Since)
	if err == nil {
		q.From = now.Add(-time.Duration(lately))
		q.Matchers, err = readMatchers(v.Matchers)
	}
	if err == nil {
		q.After.Ended, q.After.Row, err = readCursor(query)
	}
	if err != nil {
		v.Mistake = err.Error()
		s.render(w, "page_history.html", http.StatusBadRequest, v)
		return
	}
	page, err := s.deps.Store.Incidents(r.Context(), q)
	if err != nil {
		s.pageFailed(w, err)
		return
	}
	for i := range page.Incidents {
		v.add(&page.Incidents[i])
	}
	if page.Next != (alert.IncidentCursor{}) {
		v.Next = "history?" + url.Values{
			"matchers": {v.Matchers}, "since": {v.Since}, "cursor": {cursorText(page.Next.Ended, page.Next.Row)},
		}.Encode()
	}
	s.render(w, "page_history.html", http.StatusOK, v)
}

// readMatchers reads the matchers that people type: one or more, commas between.
func readMatchers(text string) (alert.Matchers, error) {
	if text == "" {
		return nil, nil
	}
	if err := new(expressions).checkMatcher(text); err != nil {
		return nil, err
	}
	return matchers.Parse(text)
}

func (v *historyView) add(in *alert.Incident) {
	end := v.now
	view := incidentView{
		ID: in.ID, Name: clip(in.Name(), shortText), Severity: clip(in.Labels.Get("severity"), shortText), State: string(in.State),
		Summary: clip(in.Annotations.Get("summary"), longText), Where: where(in.Labels), Fired: v.stamp(in.FiredAt), Flaps: in.Flaps,
	}
	if !in.ResolvedAt.IsZero() {
		end = in.ResolvedAt
		why := string(in.Resolution)
		if in.RecoveredValue != nil && in.Unit != alert.Presence {
			why += ", " + v.reading(*in.RecoveredValue, in.Unit)
		}
		view.Ended = &endedView{v.stamp(in.ResolvedAt), why}
	}
	view.Lasting = lasting(end.Sub(in.FiredAt))
	for _, told := range in.Told {
		view.Told = append(view.Told, toldView{told.Integration, lasting(told.At.Sub(in.FiredAt))})
	}
	v.Incidents = append(v.Incidents, view)
}
