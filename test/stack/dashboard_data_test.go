package stack_test

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every query of every panel finds something in what the exporters said, and
// what it finds has the labels that its legend names.
func TestPanelsShowTheRecordedHost(t *testing.T) {
	inLegend := regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
	data := replay(t, nil)
	for file, d := range dashboards(t) {
		g := openGrafana(t, data, d)
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				t.Run(file+"/"+p.Title+"/"+q.RefID, func(t *testing.T) {
					found := g.ask(t, q)
					if len(found) == 0 {
						t.Fatalf("it shows nothing: %s", g.substitute(t, q.Expr))
					}
					for _, s := range found {
						if math.IsNaN(s.F) || math.IsInf(s.F, 0) {
							t.Errorf("it shows %v for %s", s.F, s.Metric)
						}
						for _, label := range inLegend.FindAllStringSubmatch(q.LegendFormat, -1) {
							if s.Metric.Get(label[1]) == "" {
								t.Errorf("%s has no %s for the legend", s.Metric, label[1])
							}
						}
					}
				})
			}
		}
	}
}

// The numbers that people look at first are right.
func TestPanelsShowTheRightNumbers(t *testing.T) {
	data := replay(t, nil)
	for file, panels := range map[string]map[string]float64{
		"containers.json": {
			"Running":   7,
			"Gone":      1, // cryptobot_mlflow, stopped six minutes before
			"Unhealthy": 1, // cryptobot_dashboard
			"Restarts":  1, // cryptobot_grafana, recreated an hour before
		},
		"cron-pipeline.json": {
			"Last run":     1,
			"Last success": 1795176007 - 1795174685,
			"Last failure": 1795176007 - 1795172436,
			"Failures":     1,
			"Runs":         2,
			"Success rate": 0.5,
			"File written": 1795176007 - 1795174685,
		},
	} {
		d := loadDashboard(t, file)
		g := openGrafana(t, data, d)
		for title, want := range panels {
			i := slices.IndexFunc(d.Panels, func(p panel) bool { return p.Title == title })
			if i < 0 {
				t.Errorf("%s has no panel %q", file, title)
				continue
			}
			found := g.ask(t, d.Panels[i].Targets[0])
			if len(found) != 1 || found[0].F != want {
				t.Errorf("%s, %s: it shows %v, want %v", file, title, found, want)
			}
		}
	}
}

// Choosing a container shows that one and no other.
func TestContainersCanBeChosen(t *testing.T) {
	const chosen = "cryptobot_api"
	d := loadDashboard(t, "containers.json")
	g := openGrafana(t, replay(t, nil), d)
	g.choose("container", chosen)
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			for _, s := range g.ask(t, q) {
				if name := s.Metric.Get("name"); name != "" && name != chosen {
					t.Errorf("%s shows %s", p.Title, name)
				}
			}
			if !strings.Contains(q.Expr, `name=~"$container"`) {
				t.Errorf("%s, query %s, shows all containers", p.Title, q.RefID)
			}
		}
	}
}

// A script that writes the three basic metrics alone fills every panel but
// those that say what they need.
func TestCronDashboardWithTheBasicMetrics(t *testing.T) {
	basic := []string{"_last_success_timestamp", "_last_failure_timestamp", "_last_run_status"}
	data := replay(t, func(metric string) bool {
		return !strings.HasPrefix(metric, "cryptobot_cron_") ||
			slices.ContainsFunc(basic, func(suffix string) bool { return strings.HasSuffix(metric, suffix) })
	})
	d := loadDashboard(t, "cron-pipeline.json")
	g := openGrafana(t, data, d)
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			if len(g.ask(t, q)) == 0 && !strings.Contains(p.Description, "alertctl cron run") {
				t.Errorf("%s shows nothing and does not say why", p.Title)
			}
		}
	}
}

// A pipeline that has never failed has no timestamp of a failure.
func TestCronDashboardBeforeTheFirstFailure(t *testing.T) {
	data := replay(t, func(metric string) bool { return metric != "cryptobot_cron_last_failure_timestamp" })
	d := loadDashboard(t, "cron-pipeline.json")
	g := openGrafana(t, data, d)
	for title, want := range map[string]float64{"Failures": 0, "Runs": 1, "Success rate": 1} {
		i := slices.IndexFunc(d.Panels, func(p panel) bool { return p.Title == title })
		if found := g.ask(t, d.Panels[i].Targets[0]); len(found) != 1 || found[0].F != want {
			t.Errorf("%s: it shows %v, want %v", title, found, want)
		}
	}
}
