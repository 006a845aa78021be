package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template/parse"

	"alertd/internal/invalid"
)

// templateFields are what a rule's templates read, without the $ or the dot, as
// Prometheus documents them.
func templateFields() map[string]bool {
	return map[string]bool{"Labels": true, "ExternalLabels": true, "ExternalURL": true, "Value": true}
}

// reading is one field that a template reads, or one function that it calls.
type reading struct {
	field    string // Labels, Value, ...
	name     string // of the label; "" where it is not known
	function string
	offset   int // in the template's text, in bytes
}

// changingLabel: an alert is its labels, so one whose label changes with the
// value ends and begins anew at every evaluation.
func changingLabel(s *subject) {
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		for _, r := range readings(s.Labels[name]) {
			if r.field == "Value" || r.function == "query" || r.function == "now" {
				s.in("labels."+name, r.offset,
					fmt.Sprintf("the label %s follows the value or the clock: each change ends the alert and begins another", name),
					"put it into an annotation, or write a rule for each level")
				break
			}
		}
	}
}

func templateField(s *subject) {
	s.eachReading(func(field string, r reading) {
		if r.field != "" && !templateFields()[r.field] {
			s.in(field, r.offset, fmt.Sprintf("there is no .%s in an alert's template, and expanding it fails", r.field),
				"use $labels, $value, $externalLabels or $externalURL")
		}
	})
}

func templateLabel(s *subject) {
	s.eachReading(func(field string, r reading) {
		if r.field != "Labels" || r.name == "" || s.labels.has(r.name) {
			return
		}
		s.in(field, r.offset, fmt.Sprintf("the expression's result never has the label %s%s, so this is empty", r.name, taken(s.labels, r.name)),
			"keep the label in the expression, or leave it out here")
	})
}

// eachReading runs visit for what the templates of labels and annotations read.
func (s *subject) eachReading(visit func(field string, r reading)) {
	for _, section := range []struct {
		name string
		of   map[string]string
	}{{"labels", s.Labels}, {"annotations", s.Annotations}} {
		for _, name := range slices.Sorted(maps.Keys(section.of)) {
			for _, r := range readings(section.of[name]) {
				visit(section.name+"."+name, r)
			}
		}
	}
}

// readings returns what a template reads of the alert, in its order. Of a
// template that does not parse it returns nothing.
func readings(text string) []reading {
	if !strings.Contains(text, "{{") {
		return nil
	}
	tree := parse.New("rule")
	tree.Mode = parse.SkipFuncCheck
	prelude := `{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}`
	if _, err := tree.Parse(prelude+text, "", "", map[string]*parse.Tree{}); err != nil || tree.Root == nil {
		return nil
	}
	w := walker{shift: len(prelude)}
	w.list(tree.Root, true)
	return w.found
}

// LabelsRead returns the names of the series' labels that templates read.
func (r Rule) LabelsRead() map[string]invalid.Finding {
	out := map[string]invalid.Finding{}
	s := &subject{Rule: r}
	s.eachReading(func(field string, read reading) {
		if read.field == "Labels" && read.name != "" {
			if _, have := out[read.name]; !have {
				out[read.name] = r.Where(field, read.offset)
			}
		}
	})
	return out
}
