package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"alertd/internal/alert"
	"alertd/internal/web/apiv2"
)

// shownGroup is an aggregation group that clients are shown.
type shownGroup struct {
	ref    alert.GroupRef
	alerts []*alert.Alert
	shown  []apiv2.Alert
}

// grouping puts alerts into the groups that are asked for.
type grouping struct {
	snap   *snapshot
	filter *alertFilter
	known  map[string]alert.Labels // of receivers
	groups map[alert.GroupKey]*shownGroup
	muted  map[string][]string // time intervals by route
}

// getAlertGroups serves GET /api/v2/alerts/groups: the groups that have alerts
// which pass the filter, by their labels and receiver.
func (s *Server) getAlertGroups(r *http.Request) (any, error) {
	f, err := readAlertFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	snap, err := s.takeSnapshot(r.Context())
	if err != nil {
		return nil, err
	}
	all := grouping{
		snap: &snap, filter: &f, known: s.receiverLabels(),
		groups: map[alert.GroupKey]*shownGroup{}, muted: map[string][]string{},
	}
	for i := range snap.alerts {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		a := &snap.alerts[i]
		if f.matchers.Matches(a.Labels) {
			s.addToGroups(&all, a)
		}
	}
	groups := make([]apiv2.AlertGroup, 0, len(all.groups))
	for _, g := range all.groups {
		slices.SortFunc(g.shown, func(a, b apiv2.Alert) int { return compareInGroup(a.Labels, b.Labels) })
		groups = append(groups, apiv2.AlertGroup{
			Alerts: g.shown, Labels: g.ref.Labels, Receiver: apiv2.ReceiverReference{Name: g.ref.Receiver},
			RouteLabels: s.deps.RouteLabels(g.ref, g.alerts, snap.now),
		})
	}
	slices.SortFunc(groups, func(a, b apiv2.AlertGroup) int {
		return cmp.Or(compareGroupLabels(a.Labels, b.Labels), strings.Compare(a.Receiver.Name, b.Receiver.Name))
	})
	return groups, nil
}

// addToGroups puts an alert into each of its groups that is asked for.
func (s *Server) addToGroups(all *grouping, a *alert.Alert) {
	refs := slices.DeleteFunc(s.deps.Groups(a.Labels), func(ref alert.GroupRef) bool {
		return !all.filter.receiverPasses(ref.Receiver, all.known)
	})
	receivers := make([]string, 0, len(refs))
	for _, ref := range refs {
		receivers = append(receivers, ref.Receiver)
	}
	slices.Sort(receivers)
	receivers = slices.Compact(receivers)
	for _, ref := range refs {
		mutedBy, known := all.muted[ref.RouteID]
		if !known {
			mutedBy = s.deps.MutedBy(ref.RouteID, all.snap.now)
			all.muted[ref.RouteID] = mutedBy
		}
		shown, ok := all.snap.show(a, all.filter, receivers, mutedBy)
		if !ok || len(mutedBy) > 0 && !all.filter.muted {
			continue
		}
		g := all.groups[ref.Key]
		if g == nil {
			g = &shownGroup{ref: ref}
			all.groups[ref.Key] = g
		}
		g.alerts, g.shown = append(g.alerts, a), append(g.shown, shown)
	}
}
