package rules

import "github.com/prometheus/prometheus/promql/parser"

// unwrapped returns the expression without the parentheses around it.
func unwrapped(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}

// paren returns the expression in parentheses, once.
func paren(e parser.Expr) parser.Expr { return &parser.ParenExpr{Expr: unwrapped(e)} }

// with returns the operation e of other operands, matched as e's are.
func with(e *parser.BinaryExpr, left, right parser.Expr) parser.Expr {
	out := *e
	out.LHS, out.RHS = paren(left), paren(right)
	return &out
}

// either has the series of both, the left side's where both have one.
func either(left, right parser.Expr) parser.Expr { return set(parser.LOR, left, right) }

func set(op parser.ItemType, left, right parser.Expr) parser.Expr {
	many := &parser.VectorMatching{Card: parser.CardManyToMany}
	return with(&parser.BinaryExpr{Op: op, VectorMatching: many}, left, right)
}

func call(function string, args ...parser.Expr) parser.Expr {
	return &parser.Call{Func: &parser.Function{Name: function}, Args: args}
}

func text(s string) parser.Expr { return &parser.StringLiteral{Val: s} }
