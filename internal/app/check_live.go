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
	for i := range cfg.Cron {
		job := &cfg.Cron[i]
		for _, g := range groups {
			for _, r := range g.Rules {
				if r.Name == "CronNeverRan" && r.Job == job.ID() {
					all = append(all, cronSource(job, r.Expr, func(key string) invalid.Finding {
						return cfg.Place(fmt.Sprintf("cron[%d].%s", i, key))
					}))
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

// cronSource returns what the rules of a cron job feed on, or those of all jobs
// that an entry discovers; absent tells that there is none, place where a key of
// the entry is.
func cronSource(job *rules.CronJob, absent rules.Expression, place func(key string) invalid.Finding) check.Source {
	s := check.Source{
		Absent: absent, Where: place("name"),
		Problem: fmt.Sprintf("Prometheus has no metric of the cron job %s, and had none in the last week, so alertd sees none of its runs", job.Name),
		Mend:    mendSource(job.Source),
	}
	if job.Discover != "" {
		s.Where = place("discover")
		s.Problem = fmt.Sprintf("Prometheus has nothing that %s selects, and had nothing in the last week, so no cron job is found", job.ID())
		s.Mend = "correct the selector, or look why Prometheus does not scrape what gives the jobs' metrics"
	}
	return s
}

// mendSource says how to get the metrics of a cron job of that source.
func mendSource(source string) string {
	switch source {
	case "", "textfile":
		return "correct its prefix or its metrics, or look why node_exporter does not read them"
	case "systemd-timer":
		return "correct its name, or its unit and timer, or run node_exporter with --collector.systemd"
	default:
		return "correct its name, match or selector, or let Prometheus scrape " + source
	}
}

// written tells whether a section is in the file: else its place is another's.
func written(at invalid.Finding, name string) bool {
	return strings.HasPrefix(strings.TrimSpace(at.Quote), name)
}
