package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// alertmanagerVersion is the Alertmanager whose API this is. Clients choose what
// they ask by it: karma, for one, fails on anything but a version here.
const alertmanagerVersion = "0.34.2"

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	invalid  prometheus.Counter
	refused  *prometheus.CounterVec
}

func newMetrics(d Deps) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertd_http_requests_total",
			Help: "HTTP requests answered, by handler, method and status code.",
		}, []string{"handler", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alertd_http_request_duration_seconds",
			Help:    "Time taken to answer HTTP requests, by handler and method.",
			Buckets: []float64{.005, .02, .1, .5, 2, 10},
		}, []string{"handler", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertd_http_requests_in_flight",
			Help: "HTTP requests being answered now.",
		}),
		invalid: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alertd_alerts_invalid_total",
			Help: "Alerts sent by other programs that were refused as invalid.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertd_http_requests_refused_total",
			Help: "HTTP requests refused because of what else was under way: too many GETs, or too much being sent.",
		}, []string{"reason"}),
	}
	if d.Registerer == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.requests, m.duration, m.inFlight, m.invalid, m.refused,
		buildInfo("alertd_build_info", "What was built: a constant 1 labeled by version, commit and Go version.",
			prometheus.Labels{"version": d.Version.Version, "commit": d.Version.Commit, "goversion": runtime.Version()}),
		buildInfo("alertmanager_build_info", "The Alertmanager whose API is served, for clients that look for it: a constant 1.",
			prometheus.Labels{
				"version": alertmanagerVersion, "revision": "", "branch": "alertd",
				"goversion": runtime.Version(), "goos": runtime.GOOS, "goarch": runtime.GOARCH,
			}),
	} {
		if err := d.Registerer.Register(c); err != nil {
			errs = append(errs, fmt.Errorf("registering HTTP metrics: %w", err))
		}
	}
	return m, errors.Join(errs...)
}

func buildInfo(name, help string, labels prometheus.Labels) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
	g.Set(1)
	return g
}

// instrument counts and times what h answers, under the name of its path.
func (m *metrics) instrument(path string, h http.Handler) http.Handler {
	label := prometheus.Labels{"handler": path}
	h = promhttp.InstrumentHandlerCounter(m.requests.MustCurryWith(label), h)
	h = promhttp.InstrumentHandlerDuration(m.duration.MustCurryWith(label), h)
	return promhttp.InstrumentHandlerInFlight(m.inFlight, h)
}
