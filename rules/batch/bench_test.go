package batch_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"alertd/rules/batch"
)

// BenchmarkEngine tells what Prometheus's query engine alone takes for 1,000
// rules that find nothing, asked singly and together.
func BenchmarkEngine(b *testing.B) {
	s := newServer(b, everything())
	various := make([]string, 1000)
	for i := range various {
		various[i] = fmt.Sprintf(`max by (a) (rate(m_one{a="x", b="y"}[5m])) > %d`, 1_000_000+i)
	}
	for name, exprs := range map[string][]string{"alike": hosts(1000), "various": various} {
		for way, plan := range map[string][]batch.Request{"singly": batch.Alone(exprs), "together": new(batch.Planner).Plan(exprs)} {
			b.Run(name+"/"+way, func(b *testing.B) {
				began := cpuTime(b)
				for b.Loop() {
					for _, r := range plan {
						if samples, err := s.query(b.Context(), r.Expr, time.Unix(700, 0)); err != nil || len(samples) > 0 {
							b.Fatal(err, samples)
						}
					}
				}
				b.ReportMetric(float64(len(plan)), "requests/op")
				b.ReportMetric((cpuTime(b)-began).Seconds()*1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

// cpuTime is what this process has used, whoever else is busy on the machine.
func cpuTime(tb testing.TB) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkPlan(b *testing.B) {
	exprs := hosts(1000)
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			new(batch.Planner).Plan(exprs)
		}
	})
	b.Run("again", func(b *testing.B) {
		p := new(batch.Planner)
		for b.Loop() {
			p.Plan(exprs)
		}
	})
}
