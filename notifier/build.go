package notifier

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
)

// maxShown is how many problems the topics of a message show: more than anyone
// reads, and few enough for any channel's size.
const maxShown = 50

// Message makes a delivery ready to be told. Which alerts are firing and which
// have ended is what the delivery says, whatever became of them since; alerts
// that it does not name are left out. truncated is how many alerts of the
// delivery are not among the given ones, previousRef the channel's reference to
// what it last told of the group.
func (t *Templates) Message(d alert.Delivery, g alert.Group, alerts []alert.Alert, truncated int, previousRef string, now time.Time) *Message {
	told := named(d.Content, alerts, now)
	m := &Message{
		ID: d.ID, Group: d.Group, Receiver: d.Receiver, Integration: d.Integration,
		SentAt: now, PreviousRef: previousRef, Progress: d.Ref, Truncated: truncated,
		templates: t,
	}
	problems := make([]Problem, len(told))
	for i := range told {
		problems[i] = t.problem(&told[i], now)
	}
	sortProblems(problems, told)
	data := &Data{
		Data: &template.Data{
			Receiver:           regexp.QuoteMeta(d.Receiver),
			NotificationReason: notificationReason(Reason(d.Reason)),
			GroupLabels:        template.KV(g.Labels.Map()),
			RouteLabels:        template.KV{},
			ExternalURL:        t.external,
		},
		GroupKey: string(d.Group),
		Problems: problems,
	}
	setAlerts(data.Data, templateAlerts(told, now))
	data.Resolved = data.Status == string(model.AlertResolved)
	m.Data = data
	data.summarize(told, d.Content, truncated)
	return m
}

// named returns the alerts that the content names, each in the state that the
// content gives it. A content that names none leaves every alert its own state.
func named(c alert.Content, alerts []alert.Alert, now time.Time) []alert.Alert {
	firing, resolved := set(c.Firing), set(c.Resolved)
	out := make([]alert.Alert, 0, len(alerts))
	for _, a := range alerts {
		switch {
		case firing[a.ID]:
			a.State, a.ResolvedAt = alert.Firing, time.Time{}
		case resolved[a.ID]:
			a.State = alert.Resolved
		case !c.Empty():
			continue
		}
		if a.State == alert.Resolved && a.ResolvedAt.IsZero() {
			a.ResolvedAt = now
		}
		out = append(out, a)
	}
	return out
}

// templateAlerts returns the alerts as Alertmanager's templates and webhooks
// see them, in its order: by job, instance, then all labels.
func templateAlerts(alerts []alert.Alert, now time.Time) template.Alerts {
	type keyed struct {
		alert  template.Alert
		labels model.LabelSet
	}
	sorted := make([]keyed, len(alerts))
	for i := range alerts {
		a := &alerts[i]
		labels := make(model.LabelSet, len(a.Labels))
		for _, l := range a.Labels {
			labels[model.LabelName(l.Name)] = model.LabelValue(l.Value)
		}
		sorted[i] = keyed{labels: labels, alert: template.Alert{
			Status:       string(model.AlertFiring),
			Labels:       template.KV(a.Labels.Map()),
			Annotations:  template.KV(a.ShownAnnotations(now).Map()),
			StartsAt:     a.FiredAt.UTC(),
			GeneratorURL: a.GeneratorURL,
			Fingerprint:  a.Fingerprint().String(),
		}}
		if a.State == alert.Resolved {
			sorted[i].alert.Status = string(model.AlertResolved)
			sorted[i].alert.EndsAt = a.ResolvedAt.UTC()
		}
	}
	slices.SortStableFunc(sorted, func(a, b keyed) int { return compareLabelSets(a.labels, b.labels) })
	out := make(template.Alerts, len(sorted))
	for i := range sorted {
		out[i] = sorted[i].alert
	}
	return out
}

// compareLabelSets orders as alertmanager/alert.AlertSlice does.
func compareLabelSets(a, b model.LabelSet) int {
	for _, name := range []model.LabelName{model.JobLabel, model.InstanceLabel} {
		av, aok := a[name]
		bv, bok := b[name]
		switch {
		case !aok && !bok || av == bv && aok == bok:
			continue
		case !aok:
			return 1
		case !bok:
			return -1
		default:
			return cmp.Compare(av, bv)
		}
	}
	switch {
	case a.Before(b):
		return -1
	case b.Before(a):
		return 1
	default:
		return 0
	}
}

// setAlerts sets the alerts of d and what follows from them: the status, and
// the labels and annotations that all of them share.
func setAlerts(d *template.Data, alerts template.Alerts) {
	d.Alerts = alerts
	d.Status = string(model.AlertResolved)
	d.CommonLabels, d.CommonAnnotations = template.KV{}, template.KV{}
	for i, a := range alerts {
		if a.Status == string(model.AlertFiring) {
			d.Status = string(model.AlertFiring)
		}
		if i == 0 {
			keep(d.CommonLabels, a.Labels, true)
			keep(d.CommonAnnotations, a.Annotations, true)
			continue
		}
		keep(d.CommonLabels, a.Labels, false)
		keep(d.CommonAnnotations, a.Annotations, false)
	}
}

// keep copies kv into common where it is the first, and otherwise drops from
// common what kv does not share.
func keep(common, kv template.KV, first bool) {
	if first {
		maps.Copy(common, kv)
		return
	}
	for name, value := range common {
		if kv[name] != value {
			delete(common, name)
		}
	}
}

// FirstAlerts returns Alertmanager's data for the first limit alerts, as its
// max_alerts means it, and how many alerts of the delivery are not in it. A
// limit of 0 means all.
func (m *Message) FirstAlerts(limit int) (data *template.Data, truncated int) {
	all := m.Data.Data
	if limit <= 0 || len(all.Alerts) <= limit {
		return all, m.Truncated
	}
	some := *all
	setAlerts(&some, all.Alerts[:limit])
	return &some, m.Truncated + len(all.Alerts) - limit
}

// notificationReason says the reason in Alertmanager's words, which templates
// and webhook consumers compare.
func notificationReason(r Reason) string {
	switch r {
	case ReasonFirst, ReasonFiring, ReasonRecovered, ReasonAllRecovered, ReasonRepeat:
		return string(r) // Alertmanager's words are ours
	case ReasonUnsilenced, ReasonUninhibited:
		return string(ReasonFiring) // to Alertmanager, such an alert is new
	default:
		return "unknown"
	}
}
