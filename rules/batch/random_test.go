package batch_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// author writes random expressions. Two authors with equal seeds write the same
// but for the values of one label.
type author struct {
	*rand.Rand
	label, value string // whatever else is written, the label's value is this
}

func (a author) pick(from ...string) string { return from[a.IntN(len(from))] }

func (a author) matcher() string {
	label := a.pick(labelNames()...)
	value := a.pick(labelValues()...)
	if op := a.IntN(8); op > 1 {
		if label == a.label {
			value = a.value
		}
		return fmt.Sprintf("%s=%q", label, value)
	}
	return a.pick(label+`!=""`, label+`=~"x|y"`, label+`=~".+"`, label+`!~"x.*"`, label+`!="x"`, label+`=""`)
}

func (a author) selector() string {
	var matchers []string
	for range 1 + a.IntN(3) {
		matchers = append(matchers, a.matcher())
	}
	name := a.pick("m_one", "m_two", "m_three", "job:rec", "m_one", "m_two", "native", "d_bucket")
	if a.label == "__name__" && a.IntN(5) > 0 {
		name = a.value
	}
	switch a.IntN(12) {
	case 0:
		return fmt.Sprintf("{__name__=%q,%s}", name, strings.Join(matchers, ","))
	case 1:
		return fmt.Sprintf(`{__name__=~"m_one|m_two",%s}`, strings.Join(matchers, ","))
	case 2:
		return name
	default:
		return fmt.Sprintf("%s{%s}", name, strings.Join(matchers, ", "))
	}
}

func (a author) modifier() string {
	if a.IntN(5) > 0 {
		return ""
	}
	return a.pick(" offset 2m", " @ 600", " @ end()", " offset -1m", " @ 500.123 offset 30s")
}

func (a author) matrix(depth int) string {
	if depth > 0 && a.IntN(4) == 0 {
		return fmt.Sprintf("(%s)[4m:%s]%s", a.vector(depth-1), a.pick("1m", "30s", ""), a.modifier())
	}
	return fmt.Sprintf("%s[%s]%s", a.selector(), a.pick("2m", "5m", "90s"), a.modifier())
}

func (a author) list(keyword string) string {
	return keyword + " (" + a.pick("", "a", "b", "a, b", "b, c", "a, b, c", "le", "__name__", "a, __name__") + ")"
}

func (a author) scalar(depth int) string {
	switch a.IntN(8) {
	case 0:
		return fmt.Sprintf("scalar(%s)", a.vector(max(depth-1, 0)))
	case 1:
		return "time()"
	case 2:
		return "(2 > bool 1)"
	default:
		return a.pick("0", "1", "3", "0.5", "-1", "1e3", "NaN", "Inf")
	}
}

// vector writes an expression whose result is a vector.
func (a author) vector(depth int) string {
	if depth == 0 {
		return a.selector() + a.modifier()
	}
	switch a.IntN(13) {
	case 0, 1:
		op, param, _ := strings.Cut(a.pick("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile 0.5,", "topk 2,", "bottomk 1,", `count_values "b",`, `count_values "a",`), " ")
		return fmt.Sprintf("%s %s (%s %s)", op, a.pick("", a.list("by"), a.list("without")), param, a.vector(depth-1))
	case 2:
		op := a.pick("sum", "max", "avg", "count", "group")
		return fmt.Sprintf("%s %s (%s)", op, a.pick(a.list("by"), a.list("without")), a.vector(depth-1))
	case 3, 4:
		f := a.pick("rate", "increase", "changes", "avg_over_time", "max_over_time", "last_over_time", "first_over_time", "count_over_time",
			"present_over_time", "absent_over_time", "deriv", "resets", "idelta", "sum_over_time", "stddev_over_time")
		return fmt.Sprintf("%s(%s)", f, a.matrix(depth))
	case 5:
		f := a.pick("abs", "ceil", "-", "sgn", "absent", "sort", "sort_desc", "timestamp", "hour", "+", "round", "histogram_count", "histogram_sum")
		return fmt.Sprintf("%s(%s)", f, a.vector(depth-1))
	case 6:
		return a.pick(
			fmt.Sprintf("clamp_max(%s, %s)", a.vector(depth-1), a.scalar(depth)),
			fmt.Sprintf("histogram_quantile(0.9, %s)", a.vector(depth-1)),
			fmt.Sprintf("vector(%s)", a.scalar(depth)),
			fmt.Sprintf(`label_replace(%s, %q, "$1z", "b", "(.*)")`, a.vector(depth-1), a.pick("a", "b", "c", "__name__")),
			fmt.Sprintf(`label_join(%s, %q, "-", "a", "b")`, a.vector(depth-1), a.pick("a", "d")),
		)
	case 7, 8:
		op := a.pick("+", "-", "*", "/", "==", "!=", ">", "<", ">=", "> bool", "== bool", "%")
		if a.IntN(2) == 0 {
			return fmt.Sprintf("%s %s %s", a.scalar(depth), op, a.group(depth))
		}
		return fmt.Sprintf("%s %s %s", a.group(depth), op, a.scalar(depth))
	case 9, 10:
		op := a.pick("+", "-", "/", "==", ">", "<=", "> bool")
		return fmt.Sprintf("%s %s %s %s", a.group(depth), op,
			a.pick("", "", a.list("on"), a.list("ignoring"), "on (a) group_left ()", "on (b) group_right ()", "ignoring (b) group_left (c)", "on (b) group_left (a)"), a.group(depth))
	default:
		return fmt.Sprintf("%s %s %s %s", a.group(depth), a.pick("and", "unless", "or"),
			a.pick("", "", a.list("on"), a.list("ignoring")), a.group(depth))
	}
}

func (a author) group(depth int) string { return "(" + a.vector(depth-1) + ")" }

// fixed writes a selector that asks for the author's own label and value.
func (a author) fixed() string {
	name := a.pick("m_one", "m_two", "m_three")
	if a.label == "__name__" {
		return a.value + a.pick("", `{b="x"}`)
	}
	return fmt.Sprintf("%s{%s=%q}", name, a.label, a.value)
}

// close writes a small expression with the author's label and value in it for
// certain.
func (a author) close() string {
	other := a.pick(a.fixed(), a.fixed(), a.selector())
	match := a.pick("", a.list("on"), a.list("ignoring"))
	switch a.IntN(6) {
	case 0:
		return fmt.Sprintf("%s %s %s %s", a.fixed(), a.pick("and", "unless", "or"), match, other)
	case 1:
		return fmt.Sprintf("%s %s %s %s", other, a.pick("and", "unless", "or"), match, a.fixed())
	case 2:
		return fmt.Sprintf("%s %s %s sum %s (%s)", a.fixed(), a.pick("+", ">", "== bool"),
			a.pick("on (b) group_left ()", "on (b) group_left (a)", "on (b, c) group_left (a)", "on (a) group_left ()"), a.list("by"), other)
	case 3:
		return fmt.Sprintf("sum %s (%s) %s %s sum %s (%s)", a.list("by"), a.fixed(), a.pick("+", "<=", "!= bool"), match, a.list("by"), other)
	case 4:
		op, param, _ := strings.Cut(a.pick("sum", "quantile 0.5,", "topk 2,", "bottomk 1,", `count_values "a",`), " ")
		return fmt.Sprintf("%s %s (%s %s)", op, a.pick("", a.list("by"), a.list("without")), param, a.fixed())
	default:
		return fmt.Sprintf("%s %s %s", a.fixed(), a.pick("==", "> bool", "<", "+"), a.scalar(1))
	}
}

// expression writes what a rule might ask.
func (a author) expression() string {
	switch a.IntN(12) {
	case 0:
		return a.scalar(1)
	case 1:
		return a.selector() + " == 0 # a comment"
	case 2, 3, 4, 5:
		return a.close()
	default:
		return a.vector(a.IntN(4))
	}
}

// family writes expressions alike but for one label's value; some of them may
// not differ at all.
func family(seed, size uint64) []string {
	choose := author{Rand: rand.New(rand.NewPCG(seed, 0))}
	label := choose.pick("a", "a", "b", "__name__")
	var all []string
	for range size {
		values := labelValues()
		if label == "__name__" {
			values = []string{"m_one", "m_two", "m_three", "job:rec"}
		}
		same := author{Rand: rand.New(rand.NewPCG(seed, 1)), label: label, value: choose.pick(values...)}
		all = append(all, same.expression())
	}
	return all
}
