package notifier

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"

	"alertd/internal/alert"
)

// SetRouteLabels gives templates and webhooks the labels of the message's
// route. Their values are templates over the message's data, without its reason,
// and may name one another by the function routeLabels, as in Alertmanager. One
// that fails is left out; the error says which and why.
func (m *Message) SetRouteLabels(labels map[string]string) error {
	if len(labels) == 0 {
		return nil
	}
	data, inner := *m.Data, *m.Data.Data
	data.Data = &inner
	inner.RouteLabels, inner.NotificationReason = labels, notificationReason("")
	r := &routeLabels{raw: labels, templates: m.templates.all, data: &data, done: map[string]string{}}
	data.routeLabel = r.render
	out := template.KV{}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		r.under = nil
		value, err := r.render(name)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("route label %s: %w", name, err))
			continue
		}
		out[name] = value
	}
	m.Data.RouteLabels = out
	return errors.Join(wrong...)
}

// routeLabels renders the labels of a route for one message, each once.
type routeLabels struct {
	raw       map[string]string
	templates *templateSet
	data      *Data
	done      map[string]string
	under     []string // the labels being rendered, each named by the one before
}

func (r *routeLabels) render(name string) (string, error) {
	raw, known := r.raw[name]
	if !known {
		return "", nil
	}
	if value, done := r.done[name]; done {
		return value, nil
	}
	if slices.Contains(r.under, name) {
		return "", fmt.Errorf("it needs itself: %s", strings.Join(append(r.under, name), " -> "))
	}
	r.under = append(r.under, name)
	value, err := r.templates.executeText(raw, r.data)
	r.under = r.under[:len(r.under)-1]
	if err == nil {
		r.done[name] = value
	}
	return value, err
}

// RouteLabels returns the labels of a group's route, rendered over some of its
// alerts; none where the route has none. Labels that fail are left out.
func (n *Notifier) RouteLabels(ref alert.GroupRef, members []*alert.Alert, now time.Time) alert.Labels {
	setup := n.current()
	if setup == nil {
		return nil
	}
	options := setup.options(ref.RouteID)
	if options == nil || len(options.Labels) == 0 {
		return nil
	}
	alerts := make([]alert.Alert, len(members))
	for i, a := range members {
		alerts[i] = *a
	}
	d := alert.Delivery{Group: ref.Key, Receiver: ref.Receiver}
	m := setup.Templates.Message(d, alert.Group{GroupRef: ref}, alerts, 0, "", now)
	if err := m.SetRouteLabels(options.Labels); err != nil {
		n.logger.Error("Labels of a route cannot be rendered", "route", ref.RouteID, "err", err)
	}
	return alert.LabelsFromMap(m.Data.RouteLabels)
}
