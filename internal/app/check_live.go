package app

import (
	"fmt"
	"strings"

	"alertd/internal/check"
	"alertd/internal/config"
	"alertd/internal/invalid"
	"alertd/rules"
)

// sources returns what the built-in rules of a configuration feed on, to be held
// against Prometheus: the metrics of each cron job and, where the file asks for
// them, of the host and of containers.
func sources(cfg *config.Config, groups []rules.Group) []check.Source {
	var all []check.Source
	for i, job := range cfg.Cron {
		for _, g := range groups {
			for _, r := range g.Rules {
				if r.ID == "cron/"+job.Name+"/CronNeverRan" {
					all = append(all, check.Source{
						Absent: r.Expr, Where: cfg.Place(fmt.Sprintf("cron[%d].name", i)),
						Problem: fmt.Sprintf("Prometheus has no metric of the cron job %s, and had none in the last week, so alertd sees none of its runs", job.Name),
						Mend:    "correct its prefix or its metrics, or look why node_exporter does not read them",
					})
				}
			}
		}
	}
	section := func(name, metric, selector, exporter string, on *bool) {
		if where := cfg.Place(name); (on == nil || *on) && written(where, name) {
			absent := fmt.Sprintf("absent_over_time(%s{%s}[7d])", metric, selector)
			all = append(all, check.Source{
				Absent: rules.Fixed(absent), Where: where,
				Problem: fmt.Sprintf("Prometheus has no %s, and had none in the last week, so the rules of %s watch nothing", metric, name),
				Mend:    fmt.Sprintf("scrape %s, correct the selector, or set %s: {enabled: false}", exporter, name),
			})
		}
	}
	section("resources", "node_memory_MemTotal_bytes", cfg.Resources.Selector, "node_exporter", cfg.Resources.Enabled)
	section("containers", "container_last_seen", cfg.Containers.Selector, "cAdvisor", cfg.Containers.Enabled)
	return all
}

// written tells whether a section is in the file: else its place is another's.
func written(at invalid.Finding, name string) bool {
	return strings.HasPrefix(strings.TrimSpace(at.Quote), name)
}
