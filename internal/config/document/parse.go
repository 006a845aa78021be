package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// The bounds of a document.
const (
	// MaxSize is the most bytes that a document may have.
	MaxSize  = 1 << 20
	maxDepth = 100
	// maxSteps is how many values may be decoded, those that aliases repeat
	// counted every time.
	maxSteps = 1 << 18
	// maxExpanded is how many bytes all the ${VARIABLES} may expand to.
	maxExpanded = 4 << 20
)

// Parse reads a YAML text. name stands for it in mistakes. What cannot be read
// is a mistake of the document, which then has nothing to decode.
func Parse(name string, text []byte) *Document {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	d := newDocument(source{name: name})
	if problem, mend := unfit(text); problem != "" {
		d.fail(1, 1, problem, mend)
		return d
	}
	d.source.lines = splitLines(string(text))
	if line, column, ok := d.unprintable(); ok {
		d.fail(line, column, "a character that YAML does not allow", "remove it; in a text between double quotes it can be written as \\u and four digits")
		return d
	}
	d.root = d.parse(text)
	return d
}

// unfit tells why text is not to be parsed at all.
func unfit(text []byte) (problem, mend string) {
	switch {
	case len(text) > MaxSize:
		return fmt.Sprintf("the file is larger than %d bytes", MaxSize), "is it the right file?"
	case bytes.HasPrefix(text, []byte{0xFF, 0xFE}), bytes.HasPrefix(text, []byte{0xFE, 0xFF}):
		return "the file is in UTF-16", "save it as UTF-8"
	}
	return "", ""
}

// unprintable finds the first character that the YAML parser would refuse
// without telling where.
func (d *Document) unprintable() (line, column int, found bool) {
	for i, text := range d.source.lines {
		column := 0
		for at, r := range text {
			column++
			broken := r == utf8.RuneError && !strings.HasPrefix(text[at:], "\uFFFD")
			if broken || r < ' ' && r != '\t' || r == 0x7F || r > 0x7F && r < 0xA0 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF {
				return i + 1, column, true
			}
		}
	}
	return 0, 0, false
}

// parse returns the one mapping that the text is.
func (d *Document) parse(text []byte) *yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(text),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth), loaderlimits.AliasNone())))
	if err != nil {
		d.fail(1, 1, err.Error(), "")
		return nil
	}
	first, err := next(loader)
	if err == nil {
		var second *yaml.Node
		if second, err = next(loader); err == nil {
			d.fail(second.Line, second.Column, "a second document begins here", "make one document of them, without ---")
			return nil
		}
	}
	switch {
	case !errors.Is(err, io.EOF):
		d.syntaxError(err)
		return nil
	case first == nil || len(first.Content) == 0 || null(first.Content[0]):
		d.fail(1, 1, "the file is empty", "say at least which Prometheus to ask, prometheus: {url: http://localhost:9090}, or use no file and environment variables")
		return nil
	}
	root := first.Content[0]
	if root.Kind != yaml.MappingNode {
		d.fail(root.Line, root.Column, describe(root)+" where a mapping is expected", "write key: value")
		return nil
	}
	return root
}

// next returns the next document of the loader, or io.EOF.
func next(loader *yaml.Loader) (n *yaml.Node, err error) {
	// A bad file must not end a running alertd that is told to reload it.
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("the YAML parser failed: %v", failure)
		}
	}()
	n = &yaml.Node{}
	if err := loader.Load(n); err != nil {
		return nil, err
	}
	return n, nil
}

func (d *Document) syntaxError(err error) {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		d.fail(1, 1, "not YAML: "+err.Error(), "correct the syntax")
		return
	}
	line, column := at.Mark.Line, at.Mark.Column
	// What is never ended is best shown where it begins.
	if at.ContextMark.Line > 0 && strings.TrimSpace(d.source.line(line)) == "" {
		line, column = at.ContextMark.Line, at.ContextMark.Column
	}
	line = min(line, len(d.source.lines))
	problem := at.Message
	if strings.Contains(problem, "unknown anchor") {
		problem = "an alias of an anchor that is not defined" // a password may begin with *
	}
	if at.ContextMsg != "" && !strings.Contains(at.ContextMsg, "next token") {
		problem = at.ContextMsg + ", " + at.Message
		if at.ContextMark.Line > 0 && at.ContextMark.Line < line {
			problem += fmt.Sprintf(" (it begins in line %d)", at.ContextMark.Line)
		}
	}
	d.fail(max(line, 1), max(column, 1), "not YAML: "+problem, syntaxMend(at, d.source.line(line)))
}

func syntaxMend(err *yaml.LoadError, line string) string {
	switch {
	case strings.Contains(err.Message, "end of stream"):
		return "close it"
	case strings.Contains(err.Message, "mapping values are not allowed"):
		return `check the indentation, and put quotes around a value that holds ": "`
	case strings.Contains(err.Message, "cannot start any token") && strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "indent with spaces, not tabs"
	case strings.Contains(err.Message, "cannot start any token"):
		return "put quotes around a value that begins with a special character"
	case strings.Contains(err.Message, "',' or ") && strings.Contains(line, "${"):
		return `put quotes around "${VARIABLE}" between braces or brackets`
	case strings.Contains(err.Message, "',' or ']'"), strings.Contains(err.Message, "',' or '}'"):
		return "close the bracket before this, or add the missing comma"
	case strings.Contains(err.Message, "unknown anchor"):
		return "define it above with &, or put quotes around a value that begins with *"
	case strings.Contains(err.Message, "max depth"):
		return "nest less"
	case strings.Contains(err.Message, "did not find expected key"), strings.Contains(err.Message, "could not find expected ':'"):
		return "write key: value, at the indentation of the lines above"
	case strings.Contains(err.Message, "'-' indicator"):
		return "put every entry of the list at the same indentation"
	}
	return "correct the syntax"
}
