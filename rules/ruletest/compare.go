package ruletest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	promrules "github.com/prometheus/prometheus/rules"
)

// element is one alert or one sample, expected or got.
type element struct {
	labels      labels.Labels
	annotations labels.Labels // of an alert
	sample      bool
	value       float64
	histogram   string // promqltest's notation; "" for a float
}

// checkAlerts compares the alerts that fire now under the case's name.
func (s *simulation) checkAlerts(want alertTest) *Failure {
	var got, expected []element
	for _, g := range s.groups {
		for _, r := range g.alerting {
			if r.Name() == want.Alertname {
				got = append(got, r.firing()...)
			}
		}
	}
	for _, a := range want.Alerts {
		ls := map[string]string{}
		maps.Copy(ls, a.Labels)
		ls[labels.AlertName] = want.Alertname
		expected = append(expected, element{labels: labels.FromMap(ls), annotations: labels.FromMap(a.Annotations)})
	}
	return s.compare(fmt.Sprintf("alert %s at %s", want.Alertname, want.EvalTime), expected, got)
}

// checkExpr asks an expression and compares its samples.
func (s *simulation) checkExpr(ctx context.Context, want exprTest) *Failure {
	about := fmt.Sprintf("expr %q at %s", want.Expr, want.EvalTime)
	query := promrules.EngineQueryFunc(s.suite.QueryEngine(), s.suite.Queryable())
	vector, err := query(ctx, want.Expr, s.test.start().Add(time.Duration(want.EvalTime)))
	if err != nil {
		return &Failure{About: about, Problem: err.Error()}
	}
	var got, expected []element
	for _, v := range vector {
		got = append(got, sampleElement(v))
	}
	for _, w := range want.Samples {
		e, err := s.wanted(w)
		if err != nil {
			return &Failure{About: about, Problem: fmt.Sprintf("exp_samples: labels %q: %v", w.Labels, err)}
		}
		expected = append(expected, e)
	}
	return s.compare(about, expected, got)
}

func sampleElement(v promql.Sample) element {
	return element{labels: v.Metric.Copy(), sample: true, value: v.F, histogram: promqltest.HistogramTestExpression(v.H)}
}

// wanted reads an expected sample.
func (s *simulation) wanted(w wantedSample) (element, error) {
	metric, err := s.parser.ParseMetric(w.Labels)
	if err != nil {
		return element{}, err
	}
	v := promql.Sample{Metric: metric, F: w.Value}
	if w.Histogram != "" {
		_, values, err := s.parser.ParseSeriesDesc("{} " + w.Histogram)
		switch {
		case err != nil:
			return element{}, err
		case len(values) != 1:
			return element{}, fmt.Errorf("histogram %q holds %d values, and one is needed", w.Histogram, len(values))
		case values[0].Histogram == nil:
			return element{}, errors.New("histogram: " + w.Histogram + " is not a histogram")
		}
		v.H = values[0].Histogram
	}
	return sampleElement(v), nil
}

// compare returns how got differs from what was expected, nil if not at all.
func (s *simulation) compare(about string, expected, got []element) *Failure {
	order := func(a, b element) int {
		return cmp.Or(labels.Compare(a.labels, b.labels), labels.Compare(a.annotations, b.annotations))
	}
	slices.SortStableFunc(expected, order)
	slices.SortStableFunc(got, order)
	if slices.EqualFunc(expected, got, s.same) {
		return nil
	}
	return &Failure{About: about, Problem: fmt.Sprintf("%d expected, %d got", len(expected), len(got)), Diff: diff(expected, got)}
}

// same tells whether two elements are equal as promtool sees it: NaN is equal to
// nothing, and a fuzzy comparison allows the neighbouring floats.
func (s *simulation) same(a, b element) bool {
	near := a.value == b.value ||
		s.fuzzy && (math.Nextafter(a.value, math.Inf(-1)) == b.value || math.Nextafter(a.value, math.Inf(1)) == b.value)
	return near && labels.Equal(a.labels, b.labels) && labels.Equal(a.annotations, b.annotations) && a.histogram == b.histogram
}

// fields returns what an element says beside its labels, in lines.
func (e element) fields() []string {
	if e.sample {
		if e.histogram != "" {
			return []string{e.histogram}
		}
		return []string{strconv.FormatFloat(e.value, 'g', -1, 64)}
	}
	var out []string
	e.annotations.Range(func(l labels.Label) { out = append(out, fmt.Sprintf("%s: %q", l.Name, l.Value)) })
	return out
}
