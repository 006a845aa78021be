package backtest_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"alertd/internal/alert"
	"alertd/rules"
	"alertd/rules/backtest"
	"alertd/rules/engine"
)

// lived is a store that remembers how alerts fired and ended.
type lived struct{ lines []string }

func (*lived) ActiveAlerts(context.Context) ([]alert.Alert, error) { return nil, nil }

func (*lived) Routing(context.Context, string) (string, error) { return "", nil }

func (*lived) EndedAlerts(context.Context, time.Time) ([]alert.Alert, error) { return nil, nil }

func (l *lived) CommitEvaluation(_ context.Context, e *alert.Evaluation) error {
	for i := range e.Upserts {
		a := &e.Upserts[i]
		if a.RuleID != "" && a.Name() != "RuleFailing" && (a.State == alert.Resolved || a.State == alert.Firing && a.FiredAt.Equal(e.At)) {
			l.lines = append(l.lines, line(a))
		}
	}
	return nil
}

const (
	scrape   = 30 * time.Second
	interval = 15 * time.Second
	lasting  = 2 * time.Hour
)

// watched is one group of every kind of rule that evaluates in its own way.
func watched(t *testing.T) rules.Group {
	t.Helper()
	group := rules.Group{Name: "all", Interval: interval, QueryOffset: 20 * time.Second}
	grace := model.Duration(5 * time.Minute)
	age := model.Duration(25 * time.Minute)
	off := false
	spec := rules.Spec{
		Cron: []rules.CronJob{
			{Name: "etl", Schedule: "*/20 * * * *", Grace: &grace, FailedFor: model.Duration(time.Minute)},
			{Name: "old", Prefix: "etl", MaxAge: &age},
		},
		Resources: rules.Resources{Enabled: &off}, Containers: rules.Containers{Enabled: &off},
		Interval: interval, MissingFor: 5 * time.Minute,
	}
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		group.Rules = append(group.Rules, g.Rules...)
	}
	file := func(name, expr string, wait, keep time.Duration, missing rules.OnMissing, labels map[string]string) *rules.Rule {
		r, err := rules.CompileFileRule(rulefmt.Rule{
			Alert: name, Expr: expr, For: model.Duration(wait), KeepFiringFor: model.Duration(keep), Labels: labels,
			Annotations: map[string]string{"summary": `{{ $labels.instance }} has {{ $value | humanize }}`},
		}, rulefmt.RuleGroup{}, missing)
		if err != nil {
			t.Fatal(err)
		}
		r.ID = "file/" + name
		group.Rules = append(group.Rules, r)
		return r
	}
	file("Flaps", "load > 65", 0, 0, rules.Keep, nil).Flapping = rules.Flapping{Firings: 3, Window: time.Hour, Stable: 4 * time.Minute}
	plain := file("Plain", "load > 80", 0, 0, rules.Resolve, nil)
	file("Held", "load > 70", 2*time.Minute, 3*time.Minute, rules.Keep, map[string]string{"of": "{{ $labels.instance }}"})
	file("Missing", "load < 20", 90*time.Second, 0, rules.AlertOnMissing, nil)
	file("Ended", "max_over_time(load[2m] @ end()) > 75", 0, 0, rules.Resolve, nil)
	file("Twins", "load > 75", 0, 0, rules.Resolve, map[string]string{"instance": "one"}) // fails where two are over
	file("Matched", "load > on (zone) group_left () max by (zone) (load offset 1m) * 0.95 and load > 60", 0, 0, rules.Resolve, nil)
	file("Refused", "max by (zone) (load) > on (zone) (load > 60) * 0.9", 0, 0, rules.Resolve, nil) // refused where two are over
	plain.Annotations = append(plain.Annotations, rules.Template{Name: "total", Text: `{{ with query "count(load)" }}{{ . | first | value }}{{ end }}`})
	clear := *plain
	clear.ID, clear.Name, clear.OnMissing = "clear", "Clear", rules.Keep
	clear.Clear = func(v float64) bool { return v <= 60 }
	group.Rules = append(group.Rules, &clear)
	return group
}

// past fills a Prometheus with a random past of what the rules watch.
func past(t *testing.T, seed uint64, start time.Time) *prometheus {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	p := newPrometheus(t)
	from, n := start.Add(-time.Hour), int((lasting+time.Hour)/scrape)
	calm := int((time.Hour + 10*time.Minute) / scrape) // nothing is wrong until the engine has begun
	for host := range 3 {
		values, v := make([]float64, n), 50.0
		gap := 0
		for i := range values {
			v = math.Min(math.Max(v+r.NormFloat64()*6, 0), 100)
			if i < calm {
				v = 50.5
			}
			values[i] = math.Round(v)
			if gap == 0 && i > calm && r.IntN(90) == 0 {
				gap = r.IntN(40)
			}
			if gap > 0 {
				gap--
				values[i] = math.NaN()
			}
		}
		p.load(t, fmt.Sprintf(`load{instance="host-%d", zone="z"}`, host), from, scrape, values)
	}
	status, success, last := make([]float64, n), make([]float64, n), float64(from.Unix())
	up := 1.0
	for i := range status {
		at := from.Add(time.Duration(i) * scrape)
		if at.Unix()%1200 == 30 {
			switch {
			case i < calm || r.IntN(5) < 2:
				up, last = 1, float64(at.Unix())
			case r.IntN(2) == 0:
				up = 0
			}
		}
		status[i], success[i] = up, last
		if i > calm && i%400 < 30 {
			status[i], success[i] = math.NaN(), math.NaN()
		}
	}
	p.load(t, `etl_last_run_status{instance="host-0", job="node"}`, from, scrape, status)
	p.load(t, `etl_last_success_timestamp{instance="host-0", job="node"}`, from, scrape, success)
	return p
}

// TestAgreesWithTheEngine: what a backtest says would have happened is what
// the engine, running over the same time, made happen.
func TestAgreesWithTheEngine(t *testing.T) {
	total, incidents := 0, map[string]int{}
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // synctest's
			p := past(t, seed, start)
			group := watched(t)
			store := &lived{}
			synctest.Test(t, func(t *testing.T) {
				e := engine.New(engine.Options{Store: store, Querier: p, Committed: func() {}, Concurrency: 1, Logger: slog.New(slog.DiscardHandler)})
				ctx, cancel := context.WithTimeout(t.Context(), lasting)
				defer cancel()
				e.Apply(&engine.Setup{
					Groups: []rules.Group{group}, Route: func(alert.Labels) []alert.GroupRef { return nil },
					Timeout: time.Minute, Interval: time.Hour,
				})
				if err := e.Run(ctx); err != nil {
					t.Error(err)
				}
			})
			// The engine evaluates once at its start, then at its slots.
			slots := slices.DeleteFunc(slices.Clone(p.asked), func(at time.Time) bool { return !at.After(start) })
			first := slices.MinFunc(slots, time.Time.Compare).Add(group.QueryOffset)
			p.asked = nil

			reports, err := backtest.Run(t.Context(), backtest.Options{
				Groups: []rules.Group{group}, From: first, To: start.Add(lasting - time.Nanosecond), Querier: p,
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range reports {
				for i := range r.Changes {
					a := r.Changes[i]
					if a.State == alert.Resolved {
						a.Annotations = nil
					}
					got = append(got, line(&a))
				}
			}
			want := store.lines
			slices.Sort(want)
			slices.Sort(got)
			for _, l := range got {
				if !slices.Contains(want, l) {
					t.Errorf("the backtest alone says: %s", l)
				}
			}
			for _, l := range want {
				if !slices.Contains(got, l) {
					t.Errorf("the engine alone says:   %s", l)
				}
			}
			for _, r := range reports {
				incidents[r.Rule.Name] += len(r.Incidents)
				if (r.Failed > 0) != slices.Contains([]string{"Twins", "Refused"}, r.Rule.Name) {
					t.Errorf("%s failed %d times: %v", r.Rule.Name, r.Failed, r.Err)
				}
			}
			total += len(want)
		})
	}
	for _, name := range []string{"Plain", "Held", "Clear", "Missing", "Ended", "Twins", "Matched", "Refused", "CronFailed", "CronMissed", "CronStale"} {
		if incidents[name] == 0 {
			t.Errorf("no incident of %s was compared: %v", name, incidents)
		}
	}
	if total < 250 {
		t.Errorf("only %d firings and ends were compared", total)
	}
}
