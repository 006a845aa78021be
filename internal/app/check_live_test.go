package app

import (
	"strings"
	"testing"
)

// Whoever's cron job has no metrics reads what its own source needs.
func TestMendSource(t *testing.T) {
	for source, want := range map[string]string{
		"":              "node_exporter does not read them",
		"textfile":      "node_exporter does not read them",
		"systemd-timer": "--collector.systemd",
		"supercronic":   "let Prometheus scrape supercronic",
	} {
		if got := mendSource(source); !strings.Contains(got, want) {
			t.Errorf("%q: %q says nothing of %q", source, got, want)
		}
	}
}
