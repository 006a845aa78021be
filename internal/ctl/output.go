package ctl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v4"
)

// The formats of -o.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
)

// print writes value as -o wants it: JSON or YAML of the value itself, or by
// calling table. A json.RawMessage in value comes out as alertd wrote it.
func (c *cli) print(value any, table func()) error {
	switch c.format {
	case formatJSON:
		return c.printJSON(value)
	case formatYAML:
		return c.printYAML(value)
	default:
		table()
		return nil
	}
}

// structured tells whether a program reads the output.
func (c *cli) structured() bool { return c.format != formatTable }

func (c *cli) printJSON(value any) error {
	var compact, indented bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return failed(ExitServer, "cannot write the answer as JSON", err)
	}
	if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
		return failed(ExitServer, "cannot write the answer as JSON", err)
	}
	c.out.printf("%s", escapeQuoted(indented.String(), wideJSON))
	return nil
}

func (c *cli) printYAML(value any) error {
	// By way of JSON, so that both formats have the same fields.
	data, err := json.Marshal(value)
	if err != nil {
		return failed(ExitServer, "cannot write the answer as YAML", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return failed(ExitServer, "cannot write the answer as YAML", err)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(yamlNode(tree)); err != nil {
		return failed(ExitServer, "cannot write the answer as YAML", err)
	}
	if err := enc.Close(); err != nil {
		return failed(ExitServer, "cannot write the answer as YAML", err)
	}
	c.out.printf("%s", escapeQuoted(out.String(), wideYAML))
	return nil
}

// yamlNode returns decoded JSON as a YAML node. Strings that escapeQuoted will
// touch are put in double quotes, where its escapes have their meaning.
func yamlNode(value any) *yaml.Node {
	switch v := value.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.Content = append(n.Content, yamlNode(key), yamlNode(v[key]))
		}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, element := range v {
			n.Content = append(n.Content, yamlNode(element))
		}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	case string:
		n := &yaml.Node{}
		n.SetString(v)
		if strings.ContainsFunc(v, steering) {
			n.Style = yaml.DoubleQuotedStyle
		}
		return n
	case json.Number:
		tag := "!!int"
		if strings.ContainsAny(v.String(), ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v.String()}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
}

// escapeQuoted escapes what could steer a terminal, such as C1 controls, which
// encoders leave as they are. Such characters occur in quoted strings only, so
// the meaning stays the same. wide escapes what does not fit into four digits.
func escapeQuoted(document string, wide func(rune) string) string {
	document = strings.ToValidUTF8(document, "\uFFFD")
	if !strings.ContainsFunc(document, steering) {
		return document
	}
	var b strings.Builder
	for _, r := range document {
		switch {
		case !steering(r):
			b.WriteRune(r)
		case r > 0xffff:
			b.WriteString(wide(r))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func wideJSON(r rune) string {
	high, low := utf16.EncodeRune(r)
	return fmt.Sprintf(`\u%04x\u%04x`, high, low)
}

func wideYAML(r rune) string { return fmt.Sprintf(`\U%08x`, r) }

func steering(r rune) bool { return r != '\n' && unprintable(r) }
