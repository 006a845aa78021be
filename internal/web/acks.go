package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
	"alertd/internal/web/apiv2"
)

// maxAckBytes is the longest text that an acknowledgement may bring.
const maxAckBytes = 4 << 10

// chosenAlerts says which alerts are meant, in one of three ways.
type chosenAlerts struct {
	ids      []string // or fingerprints
	group    string
	matchers alert.Matchers
}

// postAcks serves POST /api/v1/acks.
func (s *Server) postAcks(r *http.Request) (any, error) {
	sent := &apiv1.PostedAck{}
	if err := apiv2.ReadObject(r.Body, "acknowledgement", sent); err != nil {
		return nil, err
	}
	now := s.deps.Now()
	by := strings.TrimSpace(sent.By)
	switch {
	case by == "":
		return nil, badRequest("by: who acknowledges it must be said")
	case len(by)+len(sent.Comment) > maxAckBytes:
		return nil, badRequest(fmt.Sprintf("by and comment are longer than %d bytes", maxAckBytes))
	case sent.Until != nil && !sent.Until.After(now):
		return nil, badRequest("until: it is over already")
	}
	chosen := chosenAlerts{ids: sent.Alerts, group: sent.Group}
	if err := apiv2.CheckMatchers(sent.Matchers); err != nil {
		return nil, err
	}
	var sizes expressions
	for _, m := range sent.Matchers {
		made, err := newMatcher(*m.Name, m.Op(), *m.Value, &sizes)
		if err != nil {
			return nil, badRequest("matchers: " + err.Error())
		}
		chosen.matchers = append(chosen.matchers, made)
	}
	alerts, err := s.choose(r.Context(), chosen)
	if err != nil {
		return nil, err
	}
	acks := make([]alert.Ack, len(alerts))
	for i := range alerts {
		acks[i] = alert.Ack{AlertID: alerts[i].ID, By: by, Comment: strings.TrimSpace(sent.Comment), At: now}
		if sent.Until != nil {
			acks[i].Until = *sent.Until
		}
		alerts[i].Ack = &acks[i]
	}
	switch err := s.deps.Store.SaveAcks(r.Context(), now, acks...); {
	case errors.Is(err, s.deps.NotFound):
		return nil, &refusal{http.StatusConflict, "an alert ended meanwhile: ask again"}
	case err != nil:
		return nil, err
	}
	s.deps.OnSilence()
	return acked(alerts), nil
}

// deleteAcks serves DELETE /api/v1/acks; the query has alert, group or filter,
// and by.
func (s *Server) deleteAcks(r *http.Request) (any, error) {
	query := r.URL.Query()
	chosen := chosenAlerts{ids: query["alert"], group: query.Get("group")}
	var err error
	if chosen.matchers, err = parseFilter(query["filter"]); err != nil {
		return nil, badRequest(err.Error())
	}
	by := strings.TrimSpace(query.Get("by"))
	switch {
	case by == "":
		return nil, badRequest("by: who takes it back must be said")
	case len(by) > maxAckBytes:
		return nil, badRequest(fmt.Sprintf("by is longer than %d bytes", maxAckBytes))
	}
	alerts, err := s.choose(r.Context(), chosen)
	if err != nil {
		return nil, err
	}
	alerts = slices.DeleteFunc(alerts, func(a alert.Alert) bool { return a.Ack == nil })
	ids := make([]string, len(alerts))
	for i := range alerts {
		ids[i], alerts[i].Ack = alerts[i].ID, nil
	}
	if len(ids) > 0 {
		if err := s.deps.Store.RemoveAcks(r.Context(), s.deps.Now(), by, ids...); err != nil {
			return nil, err
		}
		s.deps.OnSilence()
	}
	return acked(alerts), nil
}

// choose returns the active alerts that are meant. Naming one that is not active
// is a mistake, and so is meaning none.
func (s *Server) choose(ctx context.Context, c chosenAlerts) ([]alert.Alert, error) {
	ways := 0
	for _, given := range []bool{len(c.ids) > 0, c.group != "", len(c.matchers) > 0} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, badRequest("say in one way which alerts are meant: by alerts, by group or by matchers")
	}
	active, err := s.deps.Store.ActiveAlerts(ctx)
	if err != nil {
		return nil, err
	}
	named := make(map[string]bool, len(c.ids))
	for _, id := range c.ids {
		named[id] = false
	}
	out := slices.DeleteFunc(active, func(a alert.Alert) bool {
		switch {
		case len(c.ids) > 0:
			meant := false
			for _, id := range []string{a.ID, a.Fingerprint().String()} {
				if _, ok := named[id]; ok {
					named[id], meant = true, true
				}
			}
			return !meant
		case c.group != "":
			return !slices.ContainsFunc(s.deps.Groups(a.Labels), func(g alert.GroupRef) bool { return string(g.Key) == c.group })
		default:
			return !c.matchers.Matches(a.Labels)
		}
	})
	for _, id := range c.ids {
		if !named[id] {
			return nil, &refusal{http.StatusNotFound, fmt.Sprintf("no active alert has the id or the fingerprint %.128q", id)}
		}
	}
	if len(out) == 0 {
		return nil, &refusal{http.StatusNotFound, "no active alert is meant by that"}
	}
	slices.SortFunc(out, func(a, b alert.Alert) int { return a.Labels.Compare(b.Labels) })
	return out, nil
}

func acked(alerts []alert.Alert) apiv1.Acked {
	out := apiv1.Acked{Alerts: make([]apiv1.Alert, len(alerts))}
	for i := range alerts {
		out.Alerts[i] = ShownAlert(&alerts[i])
	}
	return out
}
