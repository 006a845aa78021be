// Package batch makes few questions of many: instant queries that are due at
// the same time are put to Prometheus together, and the answer is taken apart
// again. To a Prometheus an HTTP request costs far more than evaluating a
// usual expression.
//
// Expressions alike but for the value of one equality matcher become one
// expression that selects all the values (label=~"a|b"), where the label
// provably tells the results apart. What is left is joined by `or`, each
// expression marked by a label of its own. Either way every expression gets
// exactly what it would have got alone, or the request as a whole fails.
//
// The package is pure: it asks nobody and keeps no time.
package batch

import (
	"slices"

	"alertd/internal/alert"
)

// What one request may hold at most. VictoriaMetrics refuses queries of more
// than 16 KiB by default (-search.maxQueryLen); the others take more.
const (
	maxBytes  = 16_000 // of the request's expression
	maxJoined = 50     // expressions joined by `or`
	// Prometheus looks so many alternatives up in its index; it holds more of
	// them against every value of the label (maxSetMatches in model/labels).
	maxAlternatives = 255
)

// Planner plans which expressions are asked together. It remembers the latest
// plan and what it read from each expression, so that planning the same
// expressions again costs a comparison. A Planner is not for concurrent use.
type Planner struct {
	known map[string]*question // by expression, those of the latest plan
	apart map[string]struct{}
	exprs []string
	plan  []Request
}

// Request is one question, and for whom it is asked.
type Request struct {
	Expr string
	// Members are the positions, in what was planned, of the expressions that
	// the request answers.
	Members []int

	units []unit
}

// Plan returns requests that together ask every expression once: each of the
// positions in exprs is a member of exactly one. An expression that cannot be
// asked together with others, or does not parse, has a request to itself, with
// its text unchanged. The plan is the planner's: do not change it.
func (p *Planner) Plan(exprs []string) []Request {
	if p.plan != nil && slices.Equal(p.exprs, exprs) {
		return p.plan
	}
	known := make(map[string]*question, len(exprs))
	questions := make([]*question, len(exprs))
	for i, text := range exprs {
		q := known[text]
		if q == nil {
			if q = p.known[text]; q == nil {
				q = read(text)
			}
			known[text] = q
		}
		if _, apart := p.apart[text]; apart {
			q = &question{text: text}
		}
		questions[i] = q
	}
	p.known, p.exprs, p.plan = known, slices.Clone(exprs), join(unite(questions))
	return p.plan
}

// Apart lets plans from now on ask the expression alone.
func (p *Planner) Apart(expr string) {
	if p.apart == nil {
		p.apart = map[string]struct{}{}
	}
	p.apart[expr], p.plan = struct{}{}, nil
}

// Rejoin takes Apart back.
func (p *Planner) Rejoin(expr string) {
	delete(p.apart, expr)
	p.plan = nil
}

// Alone returns requests that each ask one expression as it stands.
func Alone(exprs []string) []Request {
	plan := make([]Request, len(exprs))
	for i, text := range exprs {
		plan[i] = join([]unit{{expr: text, members: []int{i}}})[0]
	}
	return plan
}

// Split returns each member's part of the request's answer, in the order of
// Members. An answer that cannot be told apart is an error: the server does not
// do with labels what Prometheus does. Members with the same expression share
// their samples.
func (r *Request) Split(samples []alert.Sample) ([][]alert.Sample, error) {
	out := make([][]alert.Sample, len(r.Members))
	for _, s := range samples {
		u := &r.units[0]
		if len(r.units) > 1 {
			var err error
			if u, s, err = r.unmark(s); err != nil {
				return nil, err
			}
		}
		owners, err := u.owners(s)
		if err != nil {
			return nil, err
		}
		for _, i := range owners {
			out[i] = append(out[i], s)
		}
	}
	return out, nil
}
