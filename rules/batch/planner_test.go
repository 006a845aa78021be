package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/prometheus/promql/parser"

	"alertd/internal/alert"
	"alertd/rules/batch"
)

func TestPlan(t *testing.T) {
	for _, tt := range []struct {
		name  string
		exprs []string
		want  []string // requests: members, then the expression
	}{
		{"one", []string{"up == 0"}, []string{"[0] up == 0"}},
		{"none", nil, nil},
		{"alike", []string{`up{i="a"} == 0`, `up{i="b.c"}==0`}, []string{`[0 1] up{i=~"(?:a|b\\.c)"} == 0`}},
		{"alike by name", []string{"a_ok == 0", "b_ok == 0"}, []string{`[0 1] {__name__=~"a_ok|b_ok"} == 0`}},
		{
			"on both sides",
			[]string{`rate(bad{i="a"}[5m]) / rate(all{i="a"}[5m]) > 0.1`, `rate(bad{i="b"}[5m]) / rate(all{i="b"}[5m]) > 0.1`},
			[]string{`[0 1] rate(bad{i=~"a|b"}[5m]) / rate(all{i=~"a|b"}[5m]) > 0.1`},
		},
		{"the same twice", []string{"up == 0", "up == 0"}, []string{"[0 1] up == 0"}},
		{
			"different thresholds",
			[]string{`up{i="a"} < 1`, `up{i="b"} < 2`},
			[]string{`[0 1] label_replace(up{i="a"} < 1, "__alertd_rule__", "0", "", "") or label_replace(up{i="b"} < 2, "__alertd_rule__", "1", "", "")`},
		},
		{
			"a scalar and a comment",
			[]string{"time() > bool 1", "up # or down?"},
			[]string{"[0 1] label_replace(vector(time() > bool 1), \"__alertd_rule__\", \"0\", \"\", \"\") or label_replace(up # or down?\n, \"__alertd_rule__\", \"1\", \"\", \"\")"},
		},
		{
			"what must be asked alone",
			[]string{"up[5m]", `"text"`, "up ==", `up{__alertd_rule__="1"}`},
			[]string{"[0] up[5m]", `[1] "text"`, "[2] up ==", `[3] up{__alertd_rule__="1"}`},
		},
		{
			"a label that does not survive",
			[]string{`sum(up{i="a"})`, `sum(up{i="b"})`},
			[]string{`[0 1] label_replace(sum(up{i="a"}), "__alertd_rule__", "0", "", "") or label_replace(sum(up{i="b"}), "__alertd_rule__", "1", "", "")`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range new(batch.Planner).Plan(tt.exprs) {
				got = append(got, fmt.Sprint(r.Members, " ", r.Expr))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// hosts returns n expressions that differ in one label's value.
func hosts(n int) []string {
	exprs := make([]string, n)
	for i := range exprs {
		exprs[i] = fmt.Sprintf(`up{instance="host-%d.example.org:9100"} == 0`, i)
	}
	return exprs
}

func TestPlanKeepsToItsLimits(t *testing.T) {
	various := make([]string, 1000)
	for i := range various {
		various[i] = fmt.Sprintf("metric_%d > %d", i, i)
	}
	long := make([]string, 3)
	for i := range long {
		long[i] = fmt.Sprintf(`up{i="%d%s"} == 0`, i, strings.Repeat("x", 20_000))
	}
	for name, tt := range map[string]struct {
		exprs []string
		most  int
	}{"alike": {hosts(1000), 4}, "various": {various, 20}, "long": {long, 3}} {
		plan := new(batch.Planner).Plan(tt.exprs)
		if len(plan) > tt.most {
			t.Errorf("%s: %d requests for %d expressions", name, len(plan), len(tt.exprs))
		}
		for _, r := range plan {
			if len(r.Members) > 1 && len(r.Expr) > 16_384 {
				t.Errorf("%s: a request of %d bytes for %d expressions", name, len(r.Expr), len(r.Members))
			}
		}
	}
}

// Planning again what was planned before reads no expression again.
func TestPlanIsRemembered(t *testing.T) {
	exprs := hosts(100)
	p := new(batch.Planner)
	p.Plan(exprs)
	if allocations := testing.AllocsPerRun(10, func() { p.Plan(slices.Clone(exprs)) }); allocations > 1 {
		t.Errorf("%.0f allocations to plan the same again", allocations)
	}
	exprs[3] = "another > 1"
	if plan := p.Plan(exprs); !strings.Contains(plan[0].Expr, "another > 1") || strings.Contains(plan[0].Expr, "host-3.") {
		t.Errorf("a changed expression is not asked: %s", plan[0].Expr)
	}
}

func TestApart(t *testing.T) {
	exprs := []string{"a > 1", "b > 2", "c > 3"}
	p := new(batch.Planner)
	p.Apart("b > 2")
	if plan := p.Plan(exprs); len(plan) != 2 || plan[0].Expr != "b > 2" || !slices.Equal(plan[1].Members, []int{0, 2}) {
		t.Errorf("one apart: %+v", plan)
	}
	p.Rejoin("b > 2")
	if plan := p.Plan(exprs); len(plan) != 1 {
		t.Errorf("none apart: %+v", plan)
	}
}

func TestSplitRefusesWhatNobodyAskedFor(t *testing.T) {
	alike := new(batch.Planner).Plan(hosts(2))[0]
	joined := new(batch.Planner).Plan([]string{"up", "down"})[0]
	for _, tt := range []struct {
		request batch.Request
		labels  alert.Labels
	}{
		{alike, alert.LabelsFromStrings("instance", "another")},
		{alike, nil},
		{joined, nil},
		{joined, alert.LabelsFromStrings("__alertd_rule__", "2")},
		{joined, alert.LabelsFromStrings("__alertd_rule__", "x")},
	} {
		if parts, err := tt.request.Split([]alert.Sample{{Labels: tt.labels}}); err == nil {
			t.Errorf("%s in the answer to %s gave %v", tt.labels, tt.request.Expr, parts)
		}
	}
}

// FuzzPlan: whatever is planned, each expression is asked exactly once, and
// what is asked of several expressions parses.
func FuzzPlan(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(strings.Join(family(seed, 4), "\x00"))
	}
	f.Add("up{a=\"<value to come>\"}\x00up{a=\"b\"}\x00up{a='\\xff'}\x00up{`a b`=\"c\"}")
	f.Fuzz(func(t *testing.T, text string) {
		exprs := strings.Split(text, "\x00")
		asked := make([]int, len(exprs))
		for _, r := range new(batch.Planner).Plan(exprs) {
			for _, i := range r.Members {
				asked[i]++
			}
			if r.Expr == exprs[r.Members[0]] {
				continue
			}
			if _, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr); err != nil {
				t.Fatalf("%q gave %q: %v", exprs, r.Expr, err)
			}
			if !utf8.ValidString(r.Expr) && utf8.ValidString(text) {
				t.Fatalf("%q gave %q", exprs, r.Expr)
			}
			_, _ = r.Split([]alert.Sample{{}, {Labels: alert.LabelsFromStrings("__alertd_rule__", "1")}})
		}
		if slices.ContainsFunc(asked, func(n int) bool { return n != 1 }) {
			t.Fatalf("%q are asked %v times", exprs, asked)
		}
	})
}

// The pattern of any values matches these and nothing else.
func TestPatternsMatchTheirValuesOnly(t *testing.T) {
	for _, values := range [][]string{
		{"a", "b"}, {"a.x", "b.x"}, {"a.", "a."}, {"x", "x.y"}, {"aba", "aba.ba"}, {"ü.", "ö."}, {"(", ")"}, {"a|b", "c"}, {"\n.", "x"},
	} {
		exprs := make([]string, len(values))
		for i, v := range values {
			exprs[i] = fmt.Sprintf("up{i=%q}", v)
		}
		plan := new(batch.Planner).Plan(exprs)
		if len(plan) != 1 {
			t.Fatalf("%q: %d requests", values, len(plan))
		}
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(plan[0].Expr)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{"", "a", "ab", "ax", "a.x", "axx", "x.", "x.y", "xzy", "aba", "ba", "ü", "ü.", "\xc3.", "a|b", "c", "\n."} {
			matches := expr.(*parser.VectorSelector).LabelMatchers[0].Matches(other)
			if matches != slices.Contains(values, other) {
				t.Errorf("%s matches %q: %v", plan[0].Expr, other, matches)
			}
		}
	}
}
