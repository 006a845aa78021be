package config

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"alertd/internal/config/document"
)

// watching are the sections that say what to watch. A file with a route and
// none of them is an alertmanager.yml: it says who is told.
func (s *sections) watching() []*document.Node {
	return []*document.Node{&s.Prometheus, &s.Standalone, &s.Cron, &s.Resources, &s.Containers, &s.RuleFiles}
}

// around are the sections that go with those.
func (s *sections) around() []*document.Node {
	return []*document.Node{&s.Evaluation, &s.Grafana, &s.Runbooks}
}

func (s *sections) watches() bool {
	return slices.ContainsFunc(s.watching(), func(n *document.Node) bool { return n.Written() })
}

// besideVariables takes what to watch from the environment where the file is an
// alertmanager.yml, and turns watching off where that says nothing either: who
// replaces an Alertmanager has not asked for this host to be measured.
func (b *builder) besideVariables(env *environment, o Options) error {
	if !b.in.Route.Given() || b.in.watches() {
		return nil
	}
	doc, err := env.whatToWatch().document(o.ReadFile)
	if err != nil {
		return err
	}
	var given sections
	doc.Decode(&given)
	if !given.watches() {
		off := false
		b.out.Watching = false
		b.out.Resources.Enabled, b.out.Containers.Enabled = &off, &off
		return nil
	}
	b.beside, b.watchDir = doc, ""
	own, others := b.in.watching(), given.watching()
	for i := range own {
		*own[i] = *others[i]
	}
	own, others = b.in.around(), given.around()
	for i := range own {
		if !own[i].Written() {
			*own[i] = *others[i]
		}
	}
	return nil
}

// whatToWatch returns the environment without the variables that say who is told.
func (e *environment) whatToWatch() *environment {
	out := &environment{all: map[string]string{}, asked: e.asked}
	for field := range reflect.TypeFor[variables]().Fields() {
		name := prefix + field.Tag.Get("env")
		if value, ok := e.all[name]; ok && !telling(field) {
			out.all[name] = value
		}
	}
	return out
}

// telling tells whether a variable says who is told, and in which words.
func telling(field reflect.StructField) bool {
	name, key := field.Tag.Get("env"), field.Tag.Get("key")
	return strings.HasPrefix(key, "receivers") || key == "timezone" || strings.HasPrefix(name, "SMTP_") || strings.HasPrefix(name, "EMAIL_")
}

// err returns the mistakes in the file and in the variables beside it.
func (b *builder) err() error {
	err := b.doc.Err()
	if b.beside == nil {
		return err
	}
	in, _ := errors.AsType[*Mistakes](err)
	beside, _ := errors.AsType[*Mistakes](b.beside.Err())
	switch {
	case beside == nil:
		return err
	case in == nil:
		return beside
	}
	return &Mistakes{List: slices.Concat(in.List, beside.List)}
}
