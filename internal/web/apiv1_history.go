package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

// How much one page of history has: unless asked otherwise, and at most.
const (
	pageLines     = 100
	pageLinesMost = 1000
)

// history serves GET /api/v1/history.
func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	q, err := readEventQuery(r.URL.Query(), s.deps.Now())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page, err := s.deps.Store.History(r.Context(), q)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	out := apiv1.History{Events: make([]apiv1.Event, 0, len(page.Events))}
	for i := range page.Events {
		e := &page.Events[i]
		out.Events = append(out.Events, apiv1.Event{
			At: e.At.UTC(), Kind: string(e.Kind), Alert: e.AlertID, Labels: e.Labels, Value: number(e.Value), Detail: e.Detail,
			Group: string(e.Group), Integration: e.Integration, Delivery: e.Delivery,
		})
	}
	if page.Next != (alert.EventCursor{}) {
		out.Next = cursorText(page.Next.At, page.Next.ID)
	}
	writeJSON(w, http.StatusOK, out)
}

// pastIncidents serves GET /api/v1/incidents.
func (s *Server) pastIncidents(w http.ResponseWriter, r *http.Request) {
	q, err := readIncidentQuery(r.URL.Query(), s.deps.Now())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page, err := s.deps.Store.Incidents(r.Context(), q)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	out := apiv1.Incidents{Incidents: make([]apiv1.Incident, 0, len(page.Incidents))}
	for i := range page.Incidents {
		in := apiv1.Incident{Alert: ShownAlert(&page.Incidents[i].Alert), Told: []apiv1.Told{}}
		for _, told := range page.Incidents[i].Told {
			in.Told = append(in.Told, apiv1.Told{Integration: told.Integration, At: told.At.UTC()})
		}
		out.Incidents = append(out.Incidents, in)
	}
	if page.Next != (alert.IncidentCursor{}) {
		out.Next = cursorText(page.Next.Ended, page.Next.Row)
	}
	writeJSON(w, http.StatusOK, out)
}

func readEventQuery(query url.Values, now time.Time) (q alert.EventQuery, err error) {
	if q.From, q.To, err = readSpan(query, now); err != nil {
		return q, err
	}
	if q.Limit, err = readLimit(query); err != nil {
		return q, err
	}
	if q.Matchers, err = parseFilter(query["filter"]); err != nil {
		return q, badRequest(err.Error())
	}
	for _, text := range query["kind"] {
		kind := alert.EventKind(strings.NewReplacer("-", " ", "_", " ").Replace(text))
		if !slices.Contains(alert.EventKinds(), kind) {
			return q, badRequest(fmt.Sprintf("kind: there is no %.64q; there are %s", text, kindNames()))
		}
		q.Kinds = append(q.Kinds, kind)
	}
	q.AlertID, q.Group = query.Get("alert"), alert.GroupKey(query.Get("group"))
	q.After.At, q.After.ID, err = readCursor(query)
	return q, err
}

func kindNames() string {
	names := make([]string, 0, len(alert.EventKinds()))
	for _, kind := range alert.EventKinds() {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}

func readIncidentQuery(query url.Values, now time.Time) (q alert.IncidentQuery, err error) {
	if q.From, q.To, err = readSpan(query, now); err != nil {
		return q, err
	}
	if q.Limit, err = readLimit(query); err != nil {
		return q, err
	}
	if q.Matchers, err = parseFilter(query["filter"]); err != nil {
		return q, badRequest(err.Error())
	}
	q.AlertID = query.Get("alert")
	if q.Fingerprint = query.Get("fingerprint"); !isHex(q.Fingerprint) {
		return q, badRequest("fingerprint: give the first of its hexadecimal digits")
	}
	q.After.Ended, q.After.Row, err = readCursor(query)
	return q, err
}

// readSpan reads since and until: moments in RFC 3339, or how long ago.
func readSpan(query url.Values, now time.Time) (from, to time.Time, err error) {
	for name, into := range map[string]*time.Time{"since": &from, "until": &to} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		if *into, err = time.Parse(time.RFC3339, text); err == nil {
			continue
		}
		ago, err := model.ParseDuration(text)
		if err != nil {
			return from, to, badRequest(fmt.Sprintf("%s: %.64q is neither a moment such as 2026-11-23T18:00:00Z nor how long ago, such as 24h", name, text))
		}
		*into = now.Add(-time.Duration(ago))
	}
	return from, to, nil
}

func readLimit(query url.Values) (int, error) {
	text := query.Get("limit")
	if text == "" {
		return pageLines, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > pageLinesMost {
		return 0, badRequest(fmt.Sprintf("limit: %.64q is not a number from 1 to %d", text, pageLinesMost))
	}
	return n, nil
}

// cursorText writes a place in a listing for clients to hand back.
func cursorText(at time.Time, id int64) string {
	n := int64(0)
	if !at.IsZero() {
		n = at.UnixNano()
	}
	return strconv.FormatInt(n, 36) + "." + strconv.FormatInt(id, 36)
}

func readCursor(query url.Values) (at time.Time, id int64, err error) {
	text := query.Get("cursor")
	if text == "" {
		return at, 0, nil
	}
	first, second, ok := strings.Cut(text, ".")
	nanos, atErr := strconv.ParseInt(first, 36, 64)
	id, idErr := strconv.ParseInt(second, 36, 64)
	if !ok || atErr != nil || idErr != nil {
		return at, 0, badRequest(fmt.Sprintf("cursor: %.64q is not one that an answer gave as next", text))
	}
	if nanos != 0 {
		at = time.Unix(0, nanos).UTC()
	}
	return at, id, nil
}

func isHex(text string) bool { return strings.Trim(text, "0123456789abcdef") == "" }
