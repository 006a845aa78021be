package document

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

func (d *Document) structure(n Node, v reflect.Value, depth int) {
	if n.target().Kind != yaml.MappingNode {
		n.wrongKind(expectMap)
		return
	}
	f := fieldsOf(v.Type())
	given := map[string]Node{}
	for _, p := range d.pairs(n, depth) {
		name := p.key.Value
		index, known := f.byKey[name]
		switch {
		case known:
			given[name] = p
			d.decode(p, fieldAt(v, index), depth+1)
		case f.rest != nil:
			d.put(p, fieldAt(v, f.rest), depth)
		case n.value == d.root && strings.HasPrefix(name, "x-"):
		default:
			d.unknown(n, p, f, v.Type())
		}
	}
	for name, index := range f.byKey {
		if _, ok := given[name]; !ok && v.Type().FieldByIndex(index).Type == reflect.TypeFor[Node]() {
			fieldAt(v, index).Set(reflect.ValueOf(n.absent(name)))
		}
	}
	for name, p := range given {
		if other, both := given[name+"_file"]; both && p.Given() && other.Given() && isSecret(v.Type().FieldByIndex(f.byKey[name]).Type) {
			d.failed[p.value] = struct{}{}
			other.Fail(fmt.Sprintf("both %s and %s_file are given", name, name), "remove one")
		}
	}
}

// maxListed is how many known keys are listed beside an unknown one at most.
const maxListed = 24

// unknown notes a key that a struct has no field for.
func (d *Document) unknown(n, p Node, f fields, t reflect.Type) {
	if d.hopeless() {
		return
	}
	meant := Suggest(p.key.Value, f.known())
	if meant == "" {
		mend := "remove it; docs/configuration.md names those that there are"
		if known := f.known(); len(known) <= maxListed {
			mend = "remove it; known here: " + strings.Join(known, ", ")
		}
		p.Unknown("unknown key", mend)
		return
	}
	d.misspelt[entry{n.target(), meant}] = struct{}{}
	if holdsSecrets(t.FieldByIndex(f.byKey[meant]).Type) {
		d.hide(p.target())
	}
	d.hideSensitive(p, 0)
	p.FailKey("unknown key "+p.key.Value, "did you mean "+meant+"?")
}

func (d *Document) mapping(n Node, v reflect.Value, depth int) {
	if n.target().Kind != yaml.MappingNode {
		n.wrongKind(expectMap)
		return
	}
	if v.Type().Key().Kind() != reflect.String {
		n.Fail(fmt.Sprintf("settings of type %s cannot be given in a file", v.Type()), "")
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, p := range d.pairs(n, depth) {
		d.put(p, v, depth)
	}
}

// put decodes one value of a map.
func (d *Document) put(p Node, m reflect.Value, depth int) {
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	value := reflect.New(m.Type().Elem()).Elem()
	d.decode(p, value, depth+1)
	m.SetMapIndex(reflect.ValueOf(p.key.Value).Convert(m.Type().Key()), value)
}

func (d *Document) list(n Node, v reflect.Value, depth int) {
	if n.target().Kind != yaml.SequenceNode {
		n.wrongKind(expectList)
		return
	}
	items := n.Items()
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.decode(item, out.Index(i), depth+1)
	}
	v.Set(out)
}

// any decodes without a type to go by.
func (d *Document) any(n Node, depth int) any {
	switch t := n.target(); t.Kind {
	case yaml.MappingNode:
		var m map[string]any
		d.decode(n, reflect.ValueOf(&m).Elem(), depth+1)
		return m
	case yaml.SequenceNode:
		var l []any
		d.decode(n, reflect.ValueOf(&l).Elem(), depth+1)
		return l
	default:
		return scalarValue(t)
	}
}
