package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"alertd/internal/alert"
)

// How much the page shows at most.
const (
	shownAlerts = 200
	shownWhere  = 6 // labels on an alert's card; all are in its details
	shortText   = 80
	longText    = 2000
)

// pageView is everything that the page shows.
type pageView struct {
	clock
	Now      stampView
	Version  string
	Instance string
	Up       string
	NotReady string // why, or ""

	Firing, Pending, Silenced int
	Inhibited                 int
	Alerts                    []alertView
	MoreAlerts                int // how many are not shown

	Silences     []silenceView
	MoreSilences int
	Failing      []ruleView
	Groups       []groupView
	Deliveries   []deliveryView
	Queue        []queueView
	Events       []eventView
}

// Trouble tells whether anything fires that is not silenced.
func (v *pageView) Trouble() bool { return v.Firing > 0 }

// alertView is one alert.
type alertView struct {
	ID                                   string
	Name, Severity, Summary, Description string
	State                                string // firing, pending, silenced or inhibited
	Where                                []alert.Label
	Labels, Annotations                  []alert.Label
	Since                                stampView
	Lasting                              string
	Value, Threshold                     string
	NoData                               *stampView // since when there is none
	Recovering                           *stampView // since when it is well, but kept firing
	Flaps                                int        // how often it fired since Flapping; 0: it does not flap
	Flapping                             stampView
	Links                                []linkView
	Silences                             []silencedBy
	Ack                                  *ackView // who looks after it
	InhibitedBy                          []string // in words
}

type silencedBy struct{ ID, Until, By, Comment string }

// ackView is an acknowledgement.
type ackView struct {
	By, Comment string
	At          stampView
	Until       string // "": until the incident ends
}

type linkView struct{ Text, URL string }

// addAlerts adds what is active: what fires first, then what may, then what is
// silenced or inhibited; in each the worst, then the latest.
func (v *pageView) addAlerts(alerts []alert.Alert, silences alert.Silences, inhibitedBy func(alert.Labels) []string) {
	byID := map[string]*alert.Silence{}
	for i := range silences {
		byID[silences[i].ID] = &silences[i]
	}
	states := make(map[string]string, len(alerts))
	quiet := make(map[string][]string, len(alerts))
	for i := range alerts {
		a := &alerts[i]
		quiet[a.ID] = silences.Matching(a.Labels, v.now)
		switch {
		case len(quiet[a.ID]) > 0:
			states[a.ID] = "silenced"
			v.Silenced++
		case a.State == alert.Pending:
			states[a.ID] = "pending"
			v.Pending++
		case len(inhibitedBy(a.Labels)) > 0:
			states[a.ID] = "inhibited"
			v.Inhibited++
		default:
			states[a.ID] = "firing"
			v.Firing++
		}
	}
	order := map[string]int{"firing": 0, "pending": 1, "silenced": 2, "inhibited": 2}
	slices.SortFunc(alerts, func(a, b alert.Alert) int {
		return cmp.Or(
			cmp.Compare(order[states[a.ID]], order[states[b.ID]]),
			cmp.Compare(rank(a.Labels), rank(b.Labels)),
			b.ActiveAt.Compare(a.ActiveAt),
			a.Labels.Compare(b.Labels))
	})
	for i := range alerts[:min(len(alerts), shownAlerts)] {
		view := v.alertView(&alerts[i], states[alerts[i].ID])
		for _, id := range quiet[alerts[i].ID] {
			sil := byID[id]
			view.Silences = append(view.Silences, silencedBy{id, v.stamp(sil.EndsAt).Text, clip(sil.CreatedBy, shortText), clip(sil.Comment, longText)})
		}
		if view.State == "inhibited" {
			view.InhibitedBy = named(inhibitedBy(alerts[i].Labels), alerts)
		}
		v.Alerts = append(v.Alerts, view)
	}
	v.MoreAlerts = len(alerts) - len(v.Alerts)
}

// named returns the names of alerts and where they are, by fingerprint.
func named(fingerprints []string, alerts []alert.Alert) (names []string) {
	for i := range alerts {
		a := &alerts[i]
		if a.State == alert.Firing && slices.Contains(fingerprints, a.Fingerprint().String()) {
			names = append(names, clip(a.Name()+" "+a.Labels.Without(alert.AlertName).String(), longText))
		}
	}
	return names
}

func (v clock) alertView(a *alert.Alert, state string) alertView {
	view := alertView{
		ID:          a.ID,
		Name:        clip(cmp.Or(a.Name(), "(no alertname)"), shortText),
		Severity:    clip(a.Labels.Get("severity"), shortText),
		Summary:     clip(a.Annotations.Get("summary"), longText),
		Description: clip(a.Annotations.Get("description"), longText),
		State:       state,
		Where:       where(a.Labels),
		Labels:      clipped(a.Labels, longText),
		Annotations: clipped(a.Annotations.Without("summary", "description"), longText),
		Since:       v.stamp(a.ActiveAt),
		Lasting:     lasting(a.Duration(v.now)),
		Threshold:   a.Threshold,
		Links:       links(a),
	}
	if a.RuleID != "" && a.Unit != alert.Presence { // what others send has no value
		view.Value = v.reading(a.Value, a.Unit)
	}
	if !a.MissingSince.IsZero() {
		at := v.stamp(a.MissingSince)
		view.NoData = &at
	} else if !a.KeepFiringSince.IsZero() {
		at := v.stamp(a.KeepFiringSince)
		view.Recovering = &at
	} else if !a.HealthySince.IsZero() {
		at := v.stamp(a.HealthySince)
		view.Recovering = &at
	}
	if k := a.Ack; k.HoldsAt(v.now) {
		view.Ack = &ackView{By: clip(k.By, shortText), Comment: clip(k.Comment, longText), At: v.stamp(k.At)}
		if !k.Until.IsZero() {
			view.Ack.Until = v.stamp(k.Until).Text
		}
	}
	if a.Flapping() {
		view.Flaps, view.Flapping = a.Flaps, v.stamp(a.FlappingSince)
	}
	return view
}

// rank orders severities, the worst first.
func rank(ls alert.Labels) int {
	switch strings.ToLower(ls.Get("severity")) {
	case "critical", "page", "error":
		return 0
	case "warning":
		return 1
	case "info", "none":
		return 3
	default:
		return 2
	}
}

// where returns the labels that tell where it is: the usual ones first.
func where(ls alert.Labels) []alert.Label {
	usual := []string{"instance", "job", "name", "mountpoint", "namespace", "pod", "container"}
	var out []alert.Label
	for _, name := range usual {
		if value := ls.Get(name); value != "" {
			out = append(out, alert.Label{Name: name, Value: value})
		}
	}
	out = append(out, ls.Without(append(usual, alert.AlertName, "severity")...)...)
	return clipped(out[:min(len(out), shownWhere)], shortText)
}

// clipped returns labels with their texts cut.
func clipped(ls []alert.Label, most int) []alert.Label {
	out := make([]alert.Label, 0, len(ls))
	for _, l := range ls {
		out = append(out, alert.Label{Name: clip(l.Name, shortText), Value: clip(l.Value, most)})
	}
	return out
}

// links returns where an alert can be looked into.
func links(a *alert.Alert) []linkView {
	out := []linkView{}
	add := func(text, target string) {
		u, err := url.Parse(target)
		if err == nil && len(target) <= longText && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
			out = append(out, linkView{text, target})
		}
	}
	add("Graph", a.GeneratorURL)
	add("Runbook", a.Annotations.Get("runbook_url"))
	add("Dashboard", cmp.Or(a.Annotations.Get("dashboard_url"), a.Annotations.Get("dashboard")))
	return out
}
