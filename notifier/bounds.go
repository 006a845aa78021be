package notifier

import (
	"errors"
	"strings"
	"text/template/parse"
	"time"
)

// Bounds of rendering one template.
const (
	maxOutput = 1 << 20 // bytes
	maxRender = 2 * time.Second
	maxDepth  = 100 // templates calling templates
)

var (
	errTooLong = errors.New("the template writes more than 1 MiB")
	errTooSlow = errors.New("the template takes longer than 2 seconds")
	errTooDeep = errors.New("the template calls itself without end")
)

// bounded reduces an error about a bound to what its reader needs.
func bounded(err error) error {
	for _, bound := range []error{errTooLong, errTooSlow, errTooDeep, errTooLarge} {
		if errors.Is(err, bound) {
			return bound
		}
	}
	return err
}

// output takes what a template writes, and ends its execution at the bounds.
type output struct {
	strings.Builder
	deadline time.Time
	depth    int
}

func newOutput() *output { return &output{deadline: time.Now().Add(maxRender)} }

// Write fails beyond the bounds. Template execution has no other way to be
// stopped, so every loop is made to write, if only nothing (see markTree).
func (o *output) Write(p []byte) (int, error) {
	if err := o.late(); err != nil {
		return 0, err
	}
	if room := maxOutput - o.Len(); len(p) > room {
		o.Builder.Write(p[:room])
		return room, errTooLong
	}
	return o.Builder.Write(p)
}

func (o *output) late() error {
	if time.Now().After(o.deadline) {
		return errTooSlow
	}
	return nil
}

// The functions that marked trees call around every call of a template.
// Execution itself stops only 100,000 calls deep, where unwinding its stack
// takes minutes.
const (
	enterFunc = "alertdEnter"
	leaveFunc = "alertdLeave"
)

func (o *output) enter() (bool, error) {
	o.depth++
	if o.depth > maxDepth {
		return false, errTooDeep
	}
	return true, nil
}

func (o *output) leave() bool {
	o.depth--
	return true
}

// mark makes every template of the set keep to the bounds.
func (s *templateSet) mark() {
	for _, t := range s.text.Templates() {
		markTree(t.Tree)
	}
	for _, t := range s.html.Templates() {
		markTree(t.Tree)
	}
}

// markTree makes every loop of the tree write an empty text first, which lets
// the output stop it, and counts how deep templates call each other.
func markTree(tree *parse.Tree) {
	if tree != nil {
		markList(tree.Root)
	}
}

func markList(list *parse.ListNode) {
	if list == nil {
		return
	}
	nodes := make([]parse.Node, 0, len(list.Nodes))
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.TemplateNode:
			nodes = append(nodes, silentCall(enterFunc), node, silentCall(leaveFunc))
			continue
		case *parse.RangeNode:
			markList(node.List)
			markList(node.ElseList)
			nothing := &parse.TextNode{NodeType: parse.NodeText}
			node.List.Nodes = append([]parse.Node{nothing}, node.List.Nodes...)
		case *parse.IfNode:
			markList(node.List)
			markList(node.ElseList)
		case *parse.WithNode:
			markList(node.List)
			markList(node.ElseList)
		}
		nodes = append(nodes, node)
	}
	list.Nodes = nodes
}

// silentCall returns {{ $_ := name }}: an assignment writes nothing, and means
// nothing to the escaping of HTML.
func silentCall(name string) parse.Node {
	trees, err := parse.Parse("", "{{ $_ := "+name+" }}", "", "", map[string]any{name: true})
	if err != nil {
		panic(err) // the text is a constant
	}
	return trees[""].Root.Nodes[0]
}
