// Package document reads YAML into Go structs and says, for everything that is
// wrong with it, where that is and how to mend it. Nothing that it says holds
// a secret.
//
// A document is parsed, its ${VARIABLES} are expanded, and it is decoded; each
// step notes its mistakes and goes on, and Err returns them all.
package document

import (
	"reflect"

	"go.yaml.in/yaml/v4"
)

// Document is a parsed text, or a set of environment variables in its place.
type Document struct {
	source source
	root   *yaml.Node // nil when there is nothing to decode
	notes  []note
	noted  map[note]struct{}

	raw    map[*yaml.Node]string   // what stood in a scalar before its variables were expanded
	hidden map[*yaml.Node]struct{} // scalars that hold a secret
	feared map[*yaml.Node]struct{} // scalars that may hold one for all that is known
	sifted map[*yaml.Node]struct{} // what has been searched for keys that look as if they held one
	texts  map[string]struct{}     // secrets

	failed   map[*yaml.Node]struct{} // values that could not be decoded
	misspelt map[entry]struct{}      // keys that a misspelt one probably stands for
	keysSeen map[*yaml.Node]struct{} // mappings whose keys have been looked through

	steps     int
	exhausted bool
}

// entry is a key of a mapping.
type entry struct {
	mapping *yaml.Node
	key     string
}

func newDocument(src source) *Document {
	return &Document{
		source: src,
		noted:  map[note]struct{}{},
		raw:    map[*yaml.Node]string{},
		hidden: map[*yaml.Node]struct{}{}, feared: map[*yaml.Node]struct{}{}, sifted: map[*yaml.Node]struct{}{}, texts: map[string]struct{}{},
		failed: map[*yaml.Node]struct{}{}, misspelt: map[entry]struct{}{}, keysSeen: map[*yaml.Node]struct{}{},
	}
}

// Root returns the whole document.
func (d *Document) Root() Node { return Node{doc: d, value: d.root} }

// Decode fills the struct that into points to. Keys that it has no field for
// are mistakes, but for those that start with x- at the top, which are a place
// for anchors.
func (d *Document) Decode(into any) {
	if d.root != nil {
		d.decode(Node{doc: d, value: d.root}, reflect.ValueOf(into).Elem(), 0)
	}
}
