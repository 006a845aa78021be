package rules_test

import (
	"testing"

	"alertd/rules"
)

func TestDeriveEvidence(t *testing.T) {
	for expr, want := range map[string]rules.Evidence{
		`x > 1`:                             {Expr: `x`, Threshold: `> 1`},
		`1 < x`:                             {Expr: `x`, Threshold: `> 1`},
		`1 == x`:                            {Expr: `x`, Threshold: `== 1`},
		`(x{a="b"} <= 0.5)`:                 {Expr: `x{a="b"}`, Threshold: `<= 0.5`},
		`rate(x[5m]) / y > 0.9`:             {Expr: `rate(x[5m]) / y`, Threshold: `> 0.9`},
		`x > 2 * 3`:                         {Expr: `x`, Threshold: `> 2 * 3`},
		`x > time() - 60`:                   {Expr: `x`, Threshold: `> time() - 60`},
		`x > 1 and y == 0`:                  {Expr: `(x) and (y)`, Threshold: `> 1`},
		`x > 1 and on (host) y`:             {Expr: `(x) and on (host) (y)`, Threshold: `> 1`},
		`x > 1 and on () hour() > 8`:        {Expr: `(x) and on () (hour())`, Threshold: `> 1`},
		`x > 1 unless on (host) y == 1`:     {Expr: `x`, Threshold: `> 1`},
		`x > 1 or y > 2`:                    {Expr: `(x) or (y)`, Threshold: `> 1`},
		`x > y`:                             {Expr: `(x) and (y)`},
		`x > on (host) y`:                   {}, // its labels are not x's
		`x > on (host) group_left () y`:     {},
		`x > bool 1`:                        {}, // always has a sample
		`x`:                                 {},
		`absent(x)`:                         {},
		`vector(1)`:                         {},
		`predict_linear(x[1h], 3600) < 0`:   {Expr: `predict_linear(x[1h], 3600)`, Threshold: `< 0`},
		`count by (a) (x) != 3`:             {Expr: `count by (a) (x)`, Threshold: `!= 3`},
		`max_over_time((x > 1)[5m:1m]) > 1`: {Expr: `max_over_time((x > 1)[5m:1m])`, Threshold: `> 1`},
	} {
		got, err := rules.DeriveEvidence(expr)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, error %v, want %+v", expr, got, err, want)
		}
	}
	if _, err := rules.DeriveEvidence("x >"); err == nil {
		t.Error("an expression that does not parse has evidence")
	}
}

func FuzzDeriveEvidence(f *testing.F) {
	for _, expr := range []string{`x > 1`, `1 < x and on () y`, `x unless y`, `(x or y) > 1`, `x > bool 1`} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		got, err := rules.DeriveEvidence(expr)
		if err != nil || got.Expr == "" {
			return
		}
		if _, err := rules.NewParser().ParseExpr(got.Expr); err != nil {
			t.Errorf("the evidence %q of %q does not parse: %v", got.Expr, expr, err)
		}
	})
}
