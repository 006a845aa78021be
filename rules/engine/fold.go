package engine

import (
	"fmt"
	"slices"

	"alertd/internal/alert"
)

// foldBeyond is how many alerts of a rule may begin or end at once and have a line
// of history each. Nobody reads a hundred thousand lines that say the same.
const foldBeyond = 1000

// folded returns the events of one rule's evaluation with very many alike ones as
// one line. Only what the alerts' own records tell too is left to them.
func folded(events []alert.Event) []alert.Event {
	if len(events) <= foldBeyond {
		return events
	}
	type likeness struct {
		kind   alert.EventKind
		detail string
	}
	alike := map[likeness][]int{}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case alert.EventPending, alert.EventFiring, alert.EventResolved:
			is := likeness{e.Kind, e.Detail}
			alike[is] = append(alike[is], i)
		default:
		}
	}
	var out []alert.Event
	for i := range events {
		e := events[i]
		all := alike[likeness{e.Kind, e.Detail}]
		if len(all) > foldBeyond {
			if all[0] != i {
				continue
			}
			e = fold(events, all)
		}
		out = append(out, e)
	}
	return out
}

// fold makes one line of those at the given places.
func fold(events []alert.Event, places []int) alert.Event {
	first := events[places[0]]
	common := slices.Clone(first.Labels)
	for _, i := range places {
		common = slices.DeleteFunc(common, func(l alert.Label) bool { return events[i].Labels.Get(l.Name) != l.Value })
	}
	detail := fmt.Sprintf("%d alerts at once", len(places))
	if first.Detail != "" {
		detail += ": " + first.Detail
	}
	return alert.Event{At: first.At, Kind: first.Kind, Labels: common, Detail: detail}
}
