package batch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"alertd/internal/alert"
)

// unit is one expression as it is sent, and whose answer it gives.
type unit struct {
	expr   string
	alone  bool // must have a request to itself
	scalar bool
	// members get every element; or, where label is set, those that byValue
	// names for the label's value.
	members []int
	label   string
	byValue map[string][]int
}

// owners returns who gets the sample.
func (u *unit) owners(s alert.Sample) ([]int, error) {
	if u.label == "" {
		return u.members, nil
	}
	value := s.Labels.Get(u.label)
	owners, ok := u.byValue[value]
	if !ok {
		return nil, fmt.Errorf("the answer has an element with %s=%q, which nobody asked for", u.label, value)
	}
	return owners, nil
}

// unite makes units of the questions, those alike in one.
func unite(questions []*question) []unit {
	var units []unit
	taken := make([]bool, len(questions))
	for _, a := range alikes(questions) {
		units = append(units, a.units(taken)...)
	}
	same := map[string]int{}
	for i, q := range questions {
		if taken[i] {
			continue
		}
		at, ok := same[q.text]
		if !ok {
			at = len(units)
			same[q.text] = at
			units = append(units, unit{expr: q.text, alone: !q.joinable, scalar: q.scalar})
		}
		units[at].members = append(units[at].members, i)
	}
	slices.SortFunc(units, func(a, b unit) int { return cmp.Compare(a.members[0], b.members[0]) })
	return units
}

// alike is questions that differ in the value of one label alone.
type alike struct {
	label, key string
	byValue    map[string][]int
}

// alikes returns the sets of two and more alike questions, largest first. A
// question may be in several.
func alikes(questions []*question) []*alike {
	byKey := map[string]*alike{}
	for i, q := range questions {
		for _, s := range q.slots {
			id := s.label + "\xff" + s.key
			a := byKey[id]
			if a == nil {
				a = &alike{label: s.label, key: s.key, byValue: map[string][]int{}}
				byKey[id] = a
			}
			a.byValue[s.value] = append(a.byValue[s.value], i)
		}
	}
	maps.DeleteFunc(byKey, func(_ string, a *alike) bool { return len(a.byValue) < 2 })
	return slices.SortedFunc(maps.Values(byKey), func(a, b *alike) int {
		return cmp.Or(cmp.Compare(len(b.byValue), len(a.byValue)), cmp.Compare(a.label, b.label), cmp.Compare(a.key, b.key))
	})
}

// units returns what asks the questions that no earlier set has taken, in as
// few units as the limits allow, and takes them.
func (a *alike) units(taken []bool) []unit {
	values := make([]string, 0, len(a.byValue))
	for value, members := range a.byValue {
		members = slices.DeleteFunc(members, func(i int) bool { return taken[i] })
		a.byValue[value] = members
		if len(members) > 0 {
			values = append(values, value)
		}
	}
	if len(values) < 2 {
		return nil
	}
	slices.SortFunc(values, func(x, y string) int { return cmp.Compare(a.byValue[x][0], a.byValue[y][0]) })
	var units []unit
	for len(values) > 1 {
		u, n := a.unit(values)
		if n > 1 { // one alone is asked as it stands
			units = append(units, u)
			for _, i := range u.members {
				taken[i] = true
			}
		}
		values = values[max(n, 1):]
	}
	return units
}

// unit asks as many of the values as the limits allow, and returns how many.
func (a *alike) unit(values []string) (unit, int) {
	n := min(len(values), maxAlternatives)
	u := unit{label: a.label, byValue: map[string][]int{}}
	u.expr = withValues(a.key, pattern(values[:n]))
	for n > 1 && len(u.expr)+markBytes > maxBytes {
		n = n * 3 / 4
		u.expr = withValues(a.key, pattern(values[:n]))
	}
	for _, value := range values[:n] {
		u.byValue[value] = a.byValue[value]
		u.members = append(u.members, a.byValue[value]...)
	}
	return u, n
}
