package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"

	"alertd/internal/web"
	"alertd/notifier"
)

// Check reads a configuration exactly as Run would ("" is the environment) and
// tells in words what it watches and whom it tells. It talks to nobody.
func Check(path string) (summary string, err error) {
	o := Options{ConfigFile: path, Stdout: io.Discard, Logger: slog.New(slog.DiscardHandler), Version: web.Version{Version: "check"}}
	p, err := load(o)
	if err != nil {
		return "", err
	}
	if _, err := p.setup(o, &url.URL{Scheme: "http", Host: "localhost"}); err != nil {
		return "", err
	}
	return p.describe(), nil
}

func (p *plan) describe() string {
	var b strings.Builder
	if url := p.config.Prometheus.LinkURL(); url != "" {
		fmt.Fprintf(&b, "Prometheus: %s\n", url)
	} else {
		fmt.Fprintf(&b, "Prometheus: none; this host is measured in process\n")
	}
	fmt.Fprintf(&b, "Cron jobs: %d\n", len(p.config.Cron))
	for _, j := range p.config.Cron {
		fmt.Fprintf(&b, "  %s\n", j.Name)
	}
	count := 0
	for _, g := range p.groups {
		count += len(g.Rules)
	}
	fmt.Fprintf(&b, "Rules: %d in %d groups\n", count, len(p.groups))
	for _, g := range p.groups {
		names := make([]string, len(g.Rules))
		for i, r := range g.Rules {
			names[i] = r.Name
		}
		fmt.Fprintf(&b, "  %s: %s\n", g.Name, strings.Join(names, ", "))
	}
	fmt.Fprintf(&b, "Receivers: %d\n", len(p.config.Receivers))
	for _, r := range p.config.Receivers {
		names := make([]string, len(r.Integrations))
		for i, integration := range r.Integrations {
			names[i] = integration.Kind
		}
		fmt.Fprintf(&b, "  %s: %s\n", r.Name, strings.Join(names, ", "))
	}
	routes := 0
	p.route.Walk(func(*notifier.Route) { routes++ })
	fmt.Fprintf(&b, "Routes: %d", routes)
	return b.String()
}
