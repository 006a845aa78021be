package document

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Builder makes a document of environment variables: each gives one or more
// values, and the mistakes in them name the variable.
type Builder struct {
	doc *Document
}

// NewBuilder returns a builder of an empty document. name stands for it in
// mistakes that concern no single variable.
func NewBuilder(name string) *Builder {
	d := newDocument(source{name: name, variables: []string{}})
	d.root = &yaml.Node{Kind: yaml.MappingNode, Tag: tagMap}
	return &Builder{doc: d}
}

// Document returns what has been built.
func (b *Builder) Document() *Document { return b.doc }

// Variable is an environment variable on its way into a document.
type Variable struct {
	builder *Builder
	line    int
	column  int
}

// Variable adds a variable.
func (b *Builder) Variable(name, value string) Variable {
	d := b.doc
	d.source.variables = append(d.source.variables, name)
	d.source.lines = append(d.source.lines, name+"="+value)
	d.hideUserinfo(value)
	return Variable{builder: b, line: len(d.source.lines), column: len(name) + len("=") + 1}
}

// Conceal keeps the value of the variable from being quoted.
func (v Variable) Conceal() { v.builder.doc.hidden[v.scalar("", 0)] = struct{}{} }

// Fail notes a mistake in the variable.
func (v Variable) Fail(problem, mend string) {
	v.builder.doc.fail(v.line, v.column, problem, mend)
}

// Hide keeps a secret out of every mistake, wherever it turns up.
func (v Variable) Hide(text string) {
	v.builder.doc.hideText(text)
	v.builder.doc.hideUserinfo(text)
}

// Set puts value, which is the variable's or was made of it, at a path such as
// receivers[0].email_configs[0].to. Lists grow by one entry at a time.
func (v Variable) Set(path, value string) {
	v.put(path, v.scalar(value, 0))
}

// SetList puts a list at a path: value cut at commas.
func (v Variable) SetList(path string, values []string) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: tagList, Line: v.line, Column: v.column}
	offset := 0
	for _, raw := range values {
		if text := strings.TrimSpace(raw); text != "" {
			skipped := len([]rune(raw)) - len([]rune(strings.TrimLeft(raw, " \t")))
			list.Content = append(list.Content, v.scalar(text, offset+skipped))
		}
		offset += len([]rune(raw)) + len(",")
	}
	v.put(path, list)
}

func (v Variable) scalar(value string, offset int) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: value, Tag: plainTag(value), Line: v.line, Column: v.column + offset}
	if n.Tag == tagNull {
		n.Tag = tagString // a variable that holds the word null means the word
	}
	return n
}

func (v Variable) put(path string, value *yaml.Node) {
	at := v.builder.doc.root
	steps := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	for i, step := range steps {
		next := value
		if i < len(steps)-1 {
			next = v.container(steps[i+1])
		}
		at = child(at, step, next, v.line, v.column)
	}
}

// container returns an empty list where the next step is a number, and an
// empty mapping otherwise.
func (v Variable) container(nextStep string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: tagMap, Line: v.line, Column: v.column}
	if _, err := strconv.Atoi(nextStep); err == nil {
		n.Kind, n.Tag = yaml.SequenceNode, tagList
	}
	return n
}

// child returns what stands at step in parent, which becomes fresh where
// nothing did.
func child(parent *yaml.Node, step string, fresh *yaml.Node, line, column int) *yaml.Node {
	if parent.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(step); err == nil && i < len(parent.Content) {
			return parent.Content[i]
		}
		parent.Content = append(parent.Content, fresh)
		return fresh
	}
	for i := 0; i+1 < len(parent.Content); i += 2 {
		if parent.Content[i].Value == step {
			return parent.Content[i+1]
		}
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: tagString, Value: step, Line: line, Column: column}
	parent.Content = slices.Concat(parent.Content, []*yaml.Node{key, fresh})
	return fresh
}
