package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/store"
)

type metrics struct {
	registry   *prometheus.Registry
	successful prometheus.Gauge
	at         prometheus.Gauge
}

func newMetrics(reg *prometheus.Registry) *metrics {
	m := &metrics{
		registry: reg,
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertd_config_last_reload_successful", Help: "1 when the configuration was last loaded without mistakes, 0 otherwise.",
		}),
		at: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertd_config_last_reload_success_timestamp_seconds", Help: "When the configuration was last loaded without mistakes.",
		}),
	}
	reg.MustRegister(m.successful, m.at)
	return m
}

func (m *metrics) reloaded(err error, now time.Time) {
	if err != nil {
		m.successful.Set(0)
		return
	}
	m.successful.Set(1)
	m.at.Set(float64(now.Unix()))
}

// collectQueue exports what awaits delivery, read from the store at each scrape,
// and which integrations fail.
func (m *metrics) collectQueue(s store.Store, failing func() map[string]bool) {
	m.registry.MustRegister(queueCollector{s, failing})
}

type queueCollector struct {
	store   store.Store
	failing func() map[string]bool // by integration
}

func integrationFailing() *prometheus.Desc {
	return prometheus.NewDesc("alertd_integration_failing", "1 where the integration has failed for longer than is tolerated, or lost a message.", []string{"integration"}, nil)
}

func queueDepth() *prometheus.Desc {
	return prometheus.NewDesc("alertd_delivery_queue_depth", "Deliveries that are due and not yet made.", []string{"integration"}, nil)
}

func queueAge() *prometheus.Desc {
	return prometheus.NewDesc("alertd_delivery_queue_age_seconds", "Age of the oldest delivery that is due and not yet made.", []string{"integration"}, nil)
}

// Describe implements prometheus.Collector.
func (queueCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- queueDepth()
	ch <- queueAge()
	ch <- integrationFailing()
}

// Collect implements prometheus.Collector.
func (c queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for id, failing := range c.failing() {
		value := 0.0
		if failing {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(integrationFailing(), prometheus.GaugeValue, value, id)
	}
	depths, err := c.store.Queue(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(queueDepth(), err)
		return
	}
	for _, d := range depths {
		ch <- prometheus.MustNewConstMetric(queueDepth(), prometheus.GaugeValue, float64(d.Due), d.Integration)
		ch <- prometheus.MustNewConstMetric(queueAge(), prometheus.GaugeValue, time.Since(d.Oldest).Seconds(), d.Integration)
	}
}
