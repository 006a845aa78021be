package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"alertd/internal/check"
	"alertd/internal/config"
	"alertd/internal/configlint"
	"alertd/internal/invalid"
	"alertd/internal/prom"
	"alertd/notifier"
	"alertd/rules"
	"alertd/rules/lint"
)

// Check reads a configuration exactly as Run would ("" is the environment),
// tells in words what it watches and whom it tells, and has it and its rule
// files looked through. It talks to nobody but the Prometheus that it is asked
// to hold the rules against; an error says that this one could not be asked.
func Check(ctx context.Context, request check.Request) (check.Report, error) {
	o := offline(request.Config)
	var report check.Report
	cfg, err := readConfig(o)
	if err != nil {
		report.Findings = mistakes(request.Config, err)
		request.Live = false // whom to ask is not certain
		specs := config.RuleFiles(request.Config, config.Options{Kinds: kinds(o)})
		err := report.Look(ctx, matching(specs), lint.Options{}, request, 0)
		return report, err
	}
	if request.Live && request.Prometheus.URL == "" && cfg.Prometheus.URL == "" {
		return report, check.ErrNoPrometheus
	}
	request.Prometheus = askedBy(request.Prometheus, cfg.Prometheus)
	options := lint.Options{ScrapeInterval: request.ScrapeInterval, Docker: cfg.Containers.Enabled == nil || *cfg.Containers.Enabled}
	if options.ScrapeInterval == 0 && cfg.Prometheus.URL == "" {
		options.ScrapeInterval = time.Duration(cfg.Standalone.ScrapeInterval)
	}
	if err := report.Look(ctx, matching(cfg.RuleFiles), options, request, time.Duration(cfg.Evaluation.Interval)); err != nil {
		return report, err
	}
	for i, found := range report.Findings {
		if found.Check == rules.CheckPolicy { // that Prometheus takes the label does not help alertd
			report.Findings[i].Severity = invalid.Error
		}
	}
	p, err := planOf(cfg, o)
	if err != nil {
		if worst, found := report.Worst(); !found || worst < invalid.Error { // else that is what is wrong
			report.Findings = append(report.Findings, mistakes(request.Config, err)...)
		}
		return report, nil
	}
	if request.Live {
		if err := report.Feed(ctx, sources(cfg, p.groups), request); err != nil {
			return report, err
		}
	}
	report.Findings = append(report.Findings, configlint.Check(cfg, p.groups, check.OtherIDs(), request.Now)...)
	if _, err := p.setup(o, &url.URL{Scheme: "http", Host: "localhost"}); err != nil {
		report.Findings = append(report.Findings, mistakes(request.Config, err)...)
		return report, nil
	}
	report.Summary = p.describe()
	return report, nil
}

// askedBy returns how to ask the Prometheus that a request names, or else the
// configuration's. Its credentials go to its own Prometheus only.
func askedBy(request, configured prom.Settings) prom.Settings {
	if request.Timeout > 0 {
		configured.Timeout = request.Timeout
	}
	if request.URL == "" {
		return configured
	}
	own, err := url.Parse(configured.URL)
	other, otherErr := url.Parse(request.URL)
	if err == nil && otherErr == nil && own.Host == other.Host {
		configured.URL = request.URL
		return configured
	}
	return request
}

// matching returns the rule files that patterns stand for, each once.
func matching(specs []rules.FileSpec) []rules.FileSpec {
	var out []rules.FileSpec
	for _, spec := range specs {
		paths, err := filepath.Glob(spec.Path)
		if err != nil {
			continue // told as a mistake of the configuration
		}
		for _, path := range paths {
			if !slices.ContainsFunc(out, func(s rules.FileSpec) bool { return s.Path == path }) {
				out = append(out, rules.FileSpec{Path: path, OnMissing: spec.OnMissing})
			}
		}
	}
	return out
}

// mistakes returns what keeps a configuration from being used as findings.
func mistakes(file string, err error) []invalid.Finding {
	wrong, ok := errors.AsType[*config.Mistakes](err)
	if !ok {
		if file == "" {
			file = "environment"
		}
		return []invalid.Finding{{Check: config.Invalid, Severity: invalid.Error, File: file, Problem: err.Error()}}
	}
	found := make([]invalid.Finding, len(wrong.List))
	for i, m := range wrong.List {
		found[i] = m.Finding()
	}
	return found
}

func (p *plan) describe() string {
	var b strings.Builder
	switch kindOf(p.config) {
	case asked:
		fmt.Fprintf(&b, "Prometheus: %s\n", p.config.Prometheus.LinkURL())
	case measured:
		fmt.Fprintf(&b, "Prometheus: none; this host is measured in process\n")
	case none:
		fmt.Fprintf(&b, "Prometheus: none; nothing is watched, and alerts are those that others send\n")
	}
	fmt.Fprintf(&b, "Cron jobs: %d\n", len(p.config.Cron))
	for _, j := range p.config.Cron {
		fmt.Fprintf(&b, "  %s\n", describeJob(&j))
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
	if n := len(p.inhibit); n > 0 {
		fmt.Fprintf(&b, "\nInhibit rules: %d", n)
	}
	if n := len(p.config.TimeIntervals); n > 0 {
		fmt.Fprintf(&b, "\nTime intervals: %s", strings.Join(slices.Sorted(maps.Keys(p.config.TimeIntervals)), ", "))
	}
	return b.String()
}

func describeJob(j *rules.CronJob) string {
	words := j.ID()
	if j.Discover != "" {
		words = "all that are found by " + words
	}
	if j.Source != "" {
		words += ", source " + j.Source
	}
	return words
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
