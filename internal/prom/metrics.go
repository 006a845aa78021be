package prom

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of a query.
const (
	outcomeSuccess     = "success"
	outcomeUnreachable = "unreachable"
	outcomeRejected    = "rejected"
	outcomePartial     = "partial"
	outcomeCanceled    = "canceled"
)

type metrics struct {
	queries  *prometheus.CounterVec
	duration prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	queries, err := register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alertd_prometheus_queries_total",
		Help: "Queries asked of Prometheus, by outcome.",
	}, []string{"outcome"}))
	if err != nil {
		return nil, err
	}
	duration, err := register(reg, prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "alertd_prometheus_query_duration_seconds",
		Help:    "How long Prometheus took to answer, or not to.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}))
	if err != nil {
		return nil, err
	}
	for _, outcome := range []string{outcomeSuccess, outcomeUnreachable, outcomeRejected, outcomePartial, outcomeCanceled} {
		queries.WithLabelValues(outcome)
	}
	return &metrics{queries, duration}, nil
}

// register registers c, or returns the like collector of an earlier client: a
// reload makes a new client for the same registry.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) (C, error) {
	if reg == nil {
		return c, nil
	}
	err := reg.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing, nil
		}
	}
	if err != nil {
		return c, fmt.Errorf("registering the metrics of queries: %w", err)
	}
	return c, nil
}

func (m *metrics) observe(err error, took time.Duration) {
	m.queries.WithLabelValues(outcomeOf(err)).Inc()
	m.duration.Observe(took.Seconds())
}

func outcomeOf(err error) string {
	switch {
	case err == nil:
		return outcomeSuccess
	case errors.Is(err, context.Canceled):
		return outcomeCanceled
	case errors.Is(err, ErrRejected):
		return outcomeRejected
	case errors.Is(err, ErrPartial):
		return outcomePartial
	default:
		return outcomeUnreachable
	}
}
