package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	promrules "github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
	"go.yaml.in/yaml/v4"

	"alertd/internal/alert"
	"alertd/internal/standalone"
	"alertd/rules"
)

// TestParityRecording compares what recording rules record, and the alerts on
// it, with Prometheus's own groups on Prometheus's own storage, over random
// series and rules: chains within a group, series that come and go, rules that
// fail, limits, offsets, and reloads that remove and change rules.
func TestParityRecording(t *testing.T) {
	recorded, failed, fired := 0, 0, 0
	for seed := range uint64(12) {
		c := newRecordingComparison(t, seed)
		for step := range 40 {
			if step > 0 && c.r.IntN(8) == 0 {
				c.reload(t)
			}
			c.now = c.now.Add(15 * time.Second)
			c.scrape(t)
			c.theirs.groups[c.path+";g"].Eval(t.Context(), c.now)
			c.ours.evaluate(t.Context(), c.now)
			c.ours.engine.retainRecordings(t.Context(), c.known)
			for i, rule := range c.theirs.groups[c.path+";g"].Rules() {
				status := c.ours.status.Rules[i]
				if (rule.LastError() == nil) != (status.LastError == "") {
					t.Fatalf("history %d, step %d, rule %d: Prometheus says %v, alertd %q", seed, step, i, rule.LastError(), status.LastError)
				}
				if status.LastError != "" {
					failed++
				}
				if _, alerting := rule.(*promrules.AlertingRule); !alerting {
					continue
				}
				want, got := activeIn(rule), describeOurs(c.ours.alerts[status.ID])
				if !slices.Equal(want, got) {
					t.Fatalf("history %d, step %d, rule %d:\nPrometheus %q\nalertd     %q", seed, step, i, want, got)
				}
				fired += len(got)
			}
			want, got := c.compareSeries(t)
			if !slices.Equal(want, got) {
				t.Fatalf("history %d, step %d:\nPrometheus %q\nalertd     %q", seed, step, want, got)
			}
			recorded += len(got)
		}
	}
	if recorded == 0 || failed == 0 || fired == 0 {
		t.Errorf("too tame: %d series, %d failures, %d alerts", recorded, failed, fired)
	}
}

// recordingComparison is the same rules and series on two storages.
type recordingComparison struct {
	r      *rand.Rand
	path   string
	now    time.Time
	theirs *prometheusSide
	store  *teststorage.TestStorage
	query  promrules.QueryFunc
	series map[string]labels.Labels // scraped last
	own    *standalone.Standalone
	ours   *runner
	known  map[string]bool // ids of what records
}

func newRecordingComparison(t *testing.T, seed uint64) *recordingComparison {
	t.Helper()
	own, err := standalone.Open(standalone.DefaultSettings(), t.TempDir(), quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &recordingComparison{
		r: rand.New(rand.NewPCG(seed, 3)), path: filepath.Join(t.TempDir(), "rules.yml"),
		now: time.Unix(1_700_000_000, 0).UTC(), store: teststorage.New(t), own: own, series: map[string]labels.Labels{},
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: rules.NewParser()})
	c.query = promrules.EngineQueryFunc(engine, c.store)
	c.theirs = newPrometheusSide(c.query, c.path, &url.URL{})
	c.theirs.options.AppendableV2 = c.store
	c.reload(t)
	return c
}

// reload writes other rules and has both read them.
func (c *recordingComparison) reload(t *testing.T) {
	t.Helper()
	group := rulefmt.RuleGroup{Name: "g", Limit: pick(c.r, 0, 0, 4), Labels: pick(c.r, nil, map[string]string{"team": "ops"})}
	group.QueryOffset = pick(c.r, nil, nil, new(model.Duration(time.Second)))
	for _, rule := range []rulefmt.Rule{
		{Record: "r:a", Expr: "m0 * 2"},
		{Record: "r:a", Expr: "m1", Labels: map[string]string{"of": "{{ $value }}"}},
		{Record: "r:b", Expr: `sum by (instance) (r:a)`, Labels: map[string]string{"job": "x", "instance_of": ""}},
		{Record: "r:c", Expr: "m2", Labels: map[string]string{"instance": "all"}}, // fails where there are two
		{Record: "r:d", Expr: "1 + scalar(sum(r:b))"},
		{Record: "r:e", Expr: "r:b[1m]"}, // always fails
		{Alert: "High", Expr: "r:b > 3", For: model.Duration(pick[time.Duration](c.r, 0, 30) * time.Second)},
		{Alert: "Gone", Expr: `absent(r:a)`},
	} {
		if c.r.IntN(5) > 0 {
			group.Rules = append(group.Rules, rule)
		}
	}
	if len(group.Rules) == 0 {
		group.Rules = []rulefmt.Rule{{Record: "r:a", Expr: "m0"}}
	}
	text, err := yaml.Marshal(rulefmt.RuleGroups{Groups: []rulefmt.RuleGroup{group}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c.theirs.reload(t)
	groups, err := rules.LoadFiles([]rules.FileSpec{{Path: c.path}}, rules.FileOptions{Interval: 15 * time.Second, Recording: true, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	before := c.ours
	c.known = map[string]bool{"scrape": true}
	e := New(Options{Store: newFakeStore(), Querier: c.own, Recorder: c.own, Committed: func() {}, Concurrency: 1, Logger: quiet()})
	e.setup = testSetup()
	e.setup.Groups, e.setup.Timeout = groups, time.Minute
	c.ours = newRunner(e, groups[0])
	for _, rule := range groups[0].Rules {
		c.known[rule.ID] = true
		if before != nil {
			c.ours.alerts[rule.ID] = before.alerts[rule.ID]
		}
	}
}

// scrape stores the same random samples in both storages. Series that are gone
// are marked stale, as a scrape does.
func (c *recordingComparison) scrape(t *testing.T) {
	t.Helper()
	var samples []alert.Sample
	app := c.store.AppenderV2(t.Context())
	add := func(ls labels.Labels, v float64) {
		if _, err := app.Append(0, ls, 0, c.now.UnixMilli(), v, nil, nil, storage.AppendV2Options{}); err != nil {
			t.Fatal(err)
		}
	}
	scraped := map[string]labels.Labels{}
	for metric := range 3 {
		for host := range 3 {
			if c.r.IntN(4) == 0 {
				continue
			}
			ls := labels.FromStrings("__name__", fmt.Sprint("m", metric), "instance", fmt.Sprint("host-", host))
			v := []float64{0, 1, 2.5, math.Inf(1), math.NaN()}[c.r.IntN(5)]
			scraped[ls.String()] = ls
			add(ls, v)
			samples = append(samples, alert.Sample{Labels: alert.LabelsFromMap(ls.Map()), Value: v})
		}
	}
	for key, ls := range c.series {
		if _, still := scraped[key]; !still {
			add(ls, math.Float64frombits(value.StaleNaN))
		}
	}
	c.series = scraped
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := c.own.Record(t.Context(), "scrape", samples, c.now); err != nil {
		t.Fatal(err)
	}
}

// compareSeries returns what of the recorded series either storage has, and when
// it was recorded.
func (c *recordingComparison) compareSeries(t *testing.T) (theirs, ours []string) {
	t.Helper()
	for _, expr := range []string{`{__name__=~"r:.*"}`, "timestamp(r:a)", "timestamp(r:b)"} {
		vector, err := c.query(t.Context(), expr, c.now)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range vector {
			theirs = append(theirs, fmt.Sprintf("%s %s %v", expr, alert.LabelsFromMap(s.Metric.Map()), s.F))
		}
		samples, err := c.own.Query(t.Context(), expr, c.now)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range samples {
			ours = append(ours, fmt.Sprintf("%s %s %v", expr, s.Labels, s.Value))
		}
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	return theirs, ours
}
