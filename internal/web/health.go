package web

import (
	"io"
	"net/http"
)

// healthy tells that the process answers.
func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "OK")
}

// ready tells whether alertd can work, and why not.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if err := s.deps.Ready(); err != nil {
		plain(w, http.StatusServiceUnavailable, "not ready: "+err.Error()+"\n")
		return
	}
	plain(w, http.StatusOK, "OK")
}

// reload reads the configuration again. A failure changes nothing, and its
// answer is every mistake found.
func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	if err := s.deps.Reload(r.Context()); err != nil {
		plain(w, http.StatusInternalServerError, "failed to reload config: "+err.Error()+"\n")
		return
	}
	w.WriteHeader(http.StatusOK)
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text) // the client may have gone
}
