package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"alertd/internal/alert"
	"alertd/internal/web/apiv2"
)

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
	known := s.receiverLabels()
	byKey := map[alert.GroupKey]*apiv2.AlertGroup{}
	for i := range snap.alerts {
		a := &snap.alerts[i]
		if f.matchers.Matches(a.Labels) {
			s.addToGroups(byKey, &snap, a, &f, known)
		}
	}
	groups := make([]apiv2.AlertGroup, 0, len(byKey))
	for _, g := range byKey {
		slices.SortFunc(g.Alerts, func(a, b apiv2.Alert) int { return compareInGroup(a.Labels, b.Labels) })
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b apiv2.AlertGroup) int {
		return cmp.Or(compareGroupLabels(a.Labels, b.Labels), strings.Compare(a.Receiver.Name, b.Receiver.Name))
	})
	return groups, nil
}

// addToGroups puts an alert into each of its groups that is asked for.
func (s *Server) addToGroups(byKey map[alert.GroupKey]*apiv2.AlertGroup, snap *snapshot, a *alert.Alert, f *alertFilter, known map[string]alert.Labels) {
	refs := slices.DeleteFunc(s.deps.Groups(a.Labels), func(ref alert.GroupRef) bool {
		return !f.receiverPasses(ref.Receiver, known)
	})
	receivers := make([]string, 0, len(refs))
	for _, ref := range refs {
		receivers = append(receivers, ref.Receiver)
	}
	slices.Sort(receivers)
	shown, ok := snap.show(a, f, slices.Compact(receivers))
	if !ok {
		return
	}
	for _, ref := range refs {
		g := byKey[ref.Key]
		if g == nil {
			g = &apiv2.AlertGroup{Labels: ref.Labels, Receiver: apiv2.ReceiverReference{Name: ref.Receiver}}
			byKey[ref.Key] = g
		}
		g.Alerts = append(g.Alerts, shown)
	}
}
