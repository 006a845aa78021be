package standalone

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"
)

func TestQueryErrors(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.textfile(t, "job.prom", "x{a=\"1\"} 1\nx{a=\"2\"} 1\n")
	b.open(t).run(t)
	for name, tc := range map[string]struct {
		expr string
		kind error
		own  bool
	}{
		"syntax":  {`up{`, ErrRejected, true},
		"string":  {`"text"`, ErrRejected, true},
		"matrix":  {`up[5m]`, ErrRejected, true},
		"many":    {`x * on(job) x`, ErrRejected, true},
		"warning": {`quantile(7, up)`, ErrPartial, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := b.Query(t.Context(), tc.expr, time.Now())
			if got != nil || !errors.Is(err, tc.kind) {
				t.Fatalf("got %v, %v", got, err)
			}
			var fault interface{ Rejected() bool }
			if !errors.As(err, &fault) || fault.Rejected() != tc.own {
				t.Errorf("the query's own fault: want %v of %v", tc.own, err)
			}
		})
	}
}

func TestQueryGivenUp(t *testing.T) {
	t.Parallel()
	b := newBench(t).open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Query(ctx, "up", time.Now()); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, err := b.Query(late, "up", time.Now()); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestQueryValues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.textfile(t, "job.prom", "nan NaN\nendless +Inf\nmy_total 3\n")
	b.open(t).run(t)
	if got := b.value(t, "nan"); !math.IsNaN(got) {
		t.Errorf("got %v", got)
	}
	if got := b.value(t, "endless"); !math.IsInf(got, 1) {
		t.Errorf("got %v", got)
	}
	if got := b.value(t, "scalar(my_total) + 1"); got != 4 {
		t.Errorf("got %v", got)
	}
	if got := b.query(t, "rate(endless[1m])", time.Now()); len(got) > 1 { // an info annotation is no error
		t.Errorf("got %v", got)
	}
}
