package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// protect wraps what is to hold for every request: bounds, no writing from pages
// of other origins but those that may, no guessing of content types, no framing.
func (s *Server) protect(next http.Handler) (http.Handler, error) {
	origins := http.NewCrossOriginProtection()
	if u := s.deps.ExternalURL; u != nil && u.Host != "" {
		// Behind a proxy the Host that we see need not be the page's origin.
		if err := origins.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, fmt.Errorf("the external URL %s: %w", u, err)
		}
	}
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.deps.Logger.Warn("Refused a request from a page of another origin",
			"method", r.Method, "path", r.URL.Path, "origin", r.Header.Get("Origin"))
		http.Error(w, "requests that change something are not taken from pages of another origin; "+
			"if this page is alertd's own, set --web.external-url to its address", http.StatusForbidden)
	}))
	next = s.limited(s.boundBodies(next))
	checked := s.allowOrigins(next, origins.Handler(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // with none, browsers would hide the origin of our own form
		checked.ServeHTTP(w, r)
	}), nil
}

// logAdapter lets libraries that print log through slog.
type logAdapter struct{ log *slog.Logger }

func (l logAdapter) Println(v ...any) {
	l.log.Error("Serving metrics failed", "err", strings.TrimSpace(fmt.Sprintln(v...)))
}
