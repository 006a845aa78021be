package web

import (
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"alertd/internal/web/apiv2"
)

// Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	deps    Deps
	prefix  string // "" or a path such as /alertd
	handler http.Handler
	metrics *metrics
	page    *template.Template
	policy  string // the page's Content-Security-Policy
	address atomic.Pointer[string]

	// silences serialises changes, each of which reads before it writes.
	silences sync.Mutex
}

// New returns a server, or an error that tells what is missing or wrong in d.
func New(d Deps) (*Server, error) {
	d, err := d.completed()
	if err != nil {
		return nil, err
	}
	prefix, err := routePrefix(d)
	if err != nil {
		return nil, err
	}
	s := &Server{deps: d, prefix: prefix}
	if s.metrics, err = newMetrics(d); err != nil {
		return nil, err
	}
	if s.page, s.policy, err = parsePage(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	s.route(mux)
	if s.handler, err = s.protect(mux); err != nil {
		return nil, err
	}
	return s, nil
}

// Handler returns everything that the server serves.
func (s *Server) Handler() http.Handler { return s.handler }

// maxScrapes is how many scrapes are answered at once; more are told to come later.
const maxScrapes = 8

// route is the table of what is served where.
func (s *Server) route(mux *http.ServeMux) {
	handle := func(method, path string, h http.Handler) {
		pattern := strings.TrimPrefix(method+" ", " ") + s.prefix + path
		mux.Handle(pattern, s.metrics.instrument(path, h))
	}
	handleFunc := func(method, path string, h http.HandlerFunc) { handle(method, path, h) }

	handleFunc("GET", "/{$}", s.showPage)
	handleFunc("GET", "/history", s.showHistory)
	handleFunc("GET", "/alert/{id}", s.showStory)
	handleFunc("POST", "/silences/{id}/expire", s.expireFromPage)

	handleFunc("GET", "/-/healthy", s.healthy)
	handleFunc("GET", "/-/ready", s.ready)
	handleFunc("POST", "/-/reload", s.reload)
	handle("GET", "/metrics", promhttp.HandlerFor(s.deps.Gatherer, promhttp.HandlerOpts{
		ErrorLog: logAdapter{s.deps.Logger},
		// One metric that cannot be had, such as from a store that hangs, hides no other.
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
	}))

	handleFunc("GET", "/api/v1/status", s.status)
	handleFunc("GET", "/api/v1/alerts", s.incidents)
	handleFunc("GET", "/api/v1/config", s.config)
	handleFunc("GET", "/api/v1/explain", s.explainMatching)
	handleFunc("GET", "/api/v1/explain/{id}", s.explainNamed)
	handleFunc("GET", "/api/v1/history", s.history)
	handleFunc("GET", "/api/v1/incidents", s.pastIncidents)
	handleFunc("GET", "/api/v1/stats", s.stats)
	handleFunc("POST", "/api/v1/receivers/{name}/test", s.testReceiver)
	for path, methods := range map[string]methods{
		"silences/recurring":      {"GET": s.getRecurring, "POST": s.postRecurring},
		"silences/recurring/{id}": {"DELETE": s.deleteRecurring},
		"acks":                    {"POST": s.postAcks, "DELETE": s.deleteAcks},
	} {
		handle("", "/api/v1/"+path, s.endpoint(methods))
	}
	if s.deps.Drills.Start != nil {
		handleFunc("POST", "/api/v1/drills", s.startDrill)
		handleFunc("GET", "/api/v1/drills/{id}", s.showDrill)
		handleFunc("DELETE", "/api/v1/drills/{id}", s.endDrill)
	}

	for path, methods := range map[string]methods{
		"alerts":        {"GET": s.getAlerts, "POST": s.postAlerts},
		"alerts/groups": {"GET": s.getAlertGroups},
		"silences":      {"GET": s.getSilences, "POST": s.postSilences},
		"silence/{id}":  {"GET": s.getSilence, "DELETE": s.deleteSilence},
		"status":        {"GET": s.getStatus},
		"receivers":     {"GET": s.getReceivers},
	} {
		h := s.endpoint(methods)
		handle("", "/api/v2/"+path, h)
		mux.Handle(s.prefix+"/api/v2/"+path+"/{$}", s.metrics.instrument("/api/v2/"+path, h))
	}
	handleFunc("", "/api/v2/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, apiv2.Errorf(http.StatusNotFound, "path %.256s was not found", strings.TrimPrefix(r.URL.EscapedPath(), s.prefix)))
	})
}

// routePrefix returns the path below which to serve: "" or /a/b.
func routePrefix(d Deps) (string, error) {
	prefix := d.RoutePrefix
	if prefix == "" && d.ExternalURL != nil {
		prefix = d.ExternalURL.Path
	}
	if strings.ContainsAny(prefix, "{}?# ") {
		return "", fmt.Errorf("the route prefix %q cannot be a path: it may not hold braces, blanks, ? or #", prefix)
	}
	return strings.TrimSuffix(path.Join("/", prefix), "/"), nil
}
