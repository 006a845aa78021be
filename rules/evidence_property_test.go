package rules_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alertd/internal/alert"
	"alertd/rules"
)

// grammar makes random alerting expressions over the metrics a, b and c.
type grammar struct {
	*rand.Rand
	// plain leaves out what may go on without some of the metrics: set
	// operations but `and`, and aggregations.
	plain bool
}

func (g *grammar) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *grammar) selector() string {
	return g.pick("a", "b", "c") + g.pick("", "", `{i="1"}`, `{i=~"1|2"}`, `{j!="x"}`, `{j="x", i!="3"}`)
}

func (g *grammar) number() string { return fmt.Sprint(g.IntN(10)) }

func (g *grammar) grouping() string {
	return g.pick("", " by (i)", " by (j)", " without (j)", " by (i, j)", " without (i)")
}

func (g *grammar) matching() string {
	return g.pick("", "", " on (i)", " on (i, j)", " ignoring (j)", " on (j)", " on (i) group_left ()",
		" on (i) group_right ()", " on (i) group_left (j)", " ignoring (j) group_left ()", " on (j) group_right (i)")
}

func (g *grammar) comparison() string { return g.pick(">", ">=", "<", "<=", "==", "!=") }

// vector is an operand, which may be filtered itself.
func (g *grammar) vector(depth int) string {
	if depth <= 0 {
		return g.selector()
	}
	shapes := 8
	if !g.plain {
		shapes = 11
	}
	switch g.IntN(shapes) {
	case 0:
		return g.pick("abs", "sort", "ceil", "timestamp") + "(" + g.vector(depth-1) + ")"
	case 1:
		return "-(" + g.vector(depth-1) + ")"
	case 2:
		return "rate(" + g.selector() + "[5m])"
	case 3:
		return fmt.Sprintf("(%s) %s (%s)", g.vector(depth-1), g.pick("+", "-", "*", "/"), g.number())
	case 4:
		return fmt.Sprintf("(%s) %s%s (%s)", g.vector(depth-1), g.pick("+", "-", "*", "/"), g.matching(), g.vector(depth-1))
	case 5:
		return "(" + g.alert(depth-1) + ")"
	case 6:
		return fmt.Sprintf(`label_replace(%s, "k", "$1-", "i", "(.*)")`, g.vector(depth-1))
	case 7:
		return fmt.Sprintf("((%s) %s bool %s)", g.vector(depth-1), g.comparison(), g.number())
	case 8:
		return g.pick("sum", "count", "max", "min", "avg", "group", "stddev") + g.grouping() + " (" + g.vector(depth-1) + ")"
	case 9:
		return g.pick("topk", "bottomk") + g.grouping() + " (" + g.number() + ", " + g.vector(depth-1) + ")"
	default:
		return fmt.Sprintf("(%s) %s%s (%s)", g.vector(depth-1), g.pick("or", "and", "unless"), g.pick("", " on (i)", " ignoring (j)"), g.vector(depth-1))
	}
}

// alert is an expression that ends in something that filters.
func (g *grammar) alert(depth int) string {
	shapes := 6
	if !g.plain {
		shapes = 9
	}
	switch g.IntN(shapes) {
	case 0, 1:
		return fmt.Sprintf("%s %s %s", g.vector(depth-1), g.comparison(), g.number())
	case 2:
		return fmt.Sprintf("%s %s %s", g.number(), g.comparison(), g.vector(depth-1))
	case 3:
		return fmt.Sprintf("(%s) %s%s (%s)", g.vector(depth-1), g.comparison(), g.matching(), g.vector(depth-1))
	case 4:
		return fmt.Sprintf("(%s) %s scalar(%s)", g.vector(depth-1), g.comparison(), g.selector())
	case 5:
		return fmt.Sprintf("(%s) and%s (%s)", g.alert(depth-1), g.pick("", " on (i)", " ignoring (j)"), g.alert(depth-1))
	case 6:
		return fmt.Sprintf("(%s) %s%s (%s)", g.alert(depth-1), g.pick("or", "unless"), g.pick("", " on (i)", " ignoring (j)"), g.alert(depth-1))
	case 7:
		return g.pick("topk"+g.grouping()+" (2, ", "sum"+g.grouping()+" (", "count (", "max by (i) (") + g.alert(depth-1) + ")"
	default:
		return fmt.Sprintf("(%s) %s%s (%s)", g.alert(depth-1), g.pick("*", "+"), g.matching(), g.vector(depth-1))
	}
}

// randomSeries is a load in promqltest's notation in which the metrics end one
// after the other: a after an hour, b after two, c after three.
func randomSeries(r *rand.Rand) string {
	var load strings.Builder
	load.WriteString("load 1m\n")
	values := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "NaN", "_", "stale"}
	for hour, metric := range []string{"a", "b", "c"} {
		for _, i := range []string{"1", "2", "3"} {
			for _, j := range []string{"x", "y"} {
				if r.IntN(5) == 0 {
					continue
				}
				fmt.Fprintf(&load, "%s{i=%q, j=%q}", metric, i, j)
				for range 60 * (hour + 1) {
					load.WriteByte(' ')
					load.WriteString(values[r.IntN(len(values))])
				}
				load.WriteByte('\n')
			}
		}
	}
	return load.String()
}

// found returns the labels that the expression's result bears at a minute.
func (p prometheus) found(t *testing.T, expr string, minute int) (map[alert.Fingerprint]alert.Labels, error) {
	samples, err := p.query(t.Context(), expr, time.Unix(0, 0).Add(time.Duration(minute)*time.Minute))
	out := make(map[alert.Fingerprint]alert.Labels, len(samples))
	for _, s := range samples {
		ls := s.Labels.Without(alert.MetricName)
		out[ls.Fingerprint()] = ls
	}
	return out, err
}

// TestEvidenceHoldsInPrometheus asks Prometheus's engine thousands of random
// expressions and their evidence: what the expression returns the evidence has,
// and when the series are gone it has nothing.
func TestEvidenceHoldsInPrometheus(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	derived, returned, proven, failed := 0, 0, 0, 0
	for range 5 {
		p := newPrometheus(t, randomSeries(r))
		for range 500 {
			g := grammar{Rand: r, plain: r.IntN(2) == 0}
			expr := g.alert(3)
			evidence, err := rules.DeriveEvidence(expr)
			if err != nil {
				t.Fatalf("%s: %v", expr, err)
			}
			if evidence.Expr == "" {
				continue
			}
			derived++
			for _, minute := range []int{10, 33, 59, 90, 150} {
				breaches, err := p.found(t, expr, minute)
				if err != nil {
					break // many-to-many: no rule at all
				}
				alive, err := p.found(t, evidence.Expr, minute)
				if err != nil {
					// A filter may let through what can be matched, and the evidence
					// what cannot; the rule is then told to fail.
					failed++
					if !strings.Contains(err.Error(), "must") {
						t.Errorf("%s\nevidence %s: %v", expr, evidence.Expr, err)
					}
					continue
				}
				for fp, ls := range breaches {
					returned++
					if _, ok := alive[fp]; !ok {
						t.Errorf("at minute %d\n%s\nreturns %s, which is not in the evidence\n%s", minute, expr, ls, evidence.Expr)
					}
					delete(alive, fp)
				}
				proven += len(alive)
				if gone := gone(minute); g.plain && len(alive) > 0 && gone.MatchString(expr) {
					t.Errorf("at minute %d, without one of its metrics,\n%s\nhas evidence:\n%s\n%v", minute, expr, evidence.Expr, alive)
				}
			}
			if alive, err := p.found(t, evidence.Expr, 200); err != nil || len(alive) > 0 {
				t.Errorf("when all is gone, the evidence of\n%s\nis\n%s\nerror %v\n%v", expr, evidence.Expr, err, alive)
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d expressions with evidence; %d breaches, %d healthy series, %d times evidence that failed where the rule did not", derived, returned, proven, failed)
	if derived < 2000 || returned < 4000 || proven < 4000 || failed > derived/10 {
		t.Error("too few for a test")
	}
}

// gone matches an expression that selects a metric which has ended by the
// minute, give or take the five that Prometheus looks back.
func gone(minute int) *regexp.Regexp {
	switch {
	case minute > 125:
		return regexp.MustCompile(`\b(a|b)\b`)
	case minute > 65:
		return regexp.MustCompile(`\ba\b`)
	}
	return regexp.MustCompile(`$^`)
}

// TestAbsenceAndPresenceMeet asks Prometheus's engine: the evidence of what
// finds something absent is there exactly when it is not, with the same labels.
func TestAbsenceAndPresenceMeet(t *testing.T) {
	p := newPrometheus(t, `load 1m
		a{i="1", j="x", k="$1 q"} 1x30
		a{i="2", j="y"} 7x30
	`)
	for _, expr := range []string{
		`absent(a)`, `absent((a))`, `absent(a{i="1"})`, `absent(a{i="1", j="x"})`, `absent(a{i="1", i="1"})`, `absent(a{i="2", i!="1"})`,
		`absent(a{i=~"1", j="x"})`, `absent({__name__="a", i="2"})`, `absent({__name__=~"a", i="2"})`, `absent(a{i="1", m=""})`,
		`absent(a{k="$1 q"})`, `absent(a{i="1"} > 0)`, `absent(sum(a))`, `absent(a{i="1"}) == 1`, `absent(a{i="1"}) > 0`,
		`absent_over_time(a{i="1"}[10m])`, `absent_over_time(a{i="1"}[10m:1m])`, `absent_over_time((a > 5)[10m:1m])`, `absent(a{i="1"} offset 1m)`,
		`group(absent_over_time(a{i="1"}[10m]))`, `group by (i) (absent(a{i="1"}))`, `-absent(a{i="1"})`, `clamp_max(absent(a{i="2"}), 0.5)`,
		`label_replace(absent(a{i="1"}), "z", "$1", "i", "(.*)")`,
	} {
		evidence, err := rules.DeriveEvidence(expr)
		if err != nil || evidence.Expr == "" {
			t.Errorf("%s: evidence %+v, error %v", expr, evidence, err)
			continue
		}
		var absent, present map[alert.Fingerprint]alert.Labels
		for minute := range 120 {
			found, err := p.found(t, expr, minute)
			if err != nil {
				t.Fatal(err)
			}
			alive, err := p.found(t, evidence.Expr, minute)
			if err != nil {
				t.Fatalf("%s: %v", evidence.Expr, err)
			}
			if len(found)+len(alive) != 1 {
				t.Errorf("%s at minute %d: %v, and by its evidence %s: %v", expr, minute, found, evidence.Expr, alive)
			}
			if len(found) > 0 {
				absent = found
			} else {
				present = alive
			}
		}
		if diff := cmp.Diff(absent, present); absent == nil || diff != "" {
			t.Errorf("%s: absent and present (-, + %s) bear\n%s", expr, evidence.Expr, diff)
		}
	}
}

// TestWhatProvesARecovery follows one series of each rule over data of which
// something changes or ends in the middle.
func TestWhatProvesARecovery(t *testing.T) {
	p := newPrometheus(t, `load 1m
		high{i="1"} 9x60
		down{i="1"} 9x29 0x30
		gone{i="1"} 9x29
		gone{i="2"} 0x60
		late{i="1"} _x29 0x30
		zero{i="1"} 0x60
		zero{i="2"} 0x60
		few{i="1"} 9x29 0x30
		few{i="2"} 9x29 0x30
		ends{i="1"} 0x29
		number{i="1"} 9x29 NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN
	`)
	for expr, proven := range map[string]bool{
		`down > 5`:                                         true,
		`gone > 5`:                                         false,
		`number > 5`:                                       false, // no number proves nothing
		`down > 5 and zero < 1`:                            true,
		`gone > 5 and zero < 1`:                            false,
		`high > 5 and gone > 5`:                            false,
		`high > 5 and zero and down > 5`:                   true,
		`high > 5 unless late`:                             true, // the right side began to match
		`high unless late`:                                 true,
		`gone > 5 unless late`:                             false,
		`absent(late)`:                                     true,
		`absent(late) and on () ends`:                      false, // nobody is there to say so
		`absent(late) and on () zero`:                      true,
		`zero < 1 and on () absent(late)`:                  true,
		`absent(zero{i="3"}) unless on () late`:            true,
		`down > on (i) zero`:                               true,
		`high > on (i) ends`:                               false, // nothing to hold it against
		`down > ignoring (j) group_left () zero`:           true,
		`high > scalar(ends)`:                              false,
		`gone > scalar(ends)`:                              false,
		`down > scalar(zero{i="1"})`:                       true,
		`down > bool 5 == 1`:                               true,
		`abs(down > 5)`:                                    true,
		`(down > 5) * on (i) group_left () zero`:           true,
		`(down > 5) * on (i) group_left () ends`:           false,
		`3 < down < 20`:                                    true,
		`topk(1, down > 5)`:                                true,
		`count(few > 5) > 1`:                               true,
		`count(few > 5)`:                                   true,
		`count(gone > 5) > 0`:                              false, // the one that was counted is missing
		`sum by (i) (few > 5) / sum by (i) (zero + 1) > 1`: true,
		`max(few > 5) > 6`:                                 true,
	} {
		evidence, err := rules.DeriveEvidence(expr)
		if err != nil || evidence.Expr == "" {
			t.Errorf("%s: evidence %+v, error %v", expr, evidence, err)
			continue
		}
		r := &rules.Rule{ID: expr, Name: "X", Expr: rules.Fixed(expr), Evidence: rules.Fixed(evidence.Expr), OnMissing: rules.Keep}
		before := p.watch(t, r, nil, time.Unix(0, 0).Add(20*time.Minute))
		after := p.watch(t, r, before.Active, time.Unix(0, 0).Add(50*time.Minute))
		ended := 0
		for _, a := range after.Changed {
			if a.Resolution == alert.Recovered {
				ended++
			}
		}
		want := 0
		if proven {
			want = len(before.Active)
		}
		if len(before.Active) == 0 || ended != want {
			t.Errorf("%s: %d of %d alerts recovered by %s, want %d", expr, ended, len(before.Active), evidence.Expr, want)
		}
	}
}
