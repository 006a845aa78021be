package intake_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/intake"
	"alertd/internal/store"
)

// BenchmarkReceive takes in alerts of one group that nobody knew, a thousand at
// once, durably.
func BenchmarkReceive(b *testing.B) {
	const batch = 1000
	s, err := store.Open(b.Context(), store.Options{Path: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	in, err := intake.Open(b.Context(), s, func() {}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	by := alert.LabelsFromStrings("alertname", "DiskAlmostFull")
	route := func(alert.Labels) []alert.GroupRef {
		return []alert.GroupRef{{Key: `{}:{alertname="DiskAlmostFull"}`, RouteID: "{}", Receiver: "team", Labels: by, Wait: time.Hour}}
	}
	now := time.Now()
	if err := in.Apply(b.Context(), intake.Setup{Route: route, ResolveTimeout: time.Hour}, now); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		b.StopTimer()
		posted := make([]intake.Posted, batch)
		for i := range posted {
			n++
			posted[i] = intake.Posted{
				Labels: alert.LabelsFromStrings("alertname", "DiskAlmostFull", "host", fmt.Sprintf("host-%d", n), "rack", fmt.Sprintf("rack-%d", n/10),
					"job", "node-exporter", "mountpoint", "/var/lib", "severity", "warning"),
				Annotations: alert.LabelsFromStrings("summary", "The disk is almost full", "description", "More than 90 % of /var/lib are used."),
				StartsAt:    now, GeneratorURL: "http://prometheus:9090/graph?g0.expr=disk",
			}
		}
		b.StartTimer()
		if err := in.Receive(b.Context(), posted, now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "alerts/s")
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
