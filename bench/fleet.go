package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// fleet is a made-up thousand hosts, all of them well, on one page of metrics.
const fleetSize = 1000

func fleetHost(i int) string { return fmt.Sprintf("host-%d.example.org:9100", i%fleetSize) }

// serveFleet serves the page and returns its address.
func serveFleet(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("serving the metrics to evaluate: %w", err)
	}
	began := time.Now()
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		age := time.Since(began).Seconds()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for i := range fleetSize {
			labels := fmt.Sprintf("{host=%q,zone=\"zone-%d\"}", fleetHost(i), i%100)
			_, _ = fmt.Fprintf(w, "fleet_up%[1]s 1\nfleet_requests_total%[1]s %[2]f\nfleet_errors_total%[1]s 3\nfleet_free_bytes%[1]s 7e9\nfleet_size_bytes%[1]s 9e9\n", labels, age*float64(i))
		}
	})}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), nil
}

// alikeRules differ in one label's value alone.
func alikeRules(n int) []string {
	exprs := make([]string, n)
	for i := range exprs {
		exprs[i] = fmt.Sprintf("fleet_up{host=%q} == 0", fleetHost(i))
	}
	return exprs
}

// arbitraryRules differ in thresholds, too, so that each must be asked by itself.
func arbitraryRules(n int) []string {
	exprs := make([]string, n)
	for i := range exprs {
		host, zone := fmt.Sprintf("host=%q", fleetHost(i)), fmt.Sprintf("zone=\"zone-%d\"", i%100)
		switch limit := 1_000_000 + i; i % 4 {
		case 0:
			exprs[i] = fmt.Sprintf("rate(fleet_requests_total{%s}[1m]) > %d", host, limit)
		case 1:
			exprs[i] = fmt.Sprintf("100 * (1 - fleet_free_bytes{%[1]s} / fleet_size_bytes{%[1]s}) > %[2]d", host, limit)
		case 2:
			exprs[i] = fmt.Sprintf("sum by (zone) (rate(fleet_errors_total{%s}[1m])) > %d", zone, limit)
		default:
			exprs[i] = fmt.Sprintf("max_over_time(fleet_errors_total{%s}[2m]) > %d and fleet_up{%s} == 1", host, limit, host)
		}
	}
	return exprs
}

// writeRules writes a rule file with all the expressions in one group.
func writeRules(path string, exprs []string) error {
	var b strings.Builder
	b.WriteString("groups:\n- name: fleet\n  rules:\n")
	for i, expr := range exprs {
		fmt.Fprintf(&b, "  - {alert: Rule%d, expr: '%s', for: 1m, labels: {severity: page}, annotations: {summary: 'Rule %d of {{ $labels.host }}'}}\n", i, expr, i)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("writing the rules: %w", err)
	}
	return nil
}
