package standalone

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"
)

func TestSettingsFromYAML(t *testing.T) {
	s := DefaultSettings()
	err := yaml.Load([]byte(`
scrape_interval: 30s
rootfs: /host
targets:
- {job: cadvisor, targets: ['cadvisor:8080'], metrics_path: /metrics, scheme: https}
`), &s, yaml.WithKnownFields())
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		ScrapeInterval: model.Duration(30 * time.Second), Retention: model.Duration(24 * time.Hour),
		TextfileDirectory: "/var/lib/node_exporter/textfile_collector", RootFS: "/host",
		Targets: []Target{{"cadvisor", []string{"cadvisor:8080"}, "/metrics", "https"}},
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	good := Target{Job: "cadvisor", Targets: []string{"cadvisor:8080", "[::1]:8080"}}
	for want, s := range map[string]Settings{
		"scrape_interval: 10ms is too short": {ScrapeInterval: model.Duration(10 * time.Millisecond)},
		"retention: 1h is too short":         {Retention: model.Duration(time.Hour)},
		"targets[0].job: a target without":   {Targets: []Target{{Targets: good.Targets}}},
		"targets[0].job: node-exporter is":   {Targets: []Target{{Job: "node-exporter", Targets: good.Targets}}},
		"targets[1].job: there are two":      {Targets: []Target{good, good}},
		"targets[0].targets: no targets":     {Targets: []Target{{Job: "x"}}},
		"targets[1].scheme: there is no":     {Targets: []Target{good, {Job: "x", Targets: good.Targets, Scheme: "ftp"}}},
		`targets[0].targets[1]: "http://b:1`: {Targets: []Target{{Job: "x", Targets: []string{"a:1", "http://b:1"}}}},
		"targets[0].targets[1]: a:1 stands":  {Targets: []Target{{Job: "x", Targets: []string{"a:1", "a:1"}}}},
	} {
		if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if wrong := (Settings{Targets: []Target{good}}).Check(); wrong != nil {
		t.Error(wrong)
	}
}
