package rules_test

import (
	"testing"

	"alertd/rules"
)

func TestDeriveEvidence(t *testing.T) {
	for expr, want := range map[string]rules.Evidence{
		`x > 1`:                                  {Expr: `x`, Threshold: `> 1`},
		`1 < x`:                                  {Expr: `x`, Threshold: `> 1`},
		`1 == x`:                                 {Expr: `x`, Threshold: `== 1`},
		`(x{a="b"} <= 0.5)`:                      {Expr: `x{a="b"}`, Threshold: `<= 0.5`},
		`rate(x[5m]) / y > 0.9`:                  {Expr: `rate(x[5m]) / y`, Threshold: `> 0.9`},
		`x > 2 * 3`:                              {Expr: `x`, Threshold: `> 2 * 3`},
		`x > time() - 60`:                        {Expr: `x`, Threshold: `> time() - 60`},
		`x > 1 and y == 0`:                       {Expr: `(x) and (y)`, Threshold: `> 1`},
		`x > 1 and on (host) y`:                  {Expr: `(x) and on (host) (y)`, Threshold: `> 1`},
		`x > 1 and on () hour() > 8`:             {Expr: `(x) and on () (hour())`, Threshold: `> 1`},
		`x > 1 unless on (host) y == 1`:          {Expr: `x`, Threshold: `> 1`},
		`x > 1 or y > 2`:                         {Expr: `(x) or (y)`, Threshold: `> 1`},
		`x > y`:                                  {Expr: `((x) >= (y)) or ((x) < (y))`},
		`x != y`:                                 {Expr: `((x) != (y)) or ((x) == (y))`},
		`x > on (host) y`:                        {Expr: `((x) >= on (host) (y)) or ((x) < on (host) (y))`},
		`x > on (host) group_left (a) y`:         {Expr: `((x) >= on (host) group_left (a) (y)) or ((x) < on (host) group_left (a) (y))`},
		`x > scalar(y)`:                          {Expr: `((x) >= (scalar(y))) or ((x) < (scalar(y)))`, Threshold: `> scalar(y)`},
		`scalar(y) > x`:                          {Expr: `((x) >= (scalar(y))) or ((x) < (scalar(y)))`, Threshold: `< scalar(y)`},
		`1 < x < 5`:                              {Expr: `x`, Threshold: `< 5`},
		`x and y > 1`:                            {Expr: `(x) and (y)`},
		`x and y`:                                {}, // what is missing, and what is no longer so?
		`x unless y`:                             {Expr: `x`},
		`x / (y > 0) > 1`:                        {Expr: `x / (y > 0)`, Threshold: `> 1`},
		`(x > 1) * on (a) group_left () y`:       {Expr: `(x) * on (a) group_left () (y)`},
		`abs(x > 1)`:                             {Expr: `abs(x)`},
		`label_replace(x > 1, "a", "b", "", "")`: {Expr: `label_replace(x, "a", "b", "", "")`},
		`topk(3, x) > 1`:                         {Expr: `x`, Threshold: `> 1`},
		`topk(3, x)`:                             {Expr: `x`},
		`a>b>c>d>e>f>g>h`:                        {}, // its length would double with each
		`sum(x) > 1`:                             {Expr: `sum(x)`, Threshold: `> 1`},
		`sum(x)`:                                 {},
		`sum(rate(x[5m]) > 1)`:                   {}, // who would say that none is missing?
		`count by (a) (x > 1) > 3`: {
			Expr:      `(count by (a) (x > 1)) or ((0 * count by (a) (x)) unless ((count by (a) (last_over_time(x[1h]))) > (count by (a) (x))))`,
			Threshold: `> 3`,
		},
		`absent(x{a="$1", b=~"c"}) == 1`:    {Expr: `label_replace(0 * group(x{a="$1",b=~"c"}), "a", "$$1", "", "")`, Threshold: `== 1`},
		`absent_over_time(x[5m])`:           {Expr: `0 * group(present_over_time(x[5m]))`},
		`absent(x) or y > 1`:                {Expr: `((absent(x)) or (0 * group(x))) or (y)`},
		`x > bool 1`:                        {}, // always has a sample
		`x`:                                 {},
		`absent(x)`:                         {Expr: `0 * group(x)`},
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
	for _, expr := range []string{`x > 1`, `1 < x and on () y`, `x unless y`, `(x or y) > 1`, `x > bool 1`, `absent(x{a="b"})`, `count(x > 1) > 2`, `topk(1, x > on (a) group_left (b) y)`} {
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
