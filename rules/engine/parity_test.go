package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	promrules "github.com/prometheus/prometheus/rules"

	"alertd/internal/alert"
	"alertd/rules"
)

// script answers the same question alike to Prometheus's own alerting rule and
// to ours.
type script struct {
	samples []alert.Sample
	err     error
}

func (s *script) Query(context.Context, string, time.Time) ([]alert.Sample, error) {
	return s.samples, s.err
}

func (s *script) prometheus(context.Context, string, time.Time) (promql.Vector, error) {
	var v promql.Vector
	for _, sample := range s.samples {
		v = append(v, promql.Sample{F: sample.Value, Metric: labels.FromMap(sample.Labels.Map())})
	}
	return v, s.err
}

// history returns a random answer: some of a few series, values that repeat,
// now and then an error.
func (s *script) next(r *rand.Rand) {
	s.samples, s.err = nil, nil
	if r.IntN(12) == 0 {
		s.err = errors.New("no answer")
		return
	}
	for i := range 4 {
		if r.IntN(3) > 0 {
			s.samples = append(s.samples, alert.Sample{
				Labels: alert.LabelsFromStrings(alert.MetricName, "up", "instance", fmt.Sprint("host-", i), "severity", "own"),
				Value:  []float64{0, 1, 2.5, math.Inf(1)}[r.IntN(4)],
			})
		}
	}
}

// TestParity compares every alert's state, times, labels, annotations and
// value with Prometheus's own AlertingRule over random histories. Where we
// differ on purpose, alertd is told not to: missing data resolves, as in rule
// files by default.
func TestParity(t *testing.T) {
	texts := map[string]string{
		"summary": "{{ $labels.instance }} has {{ $value | humanize }}", "static": "text", "clock": "{{ now }}",
		"broken": "{{ template \"none\" }}", "empty": "",
	}
	extra := map[string]string{"severity": "page", "copied": "{{ $labels.instance }}", "instance_of": "{{ .Labels.__name__ }}"}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		hold := time.Duration(r.IntN(4)) * 15 * time.Second
		keep := time.Duration(r.IntN(3)) * 20 * time.Second
		offset := time.Duration(r.IntN(2)) * time.Minute
		s := &script{}
		expr, err := rules.NewParser().ParseExpr("up > 0")
		if err != nil {
			t.Fatal(err)
		}
		theirs := promrules.NewAlertingRule("X", expr, hold, keep, labels.FromMap(extra), labels.FromMap(texts), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
		ours := &rules.Rule{
			ID: "x", Name: "X", Expr: rules.Fixed("up > 0"), For: hold, KeepFiringFor: keep, OnMissing: rules.Resolve,
			Labels: sorted(extra), Annotations: sorted(texts),
		}
		run := parityRunner(s, ours)
		run.group.QueryOffset = offset
		ts := time.Unix(1_700_000_000, 0).UTC()
		for step := range 40 {
			s.next(r)
			_, theirErr := theirs.Eval(t.Context(), offset, ts, s.prometheus, &url.URL{}, 0)
			ourErr := run.rule(t.Context(), ours, run.ask(t.Context(), ts)[0], ts, newEvaluation("g", ts))
			if (theirErr == nil) != (ourErr == nil) {
				t.Fatalf("seed %d step %d: Prometheus says %v, alertd %v", seed, step, theirErr, ourErr)
			}
			want, got := theirState(theirs), ourState(run.alerts["x"])
			if !slices.Equal(want, got) {
				t.Fatalf("seed %d step %d (for %s, keep %s):\nPrometheus %q\nalertd     %q", seed, step, hold, keep, want, got)
			}
			ts = ts.Add(15 * time.Second)
		}
	}
}

// TestTemplateTime: the expression is asked query_offset earlier, but templates
// know the evaluation's own time, as in Prometheus.
func TestTemplateTime(t *testing.T) {
	s := &script{samples: []alert.Sample{{Labels: alert.LabelsFromStrings("instance", "a"), Value: 1}}}
	r := &rules.Rule{
		ID: "x", Name: "X", Expr: rules.Fixed("up > 0"), OnMissing: rules.Resolve,
		Labels: sorted(map[string]string{"at": "{{ now }}"}), Annotations: sorted(map[string]string{"at": "{{ now }}"}),
	}
	run := parityRunner(s, r)
	run.group.QueryOffset = time.Minute
	ts := time.Unix(1000, 0).UTC()
	if err := run.rule(t.Context(), r, run.ask(t.Context(), ts)[0], ts, newEvaluation("g", ts)); err != nil {
		t.Fatal(err)
	}
	if a := run.alerts["x"][0]; a.Labels.Get("at") != "1000" || a.Annotations.Get("at") != "1000" {
		t.Errorf("labels %s, annotations %s, want both at 1000", a.Labels, a.Annotations)
	}
}

func sorted(m map[string]string) []rules.Template {
	var out []rules.Template
	for name, text := range m {
		out = append(out, rules.Template{Name: name, Text: text})
	}
	slices.SortFunc(out, func(a, b rules.Template) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func parityRunner(s *script, r *rules.Rule) *runner {
	e := New(Options{Store: newFakeStore(), Querier: s, Committed: func() {}, Concurrency: 1, Logger: quiet()})
	e.setup = testSetup(r)
	return newRunner(e, rules.Group{Name: "g", Interval: 15 * time.Second, Rules: []*rules.Rule{r}})
}

func theirState(r *promrules.AlertingRule) []string {
	var out []string
	r.ForEachActiveAlert(func(a *promrules.Alert) {
		if a.State == promrules.StateInactive {
			return
		}
		out = append(out, describeAlert(a.State.String(), a.ActiveAt, a.FiredAt, a.KeepFiringSince, a.Value,
			alert.LabelsFromMap(a.Labels.Map()), alert.LabelsFromMap(a.Annotations.Map())))
	})
	slices.Sort(out)
	return out
}

func ourState(alerts []alert.Alert) []string {
	var out []string
	for _, a := range alerts {
		out = append(out, describeAlert(string(a.State), a.ActiveAt, a.FiredAt, a.KeepFiringSince, a.Value, a.Labels, a.Annotations))
	}
	slices.Sort(out)
	return out
}

func describeAlert(state string, active, fired, keep time.Time, value float64, ls, annotations alert.Labels) string {
	clock := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return at.UTC().Format("15:04:05")
	}
	return fmt.Sprint(ls, " ", state, " active ", clock(active), " fired ", clock(fired), " kept ", clock(keep), " value ", value, " ", annotations)
}
