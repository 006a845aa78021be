package document

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// text decodes any scalar as it was written: an identifier may well look like
// a number.
func (d *Document) text(n Node, v reflect.Value) {
	if n.target().Kind != yaml.ScalarNode {
		n.wrongKind(expectText)
		return
	}
	v.SetString(n.target().Value)
}

func (d *Document) boolean(n Node, v reflect.Value) {
	t := n.target()
	if t.Kind != yaml.ScalarNode {
		n.wrongKind("true or false")
		return
	}
	b, ok := truth(t.Value)
	switch {
	case !ok:
		n.mistaken("not true or false", "write true or false")
	case quoted(t):
		n.mistaken("text where true or false is expected", "remove the quotes")
	default:
		v.SetBool(b)
	}
}

// truth reads the spellings that YAML 1.1 had too, as Alertmanager's files may
// still hold them.
func truth(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "y":
		return true, true
	case "false", "no", "off", "n":
		return false, true
	}
	return false, false
}

func quoted(n *yaml.Node) bool {
	return n.Tag == tagString && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0
}

func (d *Document) number(n Node, v reflect.Value) {
	t := n.target()
	if t.Kind != yaml.ScalarNode {
		n.wrongKind("a number")
		return
	}
	var err error
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		var f float64
		if f, err = parseFloat(t.Value); err == nil && !quoted(t) {
			v.SetFloat(f)
			return
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var i int64
		if i, err = parseInt(t.Value); err == nil && !quoted(t) && !v.OverflowInt(i) {
			v.SetInt(i)
			return
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var i int64
		if i, err = parseInt(t.Value); err == nil && !quoted(t) && i >= 0 && !v.OverflowUint(uint64(i)) {
			v.SetUint(uint64(i))
			return
		}
	default:
		n.Fail(fmt.Sprintf("a setting of type %s cannot be given in a file", v.Type()), "")
		return
	}
	digits := strings.TrimRight(t.Value, "% abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	switch _, notNumber := parseFloat(digits); {
	case err == nil && quoted(t):
		n.mistaken("text where a number is expected", "remove the quotes")
	case err == nil:
		n.mistaken("a number out of range", "write a smaller one, not below 0 where that has no meaning")
	case notNumber == nil && digits != t.Value:
		n.mistaken("not a number", "write "+digits)
	case notNumber == nil:
		n.mistaken("not a whole number", "write one such as 10")
	default:
		n.mistaken("not a number", "write one such as 10")
	}
}

// parseInt reads a whole number. Zeros before it do not make it octal, which
// is what nobody means.
func parseInt(s string) (int64, error) {
	plain := strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(plain, 10, 64); err == nil {
		return i, nil
	}
	i, err := strconv.ParseInt(plain, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("not a whole number: %w", err)
	}
	return i, nil
}

// parseFloat reads a finite number: no setting has a meaning for others.
func parseFloat(s string) (float64, error) {
	if i, err := parseInt(s); err == nil {
		return float64(i), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, fmt.Errorf("not a finite number: %s", s)
	}
	return f, nil
}

// scalarValue returns a scalar as its tag says.
func scalarValue(n *yaml.Node) any {
	switch n.Tag {
	case tagNull:
		return nil
	case tagBool:
		b, _ := truth(n.Value)
		return b
	case tagInt:
		if i, err := parseInt(n.Value); err == nil {
			return int(i)
		}
	case tagFloat:
		if f, err := parseFloat(n.Value); err == nil {
			return f
		}
	}
	return n.Value
}

// mistaken is Fail, and says what the value is where variables hide it.
func (n Node) mistaken(problem, mend string) {
	t := n.target()
	written, expanded := n.doc.raw[t]
	if _, hidden := n.doc.hidden[t]; expanded && !hidden && !sensitive(written) {
		problem += fmt.Sprintf(" (the value is %q)", t.Value)
	}
	n.Fail(problem, mend)
}
