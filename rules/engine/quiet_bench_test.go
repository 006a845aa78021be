package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// silent is a Prometheus in which nothing is wrong.
type silent struct{}

func (silent) Query(context.Context, string, time.Time) ([]alert.Sample, error) { return nil, nil }

// BenchmarkQuietRules tells what evaluating 1,000 rules costs alertd itself
// when nothing breaches.
func BenchmarkQuietRules(b *testing.B) {
	alike, various := make([]*rules.Rule, 1000), make([]*rules.Rule, 1000)
	for i := range alike {
		alike[i] = testRule(fmt.Sprint("Down", i), time.Minute)
		alike[i].Expr = rules.Fixed(fmt.Sprintf(`up{instance="host-%d.example.org:9100"} == 0`, i))
		various[i] = testRule(fmt.Sprint("High", i), time.Minute)
		various[i].Expr = rules.Fixed(fmt.Sprintf("sum by (instance) (rate(errors_total[5m])) > %d", i))
	}
	jobs := make([]rules.CronJob, 200)
	for i := range jobs {
		jobs[i] = rules.CronJob{Name: fmt.Sprintf("job-%d", i), Schedule: "30 2 * * *", Timezone: "Europe/Paris"}
	}
	off := false
	spec := rules.Spec{Cron: jobs, Resources: rules.Resources{Enabled: &off}, Containers: rules.Containers{Enabled: &off}, Interval: time.Minute}
	groups, err := spec.Compile()
	if err != nil {
		b.Fatal(err)
	}
	for name, rs := range map[string][]*rules.Rule{"alike": alike, "various": various, "cron": groups[0].Rules} {
		b.Run(name, func(b *testing.B) {
			e := New(Options{Store: newFakeStore(), Querier: silent{}, Committed: func() {}, Concurrency: 4, Logger: quiet()})
			e.setup = testSetup(rs...)
			e.setup.Batch = true
			r := newRunner(e, e.setup.Groups[0])
			ts := time.Unix(1_700_000_000, 0)
			r.evaluate(b.Context(), ts)
			b.ReportAllocs()
			for b.Loop() {
				ts = ts.Add(time.Second)
				r.evaluate(b.Context(), ts)
			}
			b.ReportMetric(float64(len(rs)), "rules/op")
		})
	}
}
