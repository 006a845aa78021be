package configimport

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// prometheusInterval is how often Prometheus evaluates rules where nothing is
// said.
const prometheusInterval = "1m"

// prometheus takes from a prometheus.yml what concerns rules and alerts. It goes
// on scraping: the rest stays where it is.
func (m *importer) prometheus(root *yaml.Node) {
	url := text(cmp.Or(m.PrometheusURL, DefaultPrometheus))
	if m.PrometheusURL == "" {
		url.LineComment = "# where Prometheus is, as alertd sees it"
	}
	m.add("prometheus", mapping("url", url))

	global := get(root, "global")
	interval := text(prometheusInterval)
	interval.LineComment = "# Prometheus's default"
	if given := get(global, "evaluation_interval"); given != nil {
		interval = given
	}
	m.add("evaluation", mapping("interval", interval))
	m.ruleFiles(root)

	off := func() *yaml.Node {
		n := mapping("enabled", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "false"})
		n.Style = yaml.FlowStyle
		return n
	}
	m.add("resources", off()).HeadComment = "# alertd has rules of its own for the host and its containers: remove these\n# two lines to have them."
	m.add("containers", off())
	m.globals(global)
	m.alerting(get(root, "alerting"))
	m.stays(root)
}

func (m *importer) ruleFiles(root *yaml.Node) {
	key, list := find(root, "rule_files")
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return
	}
	for _, path := range list.Content {
		path.Value = m.rebase(path.Value)
	}
	m.out.Content = append(m.out.Content, key, list)
	m.advise(key, "alertd evaluates the alerting rules from now on. Prometheus needs the files for its recording rules only")
}

func (m *importer) globals(global *yaml.Node) {
	if labels := get(global, "external_labels"); labels != nil && len(labels.Content) > 0 {
		m.left(labels, "external_labels (%s): no alert has them here; routes, inhibitions and templates that look at them need labels in the rules' groups", strings.Join(keys(labels), ", "))
	}
	if offset := get(global, "rule_query_offset"); offset != nil {
		m.left(offset, "rule_query_offset: write query_offset into the rules' groups")
	}
}

func (m *importer) alerting(alerting *yaml.Node) {
	if relabel := get(alerting, "alert_relabel_configs"); relabel != nil && len(relabel.Content) > 0 {
		m.left(relabel, "alert_relabel_configs: write the labels into the rules")
	}
	key, managers := find(alerting, "alertmanagers")
	if managers == nil || len(managers.Content) == 0 {
		return
	}
	m.advise(key, "take the section alerting out of prometheus.yml when alertd is in charge, or people are told twice")
	for _, manager := range managers.Content {
		if relabel := get(manager, "alert_relabel_configs"); relabel != nil && len(relabel.Content) > 0 {
			m.left(relabel, "alert_relabel_configs: write the labels into the rules")
		}
	}
}

// stays names what remains Prometheus's affair.
func (m *importer) stays(root *yaml.Node) {
	taken := []string{"global", "rule_files", "alerting"}
	var names []string
	for _, key := range keys(root) {
		if !slices.Contains(taken, key) {
			names = append(names, key)
		}
	}
	if len(names) > 0 {
		m.advise(root, "Prometheus keeps %s, and goes on scraping", strings.Join(names, ", "))
	}
}
