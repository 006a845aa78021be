package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// cronSelection is which series are those of a job, or of discovered jobs. The
// latter bear the job's name as the label cron_job: every expression made of a
// selection gives it to them before anything can drop what it is made from.
type cronSelection struct {
	job    *CronJob
	preset cronPreset
	// matchers find the series of the one job, or the series that jobs are
	// discovered by.
	matchers   []*labels.Matcher
	discovered bool
	memory     cronMemory
}

func newCronSelection(j *CronJob, p cronPreset) cronSelection {
	s := cronSelection{job: j, preset: p, discovered: j.Discover != "", memory: j.memory()}
	switch {
	case s.discovered:
		s.matchers = parseSelector(j.discoverSelector(p))
	case j.Match != "":
		s.matchers = parseMatchers(j.Match)
	default:
		s.matchers = parseMatchers(p.match(j))
	}
	return s
}

// added returns the matchers that the user added, as within braces.
func (s cronSelection) added() string { return join(parseMatchers(s.job.Selector)) }

// of returns the metric's series, named.
func (s cronSelection) of(metric string) string { return s.named(s.plain(metric)) }

// plain selects the metric's series.
func (s cronSelection) plain(metric string) string {
	return selector(join(withoutName(s.matchers), parseMatchers(s.job.Selector)), metric)
}

// named returns expr, whose series bear what names their jobs, with cron_job
// where the jobs are discovered.
func (s cronSelection) named(expr string) string {
	switch {
	case !s.discovered:
		return expr
	case s.preset.label == "":
		return nameByMetric(expr, s.discoveredEnds())
	}
	return labelJob(expr, s.preset.label, s.preset.pattern)
}

// labelJob adds the label cron_job: what the pattern's group finds in the label.
func labelJob(expr, label, pattern string) string {
	return fmt.Sprintf("label_replace(%s, %q, \"$1\", %q, %q)", expr, CronJobLabel, label, pattern)
}

// by returns the labels that tell the jobs of the selection apart.
func (s cronSelection) by() string {
	if s.discovered {
		return CronJobLabel + ", instance, job"
	}
	return "instance, job"
}

// targets selects a metric of whole targets: by the matchers that the user
// added, less those of labels that the jobs' own series have.
func (s cronSelection) targets(metric string, own ...string) string {
	matchers := slices.DeleteFunc(parseMatchers(s.job.Selector), func(m *labels.Matcher) bool {
		return slices.Contains(append(own, s.preset.label, model.MetricNameLabel), m.Name)
	})
	return selector(join(matchers), metric)
}

// presence returns where the selected series are, and where they went.
func (s cronSelection) presence(selected string) (here, gone string) {
	here = fmt.Sprintf("group by (%s) (%s)", s.by(), s.named(selected))
	gone = fmt.Sprintf("group by (%s) (%s) unless %s", s.by(), s.named(fmt.Sprintf("last_over_time(%s[1h])", selected)), here)
	return here, gone
}

// equals matches a label by its value, and oneOf by a regular expression.
func equals(label, value string) string { return label + "=" + strconv.Quote(value) }

func oneOf(label, pattern string) string { return label + "=~" + strconv.Quote(pattern) }

// parseMatchers reads matchers as they are written within braces; what Check
// refuses selects nothing.
func parseMatchers(text string) []*labels.Matcher {
	if text == "" {
		return nil
	}
	// A selector must not consist of matchers that match everything alone.
	return parseSelector(`{__name__=~".+", ` + text + "}")[1:]
}

// parseSelector reads a whole selector; what Check refuses selects nothing.
func parseSelector(text string) []*labels.Matcher {
	matchers, err := NewParser().ParseMetricSelector(text)
	if err != nil {
		none := labels.MustNewMatcher(labels.MatchEqual, "no_such_series", "true")
		return []*labels.Matcher{none, none}
	}
	return matchers
}

func withoutName(matchers []*labels.Matcher) []*labels.Matcher {
	return slices.DeleteFunc(slices.Clone(matchers), func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })
}

// join writes matchers as they stand within braces.
func join(lists ...[]*labels.Matcher) string {
	var all []string
	for _, list := range lists {
		for _, m := range list {
			all = append(all, m.String())
		}
	}
	return strings.Join(all, ", ")
}

// metricsNamed matches the names of metrics.
func metricsNamed(pattern string) []*labels.Matcher {
	return parseSelector("{" + oneOf(model.MetricNameLabel, pattern) + "}")
}

func isMetricName(s string) bool { return regexp.MustCompile(metricName).MatchString(s) }
