package stack_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
)

const prometheusFile = "monitoring/prometheus.yml"

// scrapeTargets is the address that each job of monitoring/prometheus.yml asks.
func scrapeTargets(t *testing.T) map[string]string {
	t.Helper()
	loaded, err := config.Load(read(t, prometheusFile), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := loaded.GetScrapeConfigs()
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]string{}
	for _, job := range jobs {
		for _, found := range job.ServiceDiscoveryConfigs {
			static, ok := found.(discovery.StaticConfig)
			if !ok || len(static) != 1 || len(static[0].Targets) != 1 {
				t.Fatalf("the job %s has not one target: %v", job.JobName, found)
			}
			targets[job.JobName] = string(static[0].Targets[0]["__address__"])
		}
		if got := time.Duration(job.ScrapeInterval); got != 15*time.Second {
			t.Errorf("the job %s is scraped every %s", job.JobName, got)
		}
	}
	return targets
}

func TestPrometheusScrapesTheStack(t *testing.T) {
	services := endpoints(loadStack(t, nil))
	jobs := map[string]string{
		"prometheus":    "prometheus",
		"node-exporter": "node-exporter",
		"cadvisor":      "cadvisor",
		"alertd":        "alertd",
	}
	targets := scrapeTargets(t)
	if len(targets) != len(jobs) {
		t.Errorf("the jobs are %v", targets)
	}
	for job, service := range jobs {
		if got := services[targets[job]]; got != service {
			t.Errorf("the job %s asks %q, which is the service %q, want %q", job, targets[job], got, service)
		}
	}
}

func TestPrometheusConfigurationPassesPromtool(t *testing.T) {
	promtool(t, "check", "config", "--lint=all", "--lint-fatal", prometheusFile)
}

func TestExampleRulesPassPromtool(t *testing.T) {
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", "monitoring/rules/example.rules.yml")
	promtool(t, "test", "rules", "monitoring/rules/example.test.yml")
}
