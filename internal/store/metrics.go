package store

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// operation is a method of the store, as metrics name it.
type operation string

const (
	opActiveAlerts      operation = "active_alerts"
	opEndedAlerts       operation = "ended_alerts"
	opCommitEvaluation  operation = "commit_evaluation"
	opRouting           operation = "routing"
	opDueGroups         operation = "due_groups"
	opGroupView         operation = "group_view"
	opCommitPlan        operation = "commit_plan"
	opReschedule        operation = "reschedule"
	opDueDeliveries     operation = "due_deliveries"
	opDeliveryAlerts    operation = "delivery_alerts"
	opDeliveryGroup     operation = "delivery_group"
	opCommitDelivery    operation = "commit_delivery"
	opDeliveries        operation = "deliveries"
	opQueue             operation = "queue"
	opSilences          operation = "silences"
	opSilence           operation = "silence"
	opSaveSilences      operation = "save_silences"
	opRecurringSilences operation = "recurring_silences"
	opSetRecurring      operation = "set_recurring_silence"
	opAddOccurrences    operation = "add_occurrences"
	opDeleteRecurring   operation = "delete_recurring_silence"
	opAcks              operation = "acks"
	opSaveAcks          operation = "save_acks"
	opRemoveAcks        operation = "remove_acks"
	opExpireAcks        operation = "expire_acks"
	opEndSilence        operation = "end_silence"
	opEvents            operation = "events"
	opHistory           operation = "history"
	opIncidents         operation = "incidents"
	opTrace             operation = "trace"
	opStats             operation = "stats"
	opUsage             operation = "usage"
	opPrune             operation = "prune"
	opLastRun           operation = "last_run"
	opSaveRun           operation = "save_run"
	opForgetDirect      operation = "forget_direct"
)

// metrics is what the store says about itself.
type metrics struct {
	duration  *prometheus.HistogramVec
	errors    *prometheus.CounterVec
	forgotten *prometheus.CounterVec
	// transactions counts waits for the disk, but for those of checkpoints.
	transactions prometheus.Counter
	size         prometheus.GaugeFunc
}

func newMetrics(size func() float64) *metrics {
	m := &metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alertd_store_operation_duration_seconds",
			Help:    "How long operations of the store took, waiting for each other included.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8), // 0.5 ms to 8 s
		}, []string{"operation"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertd_store_errors_total",
			Help: "Operations of the store that failed.",
		}, []string{"operation"}),
		transactions: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alertd_store_transactions_total",
			Help: "Transactions that wrote; operations that came at once share one.",
		}),
		forgotten: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertd_store_forgotten_total",
			Help: "Records of history that were forgotten, by what bounds them: age or size.",
		}, []string{"by"}),
		size: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "alertd_store_size_bytes",
			Help: "Size of the database on disk, its write-ahead log included.",
		}, size),
	}
	for _, by := range []string{"age", "size"} { // counted from zero
		m.forgotten.WithLabelValues(by)
	}
	return m
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.duration, m.errors, m.forgotten, m.transactions, m.size}
}

// register adds the metrics to reg, all or none; a nil reg takes none.
func (m *metrics) register(reg prometheus.Registerer) error {
	if reg == nil {
		return nil
	}
	for i, c := range m.collectors() {
		if err := reg.Register(c); err != nil {
			for _, done := range m.collectors()[:i] {
				reg.Unregister(done)
			}
			return err
		}
	}
	return nil
}

func (m *metrics) unregister(reg prometheus.Registerer) {
	if reg == nil {
		return
	}
	for _, c := range m.collectors() {
		reg.Unregister(c)
	}
}

// observe records one operation. Answers such as "not found", and a caller
// that went away, are no failures of the store.
func (m *metrics) observe(op operation, start time.Time, err *error) {
	m.duration.WithLabelValues(string(op)).Observe(time.Since(start).Seconds())
	failures := m.errors.WithLabelValues(string(op)) // counted from zero
	switch {
	case *err == nil, errors.Is(*err, ErrStale), errors.Is(*err, ErrNotFound), errors.Is(*err, ErrClosed),
		errors.Is(*err, context.Canceled), errors.Is(*err, context.DeadlineExceeded):
	default:
		failures.Inc()
	}
}
