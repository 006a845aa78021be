package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed page.html page_history.html page_story.html page.css
var assets embed.FS

// parsePage returns the pages' templates and the policy under which browsers
// show it: its own style sheet, known by its hash, and nothing else.
func parsePage() (*template.Template, string, error) {
	css, err := assets.ReadFile("page.css")
	if err != nil {
		return nil, "", err
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"css": func() template.CSS { return template.CSS(css) },
	}).ParseFS(assets, "*.html")
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(css)
	return t, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", nil
}

// showPage serves the page.
func (s *Server) showPage(w http.ResponseWriter, r *http.Request) {
	view, err := s.view(r.Context())
	if err != nil {
		s.pageFailed(w, err)
		return
	}
	s.render(w, "page.html", http.StatusOK, view)
}

// pageFailed answers that what a page shows cannot be read.
func (s *Server) pageFailed(w http.ResponseWriter, err error) {
	s.deps.Logger.Error("The page could not be made", "err", err)
	plain(w, http.StatusInternalServerError, "alertd cannot read its storage: "+err.Error()+"\n")
}

// render answers with a page.
func (s *Server) render(w http.ResponseWriter, name string, code int, view any) {
	var page bytes.Buffer
	if err := s.page.ExecuteTemplate(&page, name, view); err != nil {
		s.deps.Logger.Error("The page could not be made", "page", name, "err", err)
		plain(w, http.StatusInternalServerError, "the page could not be made: "+err.Error()+"\n")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", s.policy)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = page.WriteTo(w) // the client may have gone
}

// expireFromPage ends a silence and goes back to the page.
func (s *Server) expireFromPage(w http.ResponseWriter, r *http.Request) {
	switch err := s.expireSilence(r.Context(), r.PathValue("id")); {
	case errors.Is(err, s.deps.NotFound):
		plain(w, http.StatusNotFound, "there is no such silence\n")
	case err != nil:
		s.deps.Logger.Error("A silence could not be ended", "id", r.PathValue("id"), "err", err)
		plain(w, http.StatusInternalServerError, "the silence could not be ended: "+err.Error()+"\n")
	default:
		// Relative, because a proxy may serve this under another path.
		w.Header().Set("Location", "../../")
		w.WriteHeader(http.StatusSeeOther)
	}
}

// view gathers what the page shows.
func (s *Server) view(ctx context.Context) (*pageView, error) {
	now := s.deps.Now()
	alerts, err := s.deps.Store.ActiveAlerts(ctx)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	silences, err := s.deps.Store.Silences(ctx)
	if err != nil {
		return nil, fmt.Errorf("silences: %w", err)
	}
	events, err := s.deps.Store.Events(ctx, now.Add(-eventsFor), now.Add(eventsFor), readEvents)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	v := &pageView{
		clock:    clock{now},
		Now:      stamp(now, now),
		Version:  s.deps.Version.Version,
		Instance: s.deps.InstanceName,
		Up:       lasting(now.Sub(s.deps.StartedAt)),
	}
	if err := s.deps.Ready(); err != nil {
		v.NotReady = err.Error()
	}
	v.addAlerts(alerts, silences, s.deps.InhibitedBy)
	v.addSilences(alerts, silences)
	v.addRuleGroups(s.deps.RuleGroups())
	v.addEvents(events)
	if err := v.addDeliveries(ctx, s.deps.Store); err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return v, nil
}
