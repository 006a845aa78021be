package rules

import (
	"testing"
	"time"
)

func TestWithBound(t *testing.T) {
	for _, c := range []struct{ expr, bound, changed string }{
		{"up > 90", "> 90", "up > 80"},
		{"90 < up", "> 90", "80 < up"},
		{"(up >= 0.9 * 100) and on (instance) node == 1", ">= 90", "(up >= 80) and on (instance) node == 1"},
		{"up < -5 unless down", "< -5", "up < 80 unless down"},
		{"1 - free / (size > 0) > (1024 + 1) / 5", "> 205", "1 - free / (size > 0) > 80"},
		{"up == 0", "== 0", "up == 80"},
		{"up > bool 1", "", ""},
		{"up > down", "", ""},
		{"up > scalar(down)", "", ""},
		{"up > 1 or down > 1", "", ""},
		{"absent(up)", "", ""},
		{"up", "", ""},
	} {
		r := &Rule{Name: "X", Expr: Fixed(c.expr), Unit: "%"}
		got, ok := r.Bound(time.Unix(0, 0))
		if ok != (c.bound != "") || ok && got.String() != c.bound {
			t.Errorf("%s is held against %q (%v), want %q", c.expr, got, ok, c.bound)
		}
		changed, err := r.WithBound(80)
		if (err == nil) != ok {
			t.Errorf("%s with 80: %v", c.expr, err)
			continue
		}
		if err == nil && (changed.Expr(time.Unix(1, 0)) != c.changed || r.Expr(time.Unix(0, 0)) != c.expr) {
			t.Errorf("%s with 80 is %s, want %s", r.Expr(time.Unix(0, 0)), changed.Expr(time.Unix(1, 0)), c.changed)
		}
	}
	r := &Rule{Name: "CronMissed", Unit: "timestamp", Expr: func(ts time.Time) string { return "success < 5" }}
	if _, err := r.WithBound(80); err == nil {
		t.Error("a bound that moves on was replaced")
	}
}
