// Package inhibit knows which alerts keep which others from being told: a
// firing alert that matches a rule's source inhibits every alert that matches
// its target and has the same values of its equal labels. An Index keeps what
// fires by exactly that, so that a change costs its own targets and no scan; a
// Guard keeps the index to what is committed.
package inhibit

import (
	"strings"

	"alertd/internal/alert"
)

// Rule is an entry of the `inhibit_rules` section, in Alertmanager's meaning.
type Rule struct {
	Name   string
	Source alert.Matchers // of the alerts that inhibit
	Target alert.Matchers // of those that are inhibited
	// Equal are the labels whose values must be the same on both; one that is
	// missing has the value "".
	Equal []string
}

// key returns the values of the equal labels as one text. Label values are
// UTF-8, so the byte between them is in none.
func (r *Rule) key(labels alert.Labels) string {
	if len(r.Equal) == 1 {
		return labels.Get(r.Equal[0])
	}
	var b strings.Builder
	for _, name := range r.Equal {
		b.WriteString(labels.Get(name))
		b.WriteByte(0xff)
	}
	return b.String()
}
