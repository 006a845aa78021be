package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"alertd/internal/web/apiv2"
)

// methods are the handlers of one path of API v2, by HTTP method. A handler
// returns what to answer as JSON (nil: an empty 200) or an error: an
// *apiv2.Error, a *refusal, or any other for an internal failure.
type methods map[string]func(*http.Request) (any, error)

// refusal is an error of a handler, which Alertmanager writes as a bare JSON
// string (no text: as an empty body).
type refusal struct {
	code int
	text string
}

func (e *refusal) Error() string { return e.text }

// endpoint serves one path of API v2 with Alertmanager's manners.
func (s *Server) endpoint(m methods) http.Handler {
	allowed := strings.Join(slices.Sorted(maps.Keys(m)), ",")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := m[r.Method]
		if !ok {
			w.Header().Set("Allow", allowed)
			s.fail(w, r, apiv2.Errorf(http.StatusMethodNotAllowed, "method %s is not allowed, but [%s] are", r.Method, allowed))
			return
		}
		if err := checkMedia(r); err != nil {
			s.fail(w, r, err)
			return
		}
		answer, err := h(r)
		switch {
		case err != nil:
			s.fail(w, r, err)
		case answer == nil:
			w.Header().Set("Cache-Control", "no-store")
		default:
			writeJSON(w, http.StatusOK, answer)
		}
	})
}

// checkMedia checks that the body, if any, is JSON, and that the client takes
// JSON. One that sends JSON is taken to.
func checkMedia(r *http.Request) error {
	if r.ContentLength != 0 {
		given := r.Header.Get("Content-Type")
		if given == "" {
			given = "application/octet-stream"
		}
		kind, _, err := mime.ParseMediaType(given)
		if err == nil && !strings.Contains(kind, "/") {
			err = fmt.Errorf("%.256q has no subtype", kind)
		}
		if err != nil {
			return apiv2.Errorf(http.StatusBadRequest, "parsing Content-Type header from %.256q failed, because %s", given, err)
		}
		if kind != "application/json" {
			return apiv2.Errorf(http.StatusUnsupportedMediaType,
				"unsupported media type %.256q, only [application/json] are allowed", kind)
		}
		return nil
	}
	if !acceptsJSON(r.Header.Values("Accept")) {
		return apiv2.Errorf(http.StatusNotAcceptable, "unsupported media type requested, only [application/json] are available")
	}
	return nil
}

func acceptsJSON(accept []string) bool {
	all := strings.Join(accept, ",")
	if all == "" {
		return true
	}
	for part := range strings.SplitSeq(all, ",") {
		kind, params, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "*/*", "application/*", "application/json":
		default:
			continue
		}
		weight, given := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if q, err := strconv.ParseFloat(weight, 64); !given || err != nil || q > 0 {
			return true
		}
	}
	return false
}

// fail answers with an error in the form that Alertmanager gives it.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var schema *apiv2.Error
	var refused *refusal
	switch {
	case errors.As(err, &schema):
		writeJSON(w, schema.Status(), schema)
	case errors.As(err, &refused) && refused.text == "":
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(refused.code)
	case errors.As(err, &refused):
		writeJSON(w, refused.code, refused.text)
	case r.Context().Err() != nil: // the client has gone, or the time is up
		writeJSON(w, http.StatusServiceUnavailable, err.Error())
	default:
		s.deps.Logger.Error("A request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		writeJSON(w, http.StatusInternalServerError, err.Error())
	}
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if long, ok := v.(interface{ WriteJSON(w io.Writer) error }); ok {
		_ = long.WriteJSON(w) // the client may have gone
		return
	}
	_ = json.NewEncoder(w).Encode(v)
}

// flag reads a boolean of the query as Alertmanager does: the last one counts,
// empty is the default, and what is not plainly true is false.
func flag(query url.Values, name string, byDefault bool) bool {
	given := query[name]
	if len(given) == 0 || given[len(given)-1] == "" {
		return byDefault
	}
	switch strings.ToLower(given[len(given)-1]) {
	case "true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled":
		return true
	}
	return false
}
