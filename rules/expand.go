package rules

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"

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

// templatePrelude gives the variables that Prometheus documents.
const templatePrelude = `{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}`

// AlertLabels returns the labels of the alert that a sample raises: the
// series' labels less its name, the rule's over them, and the alertname.
func (x *Expander) AlertLabels(ctx context.Context, r *Rule, s alert.Sample, ts time.Time) alert.Labels {
	ls := s.Labels.Without(alert.MetricName)
	for _, l := range r.Labels {
		ls = ls.With(l.Name, x.expand(ctx, r, l.Text, s, ts))
	}
	return ls.With(alert.AlertName, r.Name)
}

// Annotations returns the rule's annotations for a sample. A template that
// fails leaves its error in its place, as in Prometheus, and costs nothing else.
func (x *Expander) Annotations(ctx context.Context, r *Rule, s alert.Sample, ts time.Time) alert.Labels {
	var out alert.Labels
	for _, a := range r.Annotations {
		if text := x.expand(ctx, r, a.Text, s, ts); text != "" {
			out = append(out, alert.Label{Name: a.Name, Value: text})
		}
	}
	return out
}

// Changing tells whether the rule's annotations may differ though the sample is
// the same: they ask Prometheus, or the clock.
func (r *Rule) Changing() bool {
	return slices.ContainsFunc(r.Annotations, func(t Template) bool {
		return strings.Contains(t.Text, "{{") && (strings.Contains(t.Text, "query") || strings.Contains(t.Text, "now"))
	})
}

func (x *Expander) expand(ctx context.Context, r *Rule, text string, s alert.Sample, ts time.Time) string {
	if !strings.Contains(text, "{{") {
		return text // most labels and many annotations hold no action
	}
	external := x.ExternalText
	if external == "" && x.ExternalURL != nil {
		external = x.ExternalURL.String()
	}
	data := template.AlertTemplateData(s.Labels.Map(), x.ExternalLabels, external, promql.Sample{F: s.Value})
	out, err := template.NewTemplateExpander(ctx, templatePrelude+text, "__alert_"+r.Name, data,
		model.TimeFromUnixNano(ts.UnixNano()), x.vector, x.ExternalURL, nil).Expand()
	if err != nil {
		return fmt.Sprintf("<error expanding template: %s>", err)
	}
	return out
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
