package backtest

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"alertd/internal/alert"
	"alertd/rules"
)

const (
	// maxSteps is how many evaluations one query answers: well below the 11,000
	// of Prometheus, so that a thousand series still fit into an answer.
	maxSteps = 2000
	// maxRefused is how many evaluations in a row may be refused, each at the
	// cost of a query, before a rule is given up: whatever is wrong with it lasts.
	maxRefused = 2000
)

// history answers one expression of a rule, evaluation after evaluation.
type history struct {
	querier Querier
	expr    rules.Expression
	at      func(i int) time.Time // when the i-th evaluation asks
	step    time.Duration
	count   int // of evaluations

	chunk int // evaluations to ask about at once
	first int // the evaluation that answers[0] is for
	// answers has the samples of the evaluations known, until the next query.
	answers [][]alert.Sample
	err     error // instead of answers, where one evaluation alone was refused
}

// samples returns the answer for the i-th evaluation. fatal means that nobody
// answers; err is that of the question at that moment.
func (h *history) samples(ctx context.Context, i int) (found []alert.Sample, err, fatal error) {
	if i < h.first || i >= h.first+len(h.answers) {
		if fatal := h.load(ctx, i); fatal != nil {
			return nil, nil, fatal
		}
	}
	return h.answers[i-h.first], h.err, nil
}

// load asks about the evaluations from i on, as many as share one text and fit
// into one answer. What is refused is asked again about half as many: a query
// over a range fails where any of its moments does.
func (h *history) load(ctx context.Context, i int) error {
	text := h.expr(h.at(i))
	h.chunk = max(1, min(2*h.chunk, maxSteps))
	if !rangeable(text) {
		h.chunk = 1
	}
	n := 1
	for n < h.chunk && i+n < h.count && h.expr(h.at(i+n)) == text {
		n++
	}
	for {
		answers, err := h.ask(ctx, text, i, n)
		if err == nil {
			h.first, h.answers, h.err = i, answers, nil
			return nil
		}
		splits := refused(err) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
		if splits && n > 1 {
			n /= 2
			h.chunk = n
			continue
		}
		if !refused(err) {
			return err
		}
		h.first, h.answers, h.err = i, make([][]alert.Sample, 1), err
		h.chunk = 0 // the next alone too: what is refused mostly lasts a while
		return nil
	}
}

// ask asks about n evaluations from the i-th on.
func (h *history) ask(ctx context.Context, text string, i, n int) ([][]alert.Sample, error) {
	if n == 1 {
		samples, err := h.querier.Query(ctx, text, h.at(i))
		return [][]alert.Sample{samples}, err
	}
	start := h.at(i)
	series, err := h.querier.QueryRange(ctx, text, start, h.at(i+n-1), h.step)
	if err != nil {
		return nil, err
	}
	answers := make([][]alert.Sample, n)
	for _, s := range series {
		for _, p := range s.Points {
			k := int((time.Duration(p.At-start.UnixMilli())*time.Millisecond + h.step/2) / h.step)
			if k >= 0 && k < n {
				answers[k] = append(answers[k], alert.Sample{Labels: s.Labels, Value: p.Value})
			}
		}
	}
	return answers, nil
}

// refused tells whether the question is at fault, not the one who was asked.
func refused(err error) bool {
	r, ok := errors.AsType[interface {
		error
		Rejected() bool
	}](err)
	return ok && r.Rejected()
}

// rangeable tells whether a range query answers for each moment what an instant
// query there does: not where the expression names the range's start or end.
func rangeable(text string) bool {
	e, err := rules.NewParser().ParseExpr(text)
	if err != nil {
		return true // Prometheus will say what is wrong with it
	}
	same := true
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			same = same && n.StartOrEnd == 0
		case *parser.SubqueryExpr:
			same = same && n.StartOrEnd == 0
		}
		return nil
	})
	return same
}
