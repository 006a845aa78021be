package rules_test

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"alertd/rules"
)

// recorded is the metrics that real exporters gave, standing for an hour, in
// promqltest's notation.
func recorded(t *testing.T) string {
	t.Helper()
	line := regexp.MustCompile(`^([a-zA-Z_0-9]+)(?:\{(.*)\})? (\S+)( \d+)?$`)
	var load strings.Builder
	load.WriteString("load 1m\n")
	for _, file := range []string{"node_exporter", "cadvisor"} {
		f, err := os.Open("../test/stack/testdata/" + file + ".prom")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		fmt.Fprintf(&load, "  up{instance=%q, job=%q} 1x60\n", file, file)
		for s := bufio.NewScanner(f); s.Scan(); {
			if m := line.FindStringSubmatch(s.Text()); m != nil {
				own := fmt.Sprintf("instance=%q, job=%q", file, file)
				fmt.Fprintf(&load, "  %s{%s} %sx60\n", m[1], strings.TrimSuffix(own+", "+m[2], ", "), m[3])
			}
		}
	}
	return load.String()
}

func everything() rules.Spec {
	yes := on()
	level, swi, recent := rules.Saturation{Enabled: yes}, rules.Switch{Enabled: yes}, rules.Recent{Enabled: yes}
	return rules.Spec{
		Interval: time.Minute, MissingFor: 5 * time.Minute,
		Cron: []rules.CronJob{{
			Name: "etl", Schedule: "@daily", MaxAge: duration(26 * time.Hour), Failures: 2,
			MaxRuntime: model.Duration(time.Hour), MinRuntime: model.Duration(time.Minute), NoOverlap: true,
		}},
		Resources: rules.Resources{HostCatalogue: rules.HostCatalogue{
			Load: rules.Level(level), Swap: level, MemoryPressure: level, IOPressure: level, CPUPressure: level, Inodes: level,
			DiskFill: rules.Forecast{Enabled: yes}, DiskIO: rules.Level(level), NetworkErrors: level,
			Clock: swi, Systemd: swi, OOM: recent, Reboot: recent, TargetDown: swi,
		}},
		Containers: rules.Containers{Expect: []string{"api"}, ContainerCatalogue: rules.ContainerCatalogue{
			Throttling: level, Restarts: rules.Repeats{Enabled: yes}, Health: swi,
		}},
	}
}

// The evidence of every rule is there in what real exporters say, but for what
// the recorded host does not have: swap, and node_exporter's collectors of
// network devices (off in a container) and systemd (off by default).
func TestCatalogueOnRecordings(t *testing.T) {
	groups, err := everything().Compile()
	if err != nil {
		t.Fatal(err)
	}
	without := map[string]bool{"HostSwapFull": true, "HostNetworkErrors": true, "SystemdUnitFailed": true, "ContainerGone": true}
	p := newPrometheus(t, recorded(t))
	ts := time.Unix(0, 0).Add(time.Hour)
	for _, g := range groups {
		if g.Name == "cron" {
			continue
		}
		for _, r := range g.Rules {
			if _, err := rules.NewParser().ParseExpr(r.Expr(ts)); err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
			if _, err := p.query(t.Context(), r.Expr(ts), ts); err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
			evidence, err := p.query(t.Context(), r.Evidence(ts), ts)
			if err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
			if (len(evidence) == 0) != without[r.Name] {
				t.Errorf("%s: %d series of evidence by %s", r.ID, len(evidence), r.Evidence(ts))
			}
		}
	}
}

// Every selector of every rule has the section's matchers, but those of the
// machine, which are joined by instance.
func TestCatalogueSelectors(t *testing.T) {
	spec := everything()
	spec.Cron, spec.Resources.Selector, spec.Containers.Selector = nil, `cluster="a"`, `cluster="a"`
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			for _, expr := range []string{r.Expr(time.Unix(0, 0)), r.Evidence(time.Unix(0, 0))} {
				parsed, err := rules.NewParser().ParseExpr(expr)
				if err != nil {
					t.Fatal(err)
				}
				for _, selector := range parser.ExtractSelectors(parsed) {
					if !slices.ContainsFunc(selector, func(m *labels.Matcher) bool {
						return m.Name == "cluster" || m.Name == model.MetricNameLabel && strings.HasPrefix(m.Value, "machine_")
					}) {
						t.Errorf("%s selects %v", r.ID, selector)
					}
				}
			}
		}
	}
}
