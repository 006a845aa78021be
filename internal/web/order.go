package web

import (
	"cmp"
	"strings"

	"alertd/internal/alert"
)

// compareGroupLabels orders label sets as Alertmanager orders its groups: those
// with fewer labels first; then, name by name, the one that lacks a name before
// the one that has it, and lower values before higher ones.
func compareGroupLabels(a, b alert.Labels) int {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	for i := range a {
		if c := strings.Compare(a[i].Name, b[i].Name); c != 0 {
			return -c // the lower name is one that the other set lacks
		}
		if c := strings.Compare(a[i].Value, b[i].Value); c != 0 {
			return c
		}
	}
	return 0
}

// compareInGroup orders alerts as Alertmanager does in a group: by job, then by
// instance, those without last; then as groups are.
func compareInGroup(a, b alert.Labels) int {
	for _, name := range [...]string{"job", "instance"} {
		inA, inB := a.Get(name), b.Get(name)
		if inA == inB {
			continue
		}
		if inA == "" || inB == "" {
			return -strings.Compare(inA, inB)
		}
		return strings.Compare(inA, inB)
	}
	return compareGroupLabels(a, b)
}
