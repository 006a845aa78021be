package engine

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"go.yaml.in/yaml/v4"

	"alertd/internal/alert"
)

// script answers any question by its text and time alone, so that two who ask
// the same are told the same, however often and in whatever order they ask.
// It knows the metrics m0 to m2, and m0 > 1.
type script struct{ seed uint64 }

// chance returns a number below n that belongs to what it is asked about.
func (s script) chance(n int, about ...any) int {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, about...)
	return rand.New(rand.NewPCG(s.seed, h.Sum64())).IntN(n)
}

// Query answers: some of a few series, with values that stay for a while.
func (s script) Query(_ context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	metric, above, compared := strings.Cut(expr, " > ")
	if s.chance(14, "error", metric, ts) == 0 {
		return nil, errors.New("no answer")
	}
	threshold := math.Inf(-1)
	if compared {
		var err error
		if threshold, err = strconv.ParseFloat(above, 64); err != nil {
			return nil, err
		}
	}
	var out []alert.Sample
	for i := range 4 {
		value := s.value(metric, i, ts)
		if math.IsInf(value, -1) || compared && !(value > threshold) {
			continue
		}
		period := ts.Truncate(70 * time.Second)
		out = append(out, alert.Sample{Value: value, Labels: alert.LabelsFromStrings(
			alert.MetricName, []string{metric, metric + ":other"}[s.chance(2, "name", metric, i, period)],
			"instance", fmt.Sprint("host-", i),
			"severity", []string{"own", "other"}[s.chance(2, "severity", metric, i, period)],
			"ünïcode", "ø",
		)})
	}
	return out, nil
}

// value returns a series' value, -Inf while it is gone.
func (s script) value(metric string, i int, ts time.Time) float64 {
	phase := time.Duration(s.chance(60, "phase", metric, i)) * time.Second
	period := ts.Add(phase).Truncate(time.Duration(20+s.chance(90, "length", metric, i)) * time.Second)
	values := []float64{0, 1, 2.5, 3, math.Inf(1), math.NaN(), math.Inf(-1), math.Inf(-1)}
	return values[s.chance(len(values), "value", metric, i, period)]
}

// prometheus answers as Prometheus's own query function.
func (s script) prometheus(ctx context.Context, expr string, ts time.Time) (promql.Vector, error) {
	samples, err := s.Query(ctx, expr, ts)
	var v promql.Vector
	for _, sample := range samples {
		v = append(v, promql.Sample{T: ts.UnixMilli(), F: sample.Value, Metric: labels.FromMap(sample.Labels.Map())})
	}
	return v, err
}

// randomFile is a rule file that random changes keep like itself.
type randomFile struct {
	r      *rand.Rand
	path   string
	groups []rulefmt.RuleGroup
}

func newRandomFile(t *testing.T, seed uint64) *randomFile {
	f := &randomFile{r: rand.New(rand.NewPCG(seed, 1)), path: t.TempDir() + "/rules.yml"}
	for i := range 1 + f.r.IntN(3) {
		g := rulefmt.RuleGroup{Name: fmt.Sprint("g", i)}
		for range 1 + f.r.IntN(4) {
			g.Rules = append(g.Rules, f.rule())
		}
		f.settings(&g)
		f.groups = append(f.groups, g)
	}
	return f
}

// pick returns one of several.
func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// settings gives the group other settings.
func (f *randomFile) settings(g *rulefmt.RuleGroup) {
	g.Interval = model.Duration(pick[time.Duration](f.r, 10, 15, 30) * time.Second)
	g.Limit = pick(f.r, 0, 0, 3, 5)
	g.QueryOffset = pick(f.r, nil, nil, new(model.Duration(time.Minute)))
	g.Labels = pick(f.r, nil, map[string]string{"team": "{{ $value }}", "severity": "group"}, map[string]string{"team": "ops"})
}

// rule returns a random alerting rule. There are few names, so that rules alike
// come up.
func (f *randomFile) rule() rulefmt.Rule {
	rule := rulefmt.Rule{
		Alert: pick(f.r, "A", "B"), Expr: pick(f.r, "m0", "m1", "m2") + pick(f.r, "", " > 0", " > 1", " > 2.7"),
		Labels: pick(f.r, nil, map[string]string{"severity": "page"},
			map[string]string{"copied": "{{ $labels.instance }}", "broken": `{{ template "none" }}`},
			map[string]string{"severity": "", "name": "{{ .Labels.__name__ }}", "link": "{{ externalURL }}"},
			map[string]string{"severity": "page", "level": `{{ if gt $value 2.0 }}high{{ end }}`},
			map[string]string{"severity": "page", "instance": "all"}), // gives duplicates
	}
	f.change(&rule)
	return rule
}

// change gives the rule another `for`, `keep_firing_for` and annotations, which
// leave it the same rule.
func (f *randomFile) change(rule *rulefmt.Rule) {
	rule.For = model.Duration(pick[time.Duration](f.r, 0, 0, 15, 30, 47) * time.Second)
	rule.KeepFiringFor = model.Duration(pick[time.Duration](f.r, 0, 0, 20, 45) * time.Second)
	rule.Annotations = pick(f.r, nil,
		map[string]string{"summary": "{{ $labels.instance }} has {{ $value | humanize }} on {{ $externalURL }}{{ pathPrefix }}"},
		map[string]string{"static": "text", "severity": "{{ $labels.severity }}", "empty": ""},
		map[string]string{"name": "{{ $labels.__name__ }}"},
		map[string]string{"all": "{{ range $k, $v := $labels }}{{ $k }}={{ $v }},{{ end }}", "printed": "{{ $labels }}"},
		map[string]string{"asked": `{{ with query "m2" }}{{ . | first | value }} {{ range . | sortByLabel "instance" }}{{ .Labels.instance }}{{ end }}{{ end }}`},
		map[string]string{"clock": "{{ now }}", "broken": "{{ .Nothing.there }}", "cluster": "{{ $externalLabels.cluster }}"})
}

// mutate makes a random change, as an editor might.
func (f *randomFile) mutate() {
	g := &f.groups[f.r.IntN(len(f.groups))]
	switch f.r.IntN(6) {
	case 0:
		f.settings(g)
	case 1:
		f.r.Shuffle(len(g.Rules), func(i, j int) { g.Rules[i], g.Rules[j] = g.Rules[j], g.Rules[i] })
	case 2:
		g.Rules = append(g.Rules, f.rule())
	case 3:
		if i := f.r.IntN(len(g.Rules)); len(g.Rules) > 1 {
			g.Rules = append(g.Rules[:i:i], g.Rules[i+1:]...)
		}
	case 4:
		g.Rules[f.r.IntN(len(g.Rules))] = f.rule()
	default:
		f.change(&g.Rules[f.r.IntN(len(g.Rules))])
	}
}

func (f *randomFile) write(t *testing.T) {
	t.Helper()
	text, err := yaml.Marshal(rulefmt.RuleGroups{Groups: f.groups})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
