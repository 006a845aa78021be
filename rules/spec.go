package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"alertd/internal/invalid"
)

// Spec is what the configuration says to watch, apart from rule files.
type Spec struct {
	Cron       []CronJob
	Resources  Resources
	Containers Containers
	Interval   time.Duration // between evaluations
	MissingFor time.Duration // how long data may be missing before NoData is raised
	Flapping   Flapping
	Dashboards Dashboards
	Runbooks   string // URL below which every alert has a page of its name; "" is no link
}

// Dashboards are the Grafana pages that messages link to; "" is no link.
type Dashboards struct{ Cron, Host, Containers string }

// annotateDashboard links the rules' alerts to a dashboard, at their instance,
// unless they have a link of their own.
func annotateDashboard(rs []*Rule, url string) {
	const name = "dashboard_url"
	if url == "" {
		return
	}
	for _, r := range rs {
		if !slices.ContainsFunc(r.Annotations, func(t Template) bool { return t.Name == name }) {
			r.Annotations = append(r.Annotations, Template{name, url + `{{ with $labels.instance }}?var-instance={{ . | urlQueryEscape }}{{ end }}`})
			sortTemplates(r.Annotations)
		}
	}
}

// Compile returns the rule groups of the spec. A mistake that Check would have
// found is an error.
func (s Spec) Compile() ([]Group, error) {
	var groups []Group
	add := func(name string, rs []*Rule) {
		if len(rs) > 0 {
			groups = append(groups, Group{Name: name, Interval: s.Interval, Rules: rs})
		}
	}
	var jobs []*Rule
	for i := range s.Cron {
		rs, err := s.compileCron(&s.Cron[i])
		if err != nil {
			return nil, err
		}
		annotateDashboard(rs, s.Dashboards.Cron)
		jobs = append(jobs, rs...)
	}
	add("cron", jobs) // one group, so that the jobs' rules are asked together
	if len(s.Cron) > 0 || s.Resources.on() {
		add("targets", []*Rule{hostNoData(s.Resources.Selector, s.MissingFor)})
	}
	resources, containers := s.Resources.compile(), s.Containers.compile(s.MissingFor)
	annotateDashboard(resources, s.Dashboards.Host)
	annotateDashboard(containers, s.Dashboards.Containers)
	add("resources", resources)
	add("containers", containers)
	annotateRunbooks(groups, s.Runbooks)
	for _, g := range groups {
		s.Flapping.apply(g.Rules)
	}
	return groups, nil
}

func (s Spec) compileCron(j *CronJob) ([]*Rule, error) {
	if j.Discover != "" {
		return j.compileDiscovered(s.Cron, s.MissingFor)
	}
	return j.compile(s.MissingFor)
}

// selector writes a PromQL selector of any of the metric names with extra
// matchers, which stand as the user wrote them.
func selector(matchers string, names ...string) string {
	if len(names) == 1 {
		if matchers == "" {
			return names[0]
		}
		return names[0] + "{" + matchers + "}"
	}
	if matchers != "" {
		matchers = ", " + matchers
	}
	return fmt.Sprintf(`{__name__=~"%s"%s}`, strings.Join(names, "|"), matchers)
}

// checkSelector tells what is wrong with extra matchers.
func checkSelector(path, matchers string) []invalid.Field {
	if matchers == "" {
		return nil
	}
	wrong := func(why any) []invalid.Field {
		return []invalid.Field{{
			Path:    path,
			Problem: fmt.Sprintf("not a list of label matchers: %v", why),
			Mend:    `write them as in PromQL, without braces: instance="db-1", job=~"node.*"`,
		}}
	}
	all, err := NewParser().ParseMetricSelector("x{" + matchers + "}")
	if err != nil {
		return wrong(err)
	}
	// Behind a comment the brace above may have been the user's own.
	if _, err := NewParser().ParseMetricSelector("x{" + matchers + "\n}"); err != nil {
		return wrong("it closes the braces, and has a comment")
	}
	if slices.ContainsFunc(all[:len(all)-1], func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }) {
		return wrong("it names a metric")
	}
	return nil
}

// templates returns the templates of defaults overlaid with the user's, sorted
// by name; a user's empty text removes one.
func templates(defaults, user map[string]string) []Template {
	all := maps.Clone(defaults)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, user)
	var out []Template
	for name, text := range all {
		if text != "" {
			out = append(out, Template{name, text})
		}
	}
	sortTemplates(out)
	return out
}

func sortTemplates(ts []Template) {
	slices.SortFunc(ts, func(a, b Template) int { return cmp.Compare(a.Name, b.Name) })
}

// humanDuration writes a length of time as configuration files do: 26h, 1d2h.
func humanDuration(d time.Duration) string { return model.Duration(d).String() }

// The severities of the default rules.
const (
	critical = "critical"
	warning  = "warning"
)
