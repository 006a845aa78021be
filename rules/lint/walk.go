package lint

import "text/template/parse"

// walker collects the readings of a template.
type walker struct {
	shift int // how much of the text is ours
	found []reading
}

func (w *walker) add(pos parse.Pos, r reading) {
	if r.offset = int(pos) - w.shift; r.offset >= 0 {
		w.found = append(w.found, r)
	}
}

// list walks nodes; top tells whether the dot is the alert there.
func (w *walker) list(l *parse.ListNode, top bool) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		w.node(n, top)
	}
}

func (w *walker) node(n parse.Node, top bool) {
	switch n := n.(type) {
	case *parse.ActionNode:
		w.pipe(n.Pipe, top)
	case *parse.IfNode:
		w.branch(&n.BranchNode, top, top)
	case *parse.WithNode:
		w.branch(&n.BranchNode, top, false)
	case *parse.RangeNode:
		w.branch(&n.BranchNode, top, false)
	case *parse.TemplateNode:
		w.pipe(n.Pipe, top)
	}
}

func (w *walker) branch(b *parse.BranchNode, top, within bool) {
	w.pipe(b.Pipe, top)
	w.list(b.List, within)
	w.list(b.ElseList, top)
}

func (w *walker) pipe(p *parse.PipeNode, top bool) {
	if p == nil {
		return
	}
	for _, c := range p.Cmds {
		w.command(c, top)
	}
}

func (w *walker) command(c *parse.CommandNode, top bool) {
	for i, arg := range c.Args {
		switch n := arg.(type) {
		case *parse.FieldNode:
			if top {
				w.path(start(n.Pos, n.Ident, len(".")), n.Ident, c.Args, i)
			}
		case *parse.VariableNode:
			if path := variable(n.Ident); path != nil {
				w.path(start(n.Pos, n.Ident, 0), path, c.Args, i)
			}
		case *parse.IdentifierNode:
			w.add(n.Pos, reading{function: n.Ident})
		case *parse.PipeNode:
			w.pipe(n, top)
		}
	}
}

// start returns where a path begins: the parser gives the place of its second
// part where it has more than one.
func start(pos parse.Pos, path []string, sigil int) parse.Pos {
	if len(path) > 1 {
		pos -= parse.Pos(sigil + len(path[0]))
	}
	return pos
}

// variable returns the fields that a variable of the prelude, or the $ that is
// the alert itself, stands for; nil for the template's own.
func variable(ident []string) []string {
	names := map[string]string{"$labels": "Labels", "$externalLabels": "ExternalLabels", "$externalURL": "ExternalURL", "$value": "Value"}
	if ident[0] == "$" {
		return ident[1:]
	}
	if field, ok := names[ident[0]]; ok {
		return append([]string{field}, ident[1:]...)
	}
	return nil
}

// path notes a field, and of the labels which one: .Labels.x or index .Labels "x".
func (w *walker) path(pos parse.Pos, path []string, args []parse.Node, i int) {
	switch {
	case len(path) == 0:
	case len(path) > 1:
		w.add(pos, reading{field: path[0], name: path[1]})
	case i == 1 && len(args) == 3 && isIndex(args[0]):
		if key, ok := args[2].(*parse.StringNode); ok {
			w.add(pos, reading{field: path[0], name: key.Text})
			return
		}
		w.add(pos, reading{field: path[0]})
	default:
		w.add(pos, reading{field: path[0]})
	}
}

func isIndex(n parse.Node) bool {
	id, ok := n.(*parse.IdentifierNode)
	return ok && id.Ident == "index"
}
