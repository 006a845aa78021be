package lint

import (
	"maps"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// labelSet is which labels the elements of a result can bear, as far as the
// expression alone tells.
type labelSet struct {
	closed bool                   // no label but those of may
	may    map[string]bool        // meaningful where closed
	lost   map[string]parser.Node // certainly not there, and what took them, where not closed
	by     parser.Node            // what closed it
	// must are labels that are there on every element or, of a scraped metric
	// or a grouping, that one has every reason to expect; with their value
	// where it is known.
	must map[string]string
	// from are the selectors that the labels come from.
	from []*parser.VectorSelector
}

// has tells whether an element may bear the label.
func (l labelSet) has(name string) bool {
	if l.closed {
		return l.may[name]
	}
	return l.lost[name] == nil
}

// dropper returns the part of the expression that took the label away.
func (l labelSet) dropper(name string) parser.Node {
	if l.closed {
		return l.by
	}
	return l.lost[name]
}

func (l labelSet) clone() labelSet {
	l.may, l.lost, l.must = maps.Clone(l.may), maps.Clone(l.lost), maps.Clone(l.must)
	return l
}

// only returns the set with no labels but the named ones.
func (l labelSet) only(by parser.Node, names []string) labelSet {
	out := labelSet{closed: true, may: map[string]bool{}, must: map[string]string{}, by: by, from: l.from}
	if l.closed && slices.ContainsFunc(names, func(n string) bool { return !l.may[n] }) {
		out.by = l.by // blame the one below, which lacks them already
	}
	for _, n := range names {
		if l.has(n) {
			out.may[n] = true
			out.must[n] = l.must[n]
		}
	}
	return out
}

// without returns the set without the named labels.
func (l labelSet) without(by parser.Node, names []string) labelSet {
	out := l.clone()
	for _, n := range names {
		delete(out.must, n)
		if out.closed {
			delete(out.may, n)
		} else if out.lost[n] == nil {
			out.lost[n] = by
		}
	}
	return out
}

// with returns the set with one more label.
func (l labelSet) with(name string) labelSet {
	out := l.clone()
	delete(out.must, name) // its value may be empty
	delete(out.lost, name)
	if out.closed {
		out.may[name] = true
	}
	return out
}

// or returns what is in either of two sets.
func (l labelSet) or(other labelSet) labelSet {
	out := labelSet{closed: l.closed && other.closed, may: map[string]bool{}, lost: map[string]parser.Node{}, must: map[string]string{}, by: l.by}
	out.from = append(slices.Clone(l.from), other.from...)
	for name, value := range l.must {
		if theirs, both := other.must[name]; both {
			out.must[name] = ""
			if theirs == value {
				out.must[name] = value
			}
		}
	}
	if out.closed {
		maps.Copy(out.may, l.may)
		maps.Copy(out.may, other.may)
		return out
	}
	for _, pair := range [][2]labelSet{{l, other}, {other, l}} {
		for name, by := range pair[0].lost {
			if !pair[1].has(name) {
				out.lost[name] = by
			}
		}
	}
	return out
}

// none is the labels of a result that has none.
func none(by parser.Node) labelSet {
	return labelSet{closed: true, may: map[string]bool{}, must: map[string]string{}, by: by}
}

// labelsOf returns which labels the elements of e's result can bear.
func labelsOf(e parser.Expr) labelSet {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return selected(e)
	case *parser.MatrixSelector:
		return labelsOf(e.VectorSelector)
	case *parser.SubqueryExpr:
		return labelsOf(e.Expr)
	case *parser.ParenExpr:
		return labelsOf(e.Expr)
	case *parser.UnaryExpr:
		return labelsOf(e.Expr)
	case *parser.StepInvariantExpr:
		return labelsOf(e.Expr)
	case *parser.AggregateExpr:
		return aggregated(e)
	case *parser.BinaryExpr:
		return combined(e)
	case *parser.Call:
		return called(e)
	}
	return none(e)
}

func selected(e *parser.VectorSelector) labelSet {
	out := labelSet{lost: map[string]parser.Node{}, must: map[string]string{}, from: []*parser.VectorSelector{e}}
	if scraped(e.Name) {
		out.must[model.InstanceLabel], out.must[model.JobLabel] = "", ""
	}
	for _, m := range e.LabelMatchers {
		switch {
		case m.Name == model.MetricNameLabel:
		case m.Type == labels.MatchEqual && m.Value == "":
			out.lost[m.Name] = e
			delete(out.must, m.Name)
		case m.Type == labels.MatchEqual:
			out.must[m.Name] = m.Value
		case !m.Matches(""):
			if _, known := out.must[m.Name]; !known {
				out.must[m.Name] = ""
			}
		}
	}
	return out
}

func aggregated(e *parser.AggregateExpr) labelSet {
	inner := labelsOf(e.Expr)
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner // they choose elements, and leave them as they are
	}
	var out labelSet
	if e.Without {
		out = inner.without(e, e.Grouping)
	} else {
		out = inner.only(e, e.Grouping)
	}
	if name, ok := e.Param.(*parser.StringLiteral); ok && e.Op == parser.COUNT_VALUES {
		out = out.with(name.Val)
	}
	return out
}

func combined(e *parser.BinaryExpr) labelSet {
	left, right := labelsOf(e.LHS), labelsOf(e.RHS)
	m := e.VectorMatching
	switch {
	case e.LHS.Type() == parser.ValueTypeScalar:
		return right
	case e.RHS.Type() == parser.ValueTypeScalar || m == nil:
		return left
	case e.Op == parser.LOR:
		return left.or(right)
	case e.Op == parser.LAND || e.Op == parser.LUNLESS:
		return left
	case m.Card == parser.CardManyToOne:
		return joined(left, right, m.Include)
	case m.Card == parser.CardOneToMany:
		return joined(right, left, m.Include)
	case m.On:
		return left.only(e, m.MatchingLabels)
	default:
		return left.without(e, m.MatchingLabels)
	}
}

// joined returns the labels of the many side, with those included of the one.
func joined(many, one labelSet, include []string) labelSet {
	for _, name := range include {
		if one.has(name) {
			many = many.with(name)
		} else {
			many = many.without(one.dropper(name), []string{name})
		}
	}
	return many
}
