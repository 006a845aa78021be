package notifier

import (
	"errors"
	"fmt"
	"strings"
	texttemplate "text/template"
)

// Text renders a text template over the message's data. What it writes beyond
// 1 MiB is cut off; an error tells what is wrong with the template, or that it
// takes longer than 2 seconds.
func (m *Message) Text(text string) (string, error) {
	return m.templates.all.executeText(text, m.Data)
}

// HTML renders a template over the message's data, escaping for HTML. Errors
// are as those of Text; more than 1 MiB is one as well.
func (m *Message) HTML(text string) (string, error) {
	return m.templates.all.executeHTML(text, m.Data)
}

// Renderer renders the texts of one message for one channel. A template that
// fails is replaced by alertd's own text and remembered, because a message with
// other words is better than none. It is not safe for concurrent use.
type Renderer struct {
	message  *Message
	markup   Markup
	escaped  *Data // made when it is first needed
	failures *[]string
}

// Renderer returns a renderer whose templates see the message's data in the
// given markup.
func (m *Message) Renderer(markup Markup) *Renderer {
	return &Renderer{message: m, markup: markup, failures: new([]string)}
}

// In returns a renderer of the same message in another markup, which counts its
// failures together with r's.
func (r *Renderer) In(markup Markup) *Renderer {
	return &Renderer{message: r.message, markup: markup, failures: r.failures}
}

// data returns what templates see: the message's data in the markup.
func (r *Renderer) data() *Data {
	if r.escaped == nil {
		r.escaped = r.message.Data.in(r.markup)
	}
	return r.escaped
}

// Text renders the template that a field of the configuration holds, and where
// it fails the built-in template of the given name ("": nothing).
func (r *Renderer) Text(field, text, builtin string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	out, err := r.message.templates.all.executeText(text, r.data())
	if err == nil {
		return out
	}
	r.fail(field, err)
	if builtin == "" {
		return ""
	}
	out, err = r.message.templates.builtin.executeText(call(builtin), r.data())
	if err != nil {
		return r.message.Data.Title
	}
	return out
}

// HTML is Text for HTML templates.
func (r *Renderer) HTML(field, text, builtin string) string {
	out, err := r.message.templates.all.executeHTML(text, r.data())
	if err == nil {
		return out
	}
	r.fail(field, err)
	if builtin == "" {
		return ""
	}
	out, err = r.message.templates.builtin.executeHTML(call(builtin), r.data())
	if err != nil {
		return ""
	}
	return out
}

// Defines tells whether the user's template files define any of the named
// templates.
func (r *Renderer) Defines(names ...string) bool { return r.message.templates.Defines(names...) }

// Failed returns one line of plain text that says which templates failed and
// why, or "" where none did.
func (r *Renderer) Failed() string {
	if len(*r.failures) == 0 {
		return ""
	}
	return "⚠ These are alertd's own words, because " + strings.Join(*r.failures, "; ")
}

func (r *Renderer) fail(field string, err error) {
	*r.failures = append(*r.failures, fmt.Sprintf("the template of %q failed: %s", field, Shorten(CleanLine(err.Error()), 200)))
}

// call returns a template that calls the named one.
func call(name string) string { return fmt.Sprintf("{{ template %q . }}", name) }

func (s *templateSet) executeText(text string, data *Data) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	out := newOutput()
	functions := out.functions(data)
	clone, err := s.text.Clone()
	if err != nil {
		return "", fmt.Errorf("copying the templates: %w", err)
	}
	tmpl, err := clone.New("").Option("missingkey=zero").Funcs(functions).Parse(text)
	if err != nil {
		return "", err
	}
	for _, name := range defined(text, functions) {
		markTree(tmpl.Lookup(name).Tree)
	}
	err = tmpl.Execute(out, data)
	if errors.Is(err, errTooLong) {
		err = nil // any channel cuts it far shorter
	}
	return out.String(), bounded(err)
}

func (s *templateSet) executeHTML(text string, data *Data) (string, error) {
	if text == "" {
		return "", nil
	}
	out := newOutput()
	functions := out.functions(data)
	clone, err := s.html.Clone()
	if err != nil {
		return "", fmt.Errorf("copying the templates: %w", err)
	}
	tmpl, err := clone.New("").Option("missingkey=zero").Funcs(functions).Parse(text)
	if err != nil {
		return "", err
	}
	for _, name := range defined(text, functions) {
		markTree(tmpl.Lookup(name).Tree)
	}
	err = tmpl.Execute(out, data)
	return out.String(), bounded(err)
}

// defined returns the names of the templates that a text defines, its own, "",
// among them.
func defined(text string, functions texttemplate.FuncMap) []string {
	parsed, err := texttemplate.New("").Funcs(functions).Parse(text)
	if err != nil {
		return nil
	}
	var names []string
	for _, t := range parsed.Templates() {
		names = append(names, t.Name())
	}
	return names
}
