package document

import (
	"encoding"
	"errors"
	"reflect"
	"strings"
	"time"

	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"

	"alertd/internal/secret"
)

// errNoted is what a type's own UnmarshalYAML gets for a value whose mistakes
// have been noted.
var errNoted = errors.New("noted")

// Decode fills what into points to from the node. What does not fit is a
// mistake and leaves its field as it was, and so does a missing value.
func (n Node) Decode(into any) {
	if n.value != nil {
		n.doc.decode(n, reflect.ValueOf(into).Elem(), 0)
	}
}

func (d *Document) decode(n Node, v reflect.Value, depth int) {
	if !d.step(n, depth) {
		return
	}
	t := n.target()
	if holdsSecrets(v.Type()) {
		d.hide(t)
	}
	if isSecret(v.Type()) {
		d.hideKeys(t)
	}
	if t.Kind == yaml.ScalarNode {
		d.hideUserinfo(t.Value)
	}
	if v.Type() == reflect.TypeFor[Node]() {
		v.Set(reflect.ValueOf(n))
		return
	}
	_, broken := d.failed[t]
	if broken && (v.Type() == reflect.TypeFor[commoncfg.URL]() || v.Kind() == reflect.Struct || v.Kind() == reflect.Map) {
		d.fear(t)
	}
	if broken || null(t) || !d.tagged(n) {
		return
	}
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.decode(n, v.Elem(), depth+1)
	case isSecret(v.Type()):
		d.text(n, v)
	case v.Type() == reflect.TypeFor[model.Duration](), v.Type() == reflect.TypeFor[time.Duration]():
		d.duration(n, v)
	case !d.custom(n, v, depth):
		d.plain(n, v, depth)
	}
}

func isSecret(t reflect.Type) bool {
	return t == reflect.TypeFor[secret.Value]() || t == reflect.TypeFor[commoncfg.Secret]()
}

// holdsSecrets tells whether a type is made of nothing but secrets.
func holdsSecrets(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return isSecret(t)
}

// tagged refuses tags of other programs, such as !include.
func (d *Document) tagged(n Node) bool {
	if knownTag(n.target().Tag) {
		return true
	}
	// It is not named, as it may be a password without quotes.
	d.fear(n.target())
	n.refuse("a tag that alertd does not know", "remove it, or put quotes around a value that begins with !")
	return false
}

func knownTag(tag string) bool {
	switch tag {
	case "", "!", tagString, tagInt, tagFloat, tagBool, tagNull, tagTime, tagMap, tagList, tagMerge:
		return true
	}
	return false
}

// custom decodes into a type that knows how to do that itself.
func (d *Document) custom(n Node, v reflect.Value, depth int) bool {
	if !v.CanAddr() {
		return false
	}
	before := len(d.notes)
	var err error
	switch u := v.Addr().Interface().(type) {
	case interface{ UnmarshalYAML(func(any) error) error }:
		err = u.UnmarshalYAML(func(into any) error {
			d.decode(n, reflect.ValueOf(into).Elem(), depth+1)
			if len(d.notes) > before {
				return errNoted
			}
			return nil
		})
	case yaml.Unmarshaler:
		err = u.UnmarshalYAML(n.target())
	case encoding.TextUnmarshaler:
		var s string
		if d.text(n, reflect.ValueOf(&s).Elem()); len(d.notes) == before {
			err = u.UnmarshalText([]byte(s))
		}
	default:
		return false
	}
	if err != nil && !errors.Is(err, errNoted) {
		switch {
		case v.Type() == reflect.TypeFor[commoncfg.URL]():
			// Where in it a password would be is not to be told.
			d.hide(n.target())
			n.Fail("not a URL", "write it as http://host:port")
		case strings.HasPrefix(err.Error(), "at most one of"):
			n.Fail(strings.ReplaceAll(err.Error(), " & ", " and "), "remove all but one")
		default:
			n.Fail(err.Error(), "correct this value")
		}
	}
	return true
}

func (d *Document) plain(n Node, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, depth)
	case reflect.Map:
		d.mapping(n, v, depth)
	case reflect.Slice:
		d.list(n, v, depth)
	case reflect.Interface:
		if n.key != nil && sensitive(n.key.Value) {
			d.hide(n.target()) // no type says what it is
		}
		if value := d.any(n, depth); value != nil {
			v.Set(reflect.ValueOf(value))
		}
	case reflect.String:
		d.text(n, v)
	case reflect.Bool:
		d.boolean(n, v)
	default:
		d.number(n, v)
	}
}
