package engine

import (
	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
)

type metrics struct {
	registerer    prometheus.Registerer
	evaluation    *prometheus.HistogramVec
	failures      *prometheus.CounterVec
	batchFailures *prometheus.CounterVec
	missed        *prometheus.CounterVec
	uncommitted   *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	byGroup := []string{"group"}
	m := &metrics{
		registerer: reg,
		evaluation: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alertd_evaluation_duration_seconds",
			Help:    "Time that evaluating a rule group took, its commit included.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 15},
		}, byGroup),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertd_evaluation_failures_total", Help: "Rule evaluations that failed.",
		}, byGroup),
		batchFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertd_evaluation_batch_failures_total", Help: "Requests for several rules that failed, so that these were asked one by one.",
		}, byGroup),
		missed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertd_evaluation_missed_total", Help: "Evaluation slots skipped because the evaluation before took too long.",
		}, byGroup),
		uncommitted: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "alertd_evaluation_uncommitted_alerts", Help: "Alerts that changed but could not be stored yet.",
		}, byGroup),
	}
	if reg != nil {
		reg.MustRegister(m.evaluation, m.failures, m.batchFailures, m.missed, m.uncommitted)
	}
	return m
}

// collectAlerts exports the number of alerts by state, counted at each scrape.
func (m *metrics) collectAlerts(count func() map[alert.State]int) {
	if m.registerer == nil {
		return
	}
	for _, state := range []alert.State{alert.Pending, alert.Firing} {
		m.registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "alertd_alerts", Help: "Active alerts of alertd's own rules by state.",
			ConstLabels: prometheus.Labels{"state": string(state)},
		}, func() float64 { return float64(count()[state]) }))
	}
}
