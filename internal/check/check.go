// Package check is the work of `alertctl check`: it reads rule files, has them
// looked through, and puts what was found together.
package check

import (
	"context"
	"errors"
	"slices"
	"time"

	"alertd/internal/configlint"
	"alertd/internal/invalid"
	"alertd/internal/prom"
	"alertd/rules"
	"alertd/rules/lint"
	"alertd/rules/lint/live"
)

// Request is what is to be checked, and how.
type Request struct {
	Config string   // the configuration's file; "" is the environment
	Files  []string // rule files, where they are checked without a configuration

	// Live has the rules held against Prometheus.
	Live bool
	// Prometheus is the one to ask; without a URL, that of the configuration. A
	// timeout of 0 is the configuration's, or else the default.
	Prometheus prom.Settings
	// ScrapeInterval is how often metrics are scraped; 0: as the configuration
	// says, or not known.
	ScrapeInterval time.Duration
	Now            time.Time
}

// Report is what was found.
type Report struct {
	Summary  string // what the configuration amounts to; "" where it cannot be used
	Files    []File // rule files, in their order
	Findings []invalid.Finding
	Notes    []string // what could not be looked at
}

// File is a rule file that was read.
type File struct {
	Path  string
	Rules int // recording rules included; 0 where the file cannot be used
}

// Worst returns the severity of the gravest finding; false where there is none.
func (r *Report) Worst() (invalid.Severity, bool) {
	if len(r.Findings) == 0 {
		return 0, false
	}
	return slices.MaxFunc(r.Findings, func(a, b invalid.Finding) int { return int(a.Severity) - int(b.Severity) }).Severity, true
}

// ErrNoPrometheus says that there is nobody to ask.
var ErrNoPrometheus = errors.New("no Prometheus is known to hold the rules against")

// OtherIDs returns the names of checks that are not of rules by themselves.
func OtherIDs() []string {
	var names []string
	for _, c := range slices.Concat(configlint.Checks(), live.Checks()) {
		names = append(names, c.ID)
	}
	return names
}

// Rules checks rule files by themselves. An error says that Prometheus could
// not be asked.
func Rules(ctx context.Context, r Request) (Report, error) {
	specs := make([]rules.FileSpec, len(r.Files))
	for i, path := range r.Files {
		specs[i].Path = path
	}
	var report Report
	if r.Live && r.Prometheus.URL == "" {
		return report, ErrNoPrometheus
	}
	err := report.Look(ctx, specs, lint.Options{ScrapeInterval: r.ScrapeInterval}, r, 0)
	return report, err
}

// Look adds what is found in rule files, each of which is named by its path.
// Rules without an interval of their own are evaluated at the given one; 0 is
// Prometheus's default.
func (r *Report) Look(ctx context.Context, specs []rules.FileSpec, o lint.Options, request Request, interval time.Duration) error {
	o.OtherChecks = OtherIDs()
	linter := lint.New(o)
	var files []*lint.File
	for _, spec := range specs {
		f := linter.Read(spec.Path)
		f.Policy(spec.OnMissing)
		files = append(files, f)
		r.Files = append(r.Files, File{Path: f.Path, Rules: len(f.Rules)})
	}
	ran := func(string) bool { return false }
	if request.Live {
		if err := r.ask(ctx, files, request, interval); err != nil {
			return err
		}
		ran = func(id string) bool { return lint.Has(live.Checks(), id) }
	}
	for _, f := range files {
		r.Findings = append(r.Findings, f.Findings(ran)...)
	}
	return nil
}

// ask holds the rules of files against Prometheus.
func (r *Report) ask(ctx context.Context, files []*lint.File, request Request, interval time.Duration) error {
	asked, err := open(request.Prometheus)
	if err != nil {
		return err
	}
	defer asked.Close()
	checker := live.New(asked, pages(), request.Now)
	for _, f := range files {
		for _, rule := range f.Rules {
			if rule.Interval == 0 {
				rule.Interval = interval
			}
			found, err := checker.Check(ctx, rule.Rule)
			if err != nil {
				return err
			}
			f.Add(rule, found...)
		}
	}
	if asked.noTargets != nil {
		r.Notes = append(r.Notes, "ranges were not held against scrape intervals: "+asked.noTargets.Error())
	}
	return nil
}
