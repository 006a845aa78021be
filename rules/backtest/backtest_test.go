package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
	"alertd/rules/backtest"
)

func epoch() time.Time { return time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC) }

// loaded is a Prometheus with one series at every 30 seconds from epoch on.
func loaded(t *testing.T, values ...float64) *prometheus {
	t.Helper()
	p := newPrometheus(t)
	p.load(t, `load{instance="a"}`, epoch(), 30*time.Second, values)
	return p
}

// repeat returns n times v.
func repeat(v float64, n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = v
	}
	return all
}

func over(expr string) *rules.Rule {
	return &rules.Rule{ID: "x", Name: "X", Expr: rules.Fixed(expr), Evidence: rules.Fixed("load"), OnMissing: rules.Keep, Unit: "%", Threshold: "> 5"}
}

func run(t *testing.T, p *prometheus, r *rules.Rule, lasting time.Duration) backtest.Report {
	t.Helper()
	reports, err := backtest.Run(t.Context(), options(p, r, lasting))
	if err != nil {
		t.Fatal(err)
	}
	return reports[0]
}

func options(p *prometheus, r *rules.Rule, lasting time.Duration) backtest.Options {
	return backtest.Options{
		Groups: []rules.Group{{Name: "g", Interval: 30 * time.Second, Rules: []*rules.Rule{r}}},
		From:   epoch(), To: epoch().Add(lasting), Querier: p,
	}
}

func TestIncident(t *testing.T) {
	p := loaded(t, 1, 1, 6, 9, 7, 1, 1, 8, 1, 6, 7)
	r := over("load > 5")
	r.For = time.Minute
	got := run(t, p, r, 5*time.Minute)
	if got.Evaluations != 11 || got.Firing != 1 || got.Ended != 2-1 || got.Failed != 0 || got.NoData {
		t.Errorf("got %+v", got)
	}
	if len(got.Incidents) != 1 {
		t.Fatalf("%d incidents: %+v", len(got.Incidents), got.Incidents)
	}
	i := got.Incidents[0]
	if i.Peak != 9 || i.Last != 7 || *i.Recovered != 1 || i.Duration(epoch()) != 30*time.Second || i.Began || i.Missing {
		t.Errorf("got %+v, recovered at %g", i, *i.Recovered)
	}
	if !i.ActiveAt.Equal(epoch().Add(time.Minute)) || !i.FiredAt.Equal(epoch().Add(2*time.Minute)) || got.FiringFor() != 30*time.Second {
		t.Errorf("active %s, fired %s, firing for %s", i.ActiveAt, i.FiredAt, got.FiringFor())
	}
}

// TestEdges: an incident under way at the range's ends says so.
func TestEdges(t *testing.T) {
	p := loaded(t, 9, 9, 9, math.NaN(), math.NaN())
	got := run(t, p, over("load > 5"), 20*time.Minute)
	if len(got.Incidents) != 1 || got.Firing != got.Evaluations {
		t.Fatalf("got %+v", got)
	}
	if i := got.Incidents[0]; !i.Began || !i.Missing || !i.ResolvedAt.IsZero() || i.Duration(epoch().Add(20*time.Minute)) != 20*time.Minute {
		t.Errorf("got %+v", i)
	}
}

func TestLowPeak(t *testing.T) {
	p := loaded(t, 9, 3, 1, 2, 9)
	if got := run(t, p, over("load < 5"), 2*time.Minute); got.Incidents[0].Peak != 1 || got.Incidents[0].Last != 2 {
		t.Errorf("got %+v", got.Incidents[0])
	}
}

func TestNoData(t *testing.T) {
	p := loaded(t, repeat(1, 10)...)
	if run(t, p, over("load > 5"), 5*time.Minute).NoData {
		t.Error("there was data")
	}
	r := over("none > 5")
	r.Evidence = rules.Fixed("none")
	if !run(t, p, r, 5*time.Minute).NoData {
		t.Error("there was no data, and nobody says so")
	}
}

// TestFewQueries: two days of a quiet rule are a handful of queries, none of
// more steps than Prometheus allows.
func TestFewQueries(t *testing.T) {
	p := loaded(t, repeat(1, 2*2880)...)
	run(t, p, over("load > 5"), 48*time.Hour)
	if len(p.ranges) > 6 || len(p.asked) > 0 {
		t.Errorf("%d range queries, %d instant ones", len(p.ranges), len(p.asked))
	}
}

// TestMovingExpression: an expression that changes at moments of its own is
// asked about in the ranges between them.
func TestMovingExpression(t *testing.T) {
	p := loaded(t, repeat(1, 240)...)
	r := over("")
	r.Expr = func(ts time.Time) string { return fmt.Sprintf("load > %d", 2-ts.Sub(epoch())/(30*time.Minute)) }
	got := run(t, p, r, 2*time.Hour-30*time.Second)
	if len(got.Incidents) != 1 || !got.Incidents[0].FiredAt.Equal(epoch().Add(time.Hour)) {
		t.Errorf("got %+v", got.Incidents)
	}
	if len(p.ranges) != 4 {
		t.Errorf("ranges of %v steps, want four", p.ranges)
	}
}

// TestRefusedForAWhile: a question refused at some moments is an error of those
// evaluations alone, which change nothing.
func TestRefusedForAWhile(t *testing.T) {
	p := loaded(t, append(repeat(9, 100), repeat(1, 500)...)...)
	from, to := epoch().Add(40*time.Minute), epoch().Add(60*time.Minute)
	p.refuse = func(_ string, start, end time.Time) error {
		if start.Before(to) && !end.Before(from) {
			return refused{errors.New("many-to-many matching not allowed")}
		}
		return nil
	}
	got := run(t, p, over("load > 5"), 4*time.Hour)
	if got.Failed != 40 || got.Err == nil || !got.GivenUp.IsZero() {
		t.Errorf("%d evaluations failed: %v, given up %s", got.Failed, got.Err, got.GivenUp)
	}
	if len(got.Incidents) != 1 || !got.Incidents[0].ResolvedAt.Equal(to) {
		t.Errorf("got %+v, want an end at %s, when the question was answered again", got.Incidents, to)
	}
}

// TestTooMuch: an answer that is too large is asked for in parts.
// A replay that would take hours is refused before it begins.
func TestTooManyEvaluations(t *testing.T) {
	o := options(newPrometheus(t), over("load > 5"), 9*365*24*time.Hour)
	o.Step = time.Millisecond
	if _, err := backtest.Run(t.Context(), o); !errors.Is(err, backtest.ErrTooMany) {
		t.Errorf("error %v", err)
	}
}

func TestTooMuch(t *testing.T) {
	p := loaded(t, repeat(9, 1000)...)
	p.refuse = func(_ string, start, end time.Time) error {
		if end.Sub(start) > 20*time.Minute {
			return refused{errors.New("the answer is larger than 16 MiB")}
		}
		return nil
	}
	got := run(t, p, over("load > 5"), 8*time.Hour)
	if got.Failed != 0 || got.Firing != got.Evaluations {
		t.Errorf("got %+v", got)
	}
}

func TestGivenUp(t *testing.T) {
	p := loaded(t, 1)
	p.refuse = func(string, time.Time, time.Time) error { return refused{errors.New("unknown function")} }
	got := run(t, p, over("load > 5"), 48*time.Hour)
	if got.Failed != got.Evaluations || got.GivenUp.IsZero() || len(p.asked)+len(p.ranges) > 2100 {
		t.Errorf("%d of %d failed, given up %s, after %d queries", got.Failed, got.Evaluations, got.GivenUp, len(p.asked)+len(p.ranges))
	}
}

func TestNobodyAnswers(t *testing.T) {
	p := loaded(t, 1)
	p.refuse = func(string, time.Time, time.Time) error { return away{errors.New("connection refused")} }
	_, err := backtest.Run(t.Context(), options(p, over("load > 5"), time.Hour))
	if err == nil || !strings.Contains(err.Error(), "rule X") || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.refuse = nil
	if _, err := backtest.Run(ctx, options(p, over("load > 5"), time.Hour)); err == nil {
		t.Error("a cancelled backtest succeeded")
	}
}

func TestProgress(t *testing.T) {
	p := loaded(t, repeat(1, 2000)...)
	o := options(p, over("load > 5"), 16*time.Hour)
	var last, times int
	o.Progress = func(done, total int) {
		if total != 1921 || done < last {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last, times = done, times+1
	}
	if _, err := backtest.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if last != 1921 || times < 3 {
		t.Errorf("told %d times, at last %d", times, last)
	}
}

// TestValues keeps every peak, and puts the most extreme series first.
func TestValues(t *testing.T) {
	values := repeat(1, 20_000)
	values[7777], values[12_345] = 99, -5
	p := newPrometheus(t)
	p.load(t, `load{instance="a"}`, epoch(), time.Second, values)
	p.load(t, `load{instance="b"}`, epoch(), time.Second, repeat(100, 20_000))
	o := options(p, over("load > 5"), 19_999*time.Second)
	o.Step = time.Second
	series, err := backtest.Values(t.Context(), o, o.Groups[0], o.Groups[0].Rules[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(series) != 2 || series[0].Labels.Get("instance") != "b" {
		t.Fatalf("got %d series, first %s", len(series), series[0].Labels)
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i, p := range series[1].Points {
		low, high = min(low, p.Value), max(high, p.Value)
		if i > 0 && p.At <= series[1].Points[i-1].At {
			t.Fatalf("point %d is not after the one before", i)
		}
	}
	if low != -5 || high != 99 || len(series[1].Points) > 3100 {
		t.Errorf("%d points from %g to %g", len(series[1].Points), low, high)
	}
	if series[1].Labels.Has(alert.MetricName) {
		t.Error("the metric's name is in the way of evidence that has none")
	}
}

func TestEmptyRange(t *testing.T) {
	o := options(loaded(t, 1), over("load > 5"), -time.Hour)
	if _, err := backtest.Run(t.Context(), o); err == nil {
		t.Error("a range that ends before it begins was replayed")
	}
}
