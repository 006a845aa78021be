package lint

import (
	"maps"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"alertd/internal/invalid"
	"alertd/rules"
)

// Selection is a selector in a rule's expression.
type Selection struct {
	Selector *parser.VectorSelector
	Where    invalid.Finding
	// Optional says that the rule means to work without it: within absent(),
	// behind unless, or beside or.
	Optional bool
}

// Selections returns the selectors of a rule's expression.
func (r Rule) Selections() []Selection {
	expr, err := rules.NewParser().ParseExpr(r.Expr)
	if err != nil {
		return nil
	}
	var all []Selection
	parser.Inspect(expr, func(n parser.Node, path []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			all = append(all, Selection{v, r.Where("expr", int(v.PositionRange().Start)), optional(v, path)})
		}
		return nil
	})
	return all
}

func optional(v *parser.VectorSelector, path []parser.Node) bool {
	for i, n := range path {
		switch n := n.(type) {
		case *parser.Call:
			if n.Func.Name == "absent" || n.Func.Name == "absent_over_time" {
				return true
			}
		case *parser.BinaryExpr:
			below := parser.Node(v)
			if i+1 < len(path) {
				below = path[i+1]
			}
			if n.Op == parser.LOR || n.Op == parser.LUNLESS && below == parser.Node(n.RHS) {
				return true
			}
		}
	}
	return false
}

// LabelUse is a label that a rule counts on, and the selectors that would have
// to give it.
type LabelUse struct {
	Label string
	What  string // such as "grouping by instance"
	From  []*parser.VectorSelector
	Where invalid.Finding
}

// LabelUses returns the labels that the rule groups by or shows. What the
// expression makes itself is left out.
func (r Rule) LabelUses() []LabelUse {
	expr, err := rules.NewParser().ParseExpr(r.Expr)
	if err != nil {
		return nil
	}
	made := map[string]bool{}
	var all []LabelUse
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		switch e := n.(type) {
		case *parser.BinaryExpr:
			if e.VectorMatching != nil {
				for _, name := range e.VectorMatching.Include {
					made[name] = true
				}
			}
		case *parser.Call:
			if len(e.Args) > 1 && (e.Func.Name == "label_replace" || e.Func.Name == "label_join") {
				if name, ok := e.Args[1].(*parser.StringLiteral); ok {
					made[name.Val] = true
				}
			}
		case *parser.AggregateExpr:
			if name, ok := e.Param.(*parser.StringLiteral); ok {
				made[name.Val] = true
			}
			inner := labelsOf(e.Expr)
			for _, name := range e.Grouping {
				if !e.Without && inner.has(name) {
					all = append(all, LabelUse{name, "grouping by " + name, inner.from, r.Where("expr", int(e.PositionRange().Start))})
				}
			}
		}
		return nil
	})
	result := labelsOf(expr)
	read := r.LabelsRead()
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if result.has(name) {
			all = append(all, LabelUse{name, "$labels." + name, result.from, read[name]})
		}
	}
	return slices.DeleteFunc(all, func(u LabelUse) bool { return made[u.Label] || len(u.From) == 0 })
}

// RangeUse is a function over a range of a selector.
type RangeUse struct {
	Function string
	Range    *parser.MatrixSelector
	Selector *parser.VectorSelector
	Where    invalid.Finding
}

// RangeUses returns the functions of a rule that need two samples.
func (r Rule) RangeUses() []RangeUse {
	expr, err := rules.NewParser().ParseExpr(r.Expr)
	if err != nil {
		return nil
	}
	var all []RangeUse
	calls(expr, twoSamples(), func(c *parser.Call) {
		m, ok := c.Args[0].(*parser.MatrixSelector)
		if v := selectorOf(c.Args[0]); ok && v != nil && m.RangeExpr == nil {
			all = append(all, RangeUse{c.Func.Name, m, v, r.Where("expr", int(m.PositionRange().Start))})
		}
	})
	return all
}
