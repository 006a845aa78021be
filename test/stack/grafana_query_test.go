package stack_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

const (
	shownRange = 90 * time.Minute
	shownStep  = 30 * time.Second
)

// A grafana asks a replayed recording as Grafana asks Prometheus: it resolves
// the variables first, by their own queries, and puts them into the panels'.
type grafana struct {
	engine *promql.Engine
	data   storage.Queryable
	values map[string]string // of the variables, as they are put into a query
}

func openGrafana(t *testing.T, data storage.Queryable, d dashboard) *grafana {
	t.Helper()
	g := &grafana{
		engine: promql.NewEngine(promql.EngineOpts{
			MaxSamples: 20_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
			EnableAtModifier: true, EnableNegativeOffset: true,
		}),
		data: data,
		values: map[string]string{
			"__rate_interval": "1m",
			"__interval":      "5m",
			"__range":         "90m",
		},
	}
	for _, v := range d.Templating.List {
		found := g.resolve(t, v)
		if len(found) == 0 {
			t.Fatalf("the variable %s finds nothing with %s", v.Name, v.Query.Query)
		}
		if v.Multi {
			g.choose(v.Name, found...)
		} else {
			g.values[v.Name] = found[0]
		}
	}
	return g
}

// choose sets a variable that allows several values, as Grafana writes them.
func (g *grafana) choose(name string, values ...string) {
	escaped := make([]string, len(values))
	for i, value := range values {
		escaped[i] = strings.ReplaceAll(regexp.QuoteMeta(value), `\`, `\\`)
	}
	g.values[name] = escaped[0]
	if len(escaped) > 1 {
		g.values[name] = "(" + strings.Join(escaped, "|") + ")"
	}
}

// resolve runs a variable's query and returns its values in order.
func (g *grafana) resolve(t *testing.T, v variable) []string {
	t.Helper()
	if v.Type != "query" || !fromPrometheus(v.Datasource) || v.Definition != v.Query.Query || v.Multi != v.IncludeAll {
		t.Fatalf("the variable %+v", v)
	}
	labelValues := regexp.MustCompile(`^label_values\((.+),\s*(\w+)\)$`)
	metricNames := regexp.MustCompile(`^metrics\((.+)\)$`)
	var found []string
	if asked := labelValues.FindStringSubmatch(v.Query.Query); asked != nil {
		for _, series := range g.series(t, g.substitute(t, asked[1])) {
			found = append(found, series.Get(asked[2]))
		}
	} else if asked := metricNames.FindStringSubmatch(v.Query.Query); asked != nil {
		for _, series := range g.series(t, `{__name__=~".*`+asked[1]+`.*"}`) {
			found = append(found, series.Get("__name__"))
		}
	} else {
		t.Fatalf("the variable %s asks %q", v.Name, v.Query.Query)
	}
	if v.Regex != "" {
		pick := regexp.MustCompile(strings.Trim(v.Regex, "/"))
		for i, value := range found {
			if m := pick.FindStringSubmatch(value); m != nil {
				found[i] = m[1]
			} else {
				found[i] = ""
			}
		}
	}
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(value string) bool { return value == "" })
}

// series is what a selector finds in the range that is shown.
func (g *grafana) series(t *testing.T, selector string) []labels.Labels {
	t.Helper()
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(selector)
	if err != nil {
		t.Fatalf("%s: %v", selector, err)
	}
	querier, err := g.data.Querier(recordedAt().Add(-shownRange).UnixMilli(), recordedAt().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	var found []labels.Labels
	set := querier.Select(t.Context(), false, nil, matchers...)
	for set.Next() {
		found = append(found, set.At().Labels())
	}
	if err := errors.Join(set.Err(), querier.Close()); err != nil {
		t.Fatal(err)
	}
	return found
}

// substitute puts the variables into a text. "$1" is a regular expression's.
func (g *grafana) substitute(t *testing.T, text string) string {
	t.Helper()
	inQuery := regexp.MustCompile(`\$(\w+)|\$\{(\w+)\}`)
	return inQuery.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "${}")
		if name == "1" {
			return found
		}
		value, known := g.values[name]
		if !known {
			t.Fatalf("there is no variable %s in %s", found, text)
		}
		return value
	})
}

// ask evaluates one query of a panel and returns the last value of each series.
func (g *grafana) ask(t *testing.T, q target) []promql.Sample {
	t.Helper()
	expr := g.substitute(t, q.Expr)
	var query promql.Query
	var err error
	if q.Instant {
		query, err = g.engine.NewInstantQuery(t.Context(), g.data, nil, expr, recordedAt())
	} else {
		query, err = g.engine.NewRangeQuery(t.Context(), g.data, nil, expr, recordedAt().Add(-shownRange), recordedAt(), shownStep)
	}
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	defer query.Close()
	result := query.Exec(context.WithoutCancel(t.Context()))
	if result.Err != nil {
		t.Fatalf("%s: %v", expr, result.Err)
	}
	// "rate of something that is no counter", and the like.
	if warnings, infos := result.Warnings.AsStrings(expr, 0, 0); len(warnings)+len(infos) > 0 {
		t.Errorf("%s: %v %v", expr, warnings, infos)
	}
	var last []promql.Sample
	switch value := result.Value.(type) {
	case promql.Vector:
		for _, s := range value {
			last = append(last, promql.Sample{T: s.T, F: s.F, Metric: s.Metric})
		}
	case promql.Matrix:
		for _, s := range value {
			end := s.Floats[len(s.Floats)-1]
			last = append(last, promql.Sample{T: end.T, F: end.F, Metric: s.Metric})
		}
	default:
		t.Fatalf("%s: the result is a %T", expr, value)
	}
	return last
}
