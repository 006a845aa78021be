package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"

	"alertd/internal/config"
	"alertd/internal/web"
	"alertd/notifier"
)

// Check reads a configuration exactly as Run would ("" is the environment) and
// tells in words what it watches and whom it tells. It talks to nobody. Where
// something is wrong the error joins one error for each mistake.
func Check(path string) (summary string, err error) {
	o := Options{ConfigFile: path, Stdout: io.Discard, Logger: slog.New(slog.DiscardHandler), Version: web.Version{Version: "check"}}
	p, err := load(o)
	if wrong, ok := errors.AsType[*config.Mistakes](err); ok {
		each := make([]error, len(wrong.List))
		for i, m := range wrong.List {
			each[i] = errors.New(m.String())
		}
		return "", errors.Join(each...)
	}
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
		fmt.Fprintf(&b, "  %s: %s\n", g.Name, counted(names))
	}
	for _, f := range p.config.RuleFiles {
		describeGlob(&b, "Rule files", f.Path)
	}
	for _, pattern := range p.config.Templates {
		describeGlob(&b, "Templates", pattern)
	}
	fmt.Fprintf(&b, "Receivers: %d\n", len(p.config.Receivers))
	for _, r := range p.config.Receivers {
		names := make([]string, len(r.Integrations))
		for i, integration := range r.Integrations {
			names[i] = integration.Kind
		}
		fmt.Fprintf(&b, "  %s: %s\n", r.Name, counted(names))
	}
	routes := 0
	p.route.Walk(func(*notifier.Route) { routes++ })
	fmt.Fprintf(&b, "Routes: %d", routes)
	return b.String()
}

// describeGlob tells how many files a pattern stands for: that there are none
// is no mistake, and seldom meant.
func describeGlob(b *strings.Builder, what, pattern string) {
	paths, err := filepath.Glob(pattern)
	switch {
	case err != nil || len(paths) == 0:
		fmt.Fprintf(b, "%s: %s matches no file\n", what, pattern)
	case len(paths) == 1:
		fmt.Fprintf(b, "%s: %s, 1 file\n", what, pattern)
	default:
		fmt.Fprintf(b, "%s: %s, %d files\n", what, pattern, len(paths))
	}
}

// counted lists names in their order, each once, with how often it is there.
func counted(names []string) string {
	times := map[string]int{}
	var order []string
	for _, n := range names {
		if times[n]++; times[n] == 1 {
			order = append(order, n)
		}
	}
	for i, n := range order {
		if times[n] > 1 {
			order[i] = fmt.Sprintf("%s (%d)", n, times[n])
		}
	}
	return strings.Join(order, ", ")
}
