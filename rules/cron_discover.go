package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"alertd/internal/alert"
	"alertd/internal/invalid"
)

// ID returns what tells the job from all others: its name, or the selector that
// jobs are discovered by.
func (j *CronJob) ID() string {
	if j.Discover == "" {
		return j.Name
	}
	p, _ := j.preset()
	return j.discoverSelector(p)
}

// discoverSelector returns the selector that jobs are discovered by: "true" is
// the preset's usual metric.
func (j *CronJob) discoverSelector(p cronPreset) string {
	switch {
	case j.Discover != "true" || p.metrics == nil:
		return j.Discover
	case p.label == "":
		return "{" + oneOf(model.MetricNameLabel, ".+"+p.metrics(j)[0]) + "}"
	}
	return p.metrics(j)[0]
}

// compileDiscovered returns the rules for every job that the entry finds, but
// for those that are listed by name: they are watched already.
func (j *CronJob) compileDiscovered(jobs []CronJob, missingFor time.Duration) ([]*Rule, error) {
	p, ok := j.preset()
	if !ok {
		return nil, fmt.Errorf("cron jobs discovered by %s: there is no source %q", j.Discover, j.Source)
	}
	all := *j
	// Each alert has the label from its series, and so its own name.
	all.Name = "{{ $labels." + CronJobLabel + " }}"
	evidence, err := all.compile(missingFor)
	if err != nil {
		return nil, err
	}
	found := all.series().any
	all.Selector = join(parseMatchers(j.Selector), p.except(jobs))
	rs, err := all.compile(missingFor)
	if err != nil {
		return nil, err
	}
	for i, r := range rs {
		if r.Name == "CronNeverRan" {
			rs[i] = j.foundNone(evidence[i], found)
			continue
		}
		r.Evidence = stillHealthy(evidence[i])
	}
	return rs, nil
}

// stillHealthy returns the evidence of a rule of every job, listed ones included:
// a job that was listed while its alert fired recovers here as well, and not
// before it is well.
func stillHealthy(r *Rule) Expression {
	return func(ts time.Time) string {
		return fmt.Sprintf("(%s) unless (%s)", r.Evidence(ts), r.Expr(ts))
	}
}

// foundNone says of all jobs together, listed ones included, what CronNeverRan
// says of one.
func (j *CronJob) foundNone(r *Rule, found string) *Rule {
	none := *r
	none.Labels = templates(map[string]string{"severity": critical}, j.Labels)
	none.Annotations = templates(map[string]string{
		"summary": "No cron job has been found",
		"description": fmt.Sprintf("Prometheus has nothing that %s selects, neither now nor in the past week. "+
			"Do the jobs write their metrics, and does Prometheus scrape what reads them?", escapeTemplate(found)),
	}, j.Annotations)
	none.Unit = alert.Presence
	return &none
}

// except returns matchers that leave the jobs out which the preset already
// watches by name.
func (p cronPreset) except(jobs []CronJob) []*labels.Matcher {
	var patterns []string
	for i := range jobs {
		own, ok := jobs[i].preset()
		if !ok || own.name != p.name || jobs[i].Discover != "" {
			continue
		}
		patterns = append(patterns, jobs[i].identity(p)...)
	}
	if len(patterns) == 0 {
		return nil
	}
	slices.Sort(patterns)
	return parseMatchers(cmp.Or(p.label, model.MetricNameLabel) + "!~" + strconv.Quote(strings.Join(slices.Compact(patterns), "|")))
}

// identity returns patterns of what the job's series are told by: the value of
// the preset's label, or the metrics' names.
func (j *CronJob) identity(p cronPreset) []string {
	s := newCronSelection(j, p)
	if p.label == "" {
		return append([]string{regexp.QuoteMeta(j.prefix()) + "_(?:last_.+|running|consecutive_failures|overlapped)"}, quoteEach(j.Metrics.Status, j.Metrics.Success)...)
	}
	var patterns []string
	for _, m := range s.matchers {
		switch {
		case m.Name == p.label && m.Type == labels.MatchEqual:
			patterns = append(patterns, regexp.QuoteMeta(m.Value))
		case m.Name == p.label && m.Type == labels.MatchRegexp:
			patterns = append(patterns, "(?:"+m.Value+")")
		}
	}
	return patterns
}

func quoteEach(names ...string) []string {
	var out []string
	for _, name := range names {
		if name != "" {
			out = append(out, regexp.QuoteMeta(name))
		}
	}
	return out
}

// checkDiscover tells what is wrong with how jobs are to be discovered.
func (j *CronJob) checkDiscover(p cronPreset) []invalid.Field {
	var wrong []invalid.Field
	for _, given := range []struct{ key, value, mend string }{
		{"name", j.Name, "remove it, or remove discover: jobs that are discovered have names"},
		{"match", j.Match, "write the matchers into discover"},
		{"unit", j.Unit, `write it into discover: {name=~"backup.*"}`},
		{"timer", j.Timer, `write it into discover: {name=~"backup.*"}`},
		{"prefix", j.textfilePrefix(), `write it into discover: {__name__=~"backup_.+"}`},
	} {
		if given.value != "" {
			wrong = append(wrong, invalid.Field{Path: given.key, Problem: given.key + " has no meaning beside discover", Mend: given.mend})
		}
	}
	matchers, err := NewParser().ParseMetricSelector(j.discoverSelector(p))
	if err != nil {
		return append(wrong, invalid.Field{
			Path: "discover", Problem: fmt.Sprintf("not a selector: %v", err),
			Mend: "write true, or a selector as in PromQL, such as '" + (&CronJob{CronSource: CronSource{Source: p.name, Discover: "true"}}).ID() + "'",
		})
	}
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && !j.discoverable(p, m.Value) {
			wrong = append(wrong, invalid.Field{
				Path: "discover", Problem: fmt.Sprintf("%s is no metric that jobs of the source %s are found by", m.Value, p.name),
				Mend: "write true, or " + p.foundBy(j),
			})
		}
	}
	return wrong
}

// textfilePrefix is the prefix where it names a single job.
func (j *CronJob) textfilePrefix() string {
	if p, _ := j.preset(); p.label != "" {
		return ""
	}
	return j.Prefix
}

// foundBy describes the metrics that jobs can be found by.
func (p cronPreset) foundBy(j *CronJob) string {
	names := strings.Join(p.metrics(j), " or ")
	if p.label == "" {
		return "a name that ends in " + names
	}
	return names
}

// discoverable tells whether jobs can be found by a metric.
func (j *CronJob) discoverable(p cronPreset, metric string) bool {
	return slices.ContainsFunc(p.metrics(j), func(usual string) bool {
		return metric == usual || p.label == "" && strings.HasSuffix(metric, usual)
	})
}
