package web

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/common/model"

	own "alertd/internal/alert"
)

// Both orders are Alertmanager's, whatever the labels.
func TestOrdersAreAlertmanagers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var sets []model.LabelSet
	for range 60 {
		ls := model.LabelSet{}
		for _, name := range []model.LabelName{"job", "instance", "alertname", "z"} {
			if v := random.IntN(4); v > 0 {
				ls[name] = model.LabelValue('a' + rune(v))
			}
		}
		sets = append(sets, ls)
	}
	labels := func(ls model.LabelSet) own.Labels {
		m := map[string]string{}
		for name, value := range ls {
			m[string(name)] = string(value)
		}
		return own.LabelsFromMap(m)
	}
	for _, a := range sets {
		for _, b := range sets {
			if got, want := compareGroupLabels(labels(a), labels(b)) < 0, a.Before(b); got != want {
				t.Fatalf("as groups: %v before %v: %t, want %t", a, b, got, want)
			}
			pair := alert.AlertSlice{{Alert: model.Alert{Labels: a}}, {Alert: model.Alert{Labels: b}}}
			if got, want := compareInGroup(labels(a), labels(b)) < 0, pair.Less(0, 1); got != want {
				t.Fatalf("in a group: %v before %v: %t, want %t", a, b, got, want)
			}
		}
	}
	if !slices.IsSortedFunc([]own.Labels{nil, labels(sets[0])}, compareGroupLabels) {
		t.Error("no labels are not first")
	}
}
