package rules

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"alertd/internal/alert"
)

// Querier answers the `query` function of templates.
type Querier func(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error)

// Expander fills in the templates of labels and annotations with Prometheus's
// own template language and functions.
type Expander struct {
	Query          Querier
	ExternalURL    *url.URL // of the Prometheus asked; without one, the functions externalURL and pathPrefix fail
	ExternalText   string   // what $externalURL reads; ExternalURL's text when ""
	ExternalLabels map[string]string
}

// AlertLabels returns the labels of the alert that each sample raises: the
// series' labels less its name, the rule's over them, and the alertname.
func (x *Expander) AlertLabels(ctx context.Context, r *Rule, samples []alert.Sample, ts time.Time) []alert.Labels {
	// The rule's name stands, whatever label of that name it has.
	given := slices.DeleteFunc(slices.Clone(r.Labels), func(t Template) bool { return t.Name == alert.AlertName })
	at, _ := slices.BinarySearchFunc(given, alert.AlertName, func(t Template, name string) int { return strings.Compare(t.Name, name) })

	out := make([]alert.Labels, len(samples))
	x.expand(ctx, r, given, samples, ts, func(i int, expanded []string) {
		own := make(alert.Labels, len(given)+1)
		own[at] = alert.Label{Name: alert.AlertName, Value: r.Name}
		for k, text := range expanded {
			place := k
			if k >= at {
				place++
			}
			own[place] = alert.Label{Name: given[k].Name, Value: text}
		}
		out[i] = samples[i].Labels.Without(alert.MetricName).Overlay(own)
	})
	return out
}

// Annotations returns the rule's annotations for each sample. A template that
// fails leaves its error in its place, as in Prometheus, and costs nothing else.
func (x *Expander) Annotations(ctx context.Context, r *Rule, samples []alert.Sample, ts time.Time) []alert.Labels {
	out := make([]alert.Labels, len(samples))
	x.expand(ctx, r, r.Annotations, samples, ts, func(i int, texts []string) {
		out[i] = make(alert.Labels, 0, len(texts))
		for k, text := range texts {
			if text != "" {
				out[i] = append(out[i], alert.Label{Name: r.Annotations[k].Name, Value: text})
			}
		}
	})
	return out
}

// Changing tells whether the rule's annotations may differ though the series'
// labels and value are the same: they ask Prometheus, or the clock, or show the
// metric's name, which is not a label of the alert.
func (r *Rule) Changing() bool {
	single := strings.NewReplacer("$labels.", "", ".Labels.", "")
	return slices.ContainsFunc(r.Annotations, func(t Template) bool {
		return strings.Contains(t.Text, "{{") && (strings.Contains(t.Text, "query") || strings.Contains(t.Text, "now") ||
			strings.Contains(t.Text, "__name__") || strings.Contains(single.Replace(t.Text), "abels"))
	})
}

func (x *Expander) vector(ctx context.Context, expr string, ts time.Time) (promql.Vector, error) {
	samples, err := x.Query(ctx, expr, ts)
	if err != nil {
		return nil, err
	}
	vector := make(promql.Vector, len(samples))
	for i, s := range samples {
		vector[i] = promql.Sample{T: ts.UnixMilli(), F: s.Value, Metric: labels.FromMap(s.Labels.Map())}
	}
	return vector, nil
}
