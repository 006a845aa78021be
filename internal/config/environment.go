package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"alertd/internal/config/document"
	"alertd/internal/secret"
)

const prefix = "ALERTD_"

// environment is the environment variables of the process.
type environment struct {
	all   map[string]string
	asked map[string]bool // that a file refers to
}

func newEnvironment(environ []string) *environment {
	e := &environment{all: map[string]string{}, asked: map[string]bool{}}
	for _, assignment := range environ {
		if name, value, ok := strings.Cut(assignment, "="); ok {
			e.all[name] = value
		}
	}
	return e
}

func (e *environment) lookup(name string) (string, bool) {
	e.asked[name] = true
	value, ok := e.all[name]
	return value, ok
}

// ours returns the names of the ALERTD_ variables that are set and concern the
// configuration, in order. An empty variable counts as unset.
func (e *environment) ours() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(e.all)) {
		if strings.HasPrefix(name, prefix) && strings.TrimSpace(e.all[name]) != "" && !elsewhere(name) {
			names = append(names, name)
		}
	}
	return names
}

// elsewhere tells whether a variable stands for a command-line flag, or is one
// that Kubernetes sets for every pod beside a service named alertd.
func elsewhere(name string) bool {
	for _, start := range []string{"WEB_", "STORAGE_", "DATA_", "SILENCES_", "LOG_", "SERVICE_", "PORT_"} {
		if strings.HasPrefix(name, prefix+start) {
			return true
		}
	}
	return slices.Contains([]string{"ALERTD_CONFIG_FILE", "ALERTD_URL", "ALERTD_PORT"}, name)
}

// withoutEffect returns the variables that would configure alertd if there
// were no file, and that the file does not refer to. watching tells that those
// that say what to watch do have an effect.
func (e *environment) withoutEffect(watching bool) []string {
	var idle []string
	for _, name := range e.ours() {
		field, known := variable(name)
		if known && !e.asked[name] && (!watching || telling(field)) {
			idle = append(idle, name)
		}
	}
	return idle
}

// variable returns the field of variables for a name.
func variable(name string) (reflect.StructField, bool) {
	for field := range reflect.TypeFor[variables]().Fields() {
		if prefix+field.Tag.Get("env") == name {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// Variables returns the names of the environment variables that configure
// alertd, in the order of their documentation.
func Variables() []string {
	var names []string
	for field := range reflect.TypeFor[variables]().Fields() {
		names = append(names, prefix+field.Tag.Get("env"))
	}
	return names
}

// document makes of the variables the document that a file would be.
func (e *environment) document(readFile func(string) ([]byte, error)) (*document.Document, error) {
	set := map[string]string{}
	for _, name := range e.ours() {
		set[name] = strings.TrimSpace(e.all[name])
	}
	var v variables
	if err := env.ParseWithOptions(&v, env.Options{Environment: set, Prefix: prefix}); err != nil {
		// Its errors quote values. As every field is text there is none to expect.
		return nil, fmt.Errorf("environment variables: unreadable")
	}
	w := &envWriter{builder: document.NewBuilder("environment"), set: set, values: v, readFile: readFile, given: map[string]document.Variable{}}
	w.add()
	w.write()
	w.receivers()
	w.cron()
	return w.builder.Document(), nil
}

// envWriter writes variables into a document.
type envWriter struct {
	builder  *document.Builder
	set      map[string]string
	values   variables
	readFile func(string) ([]byte, error)
	given    map[string]document.Variable
}

// add makes every variable known to the document, and notes the unknown ones.
func (w *envWriter) add() {
	known := Variables()
	secrets := map[string]bool{}
	for field := range reflect.TypeFor[variables]().Fields() {
		secrets[prefix+field.Tag.Get("env")] = field.Type == reflect.TypeFor[secret.Value]()
	}
	for _, name := range slices.Sorted(maps.Keys(w.set)) {
		isSecret, ok := secrets[name]
		v := w.builder.Variable(name, w.set[name])
		w.given[name] = v
		if isSecret {
			v.Conceal()
			v.Hide(w.set[name])
		}
		if ok {
			continue
		}
		v.Conceal() // it may well be a misspelt secret
		mend := "unset it; docs/configuration.md names those that there are"
		if meant := document.Suggest(name, known); meant != "" {
			mend = "did you mean " + meant + "?"
		}
		v.Fail("alertd knows no such variable", mend)
	}
	for _, name := range known {
		if _, both := w.given[name+"_FILE"]; both && w.has(name) {
			w.given[name+"_FILE"].Fail(fmt.Sprintf("both %s and %s_FILE are set", name, name), "unset one")
		}
	}
}

func (w *envWriter) has(name string) bool {
	_, ok := w.given[name]
	return ok
}

// write puts every variable that has a key of its own there.
func (w *envWriter) write() {
	values := reflect.ValueOf(w.values)
	for i := range values.NumField() {
		field := values.Type().Field(i)
		name, key := prefix+field.Tag.Get("env"), field.Tag.Get("key")
		v, given := w.given[name]
		if base, isFile := strings.CutSuffix(name, "_FILE"); !given || key == "" || isFile && w.has(base) {
			continue
		}
		if list, ok := reflect.TypeAssert[[]string](values.Field(i)); ok {
			v.SetList(key, list)
		} else {
			v.Set(key, values.Field(i).String())
		}
	}
}
