package web

import (
	"net/http"
	"strings"
)

// corsAge is for how long browsers may keep what a preflight answered, in
// seconds, as Alertmanager lets them.
const corsAge = "600"

// allowOrigins lets pages of the origins of the configuration use the API, by
// the rules of CORS (https://fetch.spec.whatwg.org/#http-cors-protocol), without
// credentials. All other requests are guarded.
func (s *Server) allowOrigins(next, guarded http.Handler) http.Handler {
	if s.deps.CORSOrigin == nil {
		return guarded
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, s.prefix+"/api/") {
			guarded.ServeHTTP(w, r)
			return
		}
		h, origin := w.Header(), r.Header.Get("Origin")
		preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
		h.Add("Vary", "Origin")
		if preflight {
			h.Set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
		}
		allowed := origin != "" && s.deps.CORSOrigin.MatchString(origin)
		asked := r.Method
		if preflight {
			asked = r.Header.Get("Access-Control-Request-Method")
		}
		if allowed && corsMethod(asked) {
			h.Set("Access-Control-Allow-Origin", origin)
			if preflight {
				allowPreflight(h, r)
			}
		}
		switch {
		case preflight:
			w.WriteHeader(http.StatusNoContent)
		case allowed:
			next.ServeHTTP(w, r)
		default:
			guarded.ServeHTTP(w, r)
		}
	})
}

// corsMethod tells whether pages of other origins may use a method.
func corsMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodOptions:
		return true
	}
	return false
}

// allowPreflight lets a page send what it asks to.
func allowPreflight(h http.Header, r *http.Request) {
	h["Access-Control-Allow-Methods"] = r.Header["Access-Control-Request-Method"]
	h.Set("Access-Control-Max-Age", corsAge)
	if asked := r.Header.Values("Access-Control-Request-Headers"); len(asked) > 0 {
		h["Access-Control-Allow-Headers"] = asked
	}
}
