package document

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// fields are the keys that a struct takes.
type fields struct {
	byKey map[string][]int // index path of the field
	rest  []int            // of a map that takes every other key; nil without one
}

// known returns the keys in order.
func (f fields) known() []string { return slices.Sorted(maps.Keys(f.byKey)) }

// fieldsOf reads the yaml tags of a struct as the YAML packages do.
func fieldsOf(t reflect.Type) fields {
	f := fields{byKey: map[string][]int{}}
	f.add(t, nil)
	return f
}

func (f *fields) add(t reflect.Type, above []int) {
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() && !field.Anonymous {
			continue
		}
		index := append(slices.Clone(above), i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		inline := slices.Contains(strings.Split(options, ","), "inline")
		switch {
		case name == "-" && options == "":
		case inline && field.Type.Kind() == reflect.Map:
			f.rest = index
		case inline && field.Type.Kind() == reflect.Struct:
			f.add(field.Type, index)
		case inline && field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.Struct:
			f.add(field.Type.Elem(), index)
		case field.IsExported():
			if name == "" {
				name = strings.ToLower(field.Name)
			}
			f.byKey[name] = index
		}
	}
}

// fieldAt returns the field at an index path, making the structs on the way.
func fieldAt(v reflect.Value, index []int) reflect.Value {
	for i, x := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v
}
