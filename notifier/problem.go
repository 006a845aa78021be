package notifier

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/alertmanager/template"

	"alertd/internal/alert"
)

// maxURL is the longest link worth making.
const maxURL = 2000

// problem says one alert in words.
func (t *Templates) problem(a *alert.Alert, now time.Time) Problem {
	firing := a.State != alert.Resolved
	place := placeOf(a.Labels)
	p := Problem{
		Labels:      template.KV(a.Labels.Map()),
		Annotations: template.KV(a.Annotations.Map()),
		Firing:      firing,
		Name:        Shorten(CleanLine(a.Name()), maxLabelValue),
		Severity:    Shorten(CleanLine(a.Labels.Get("severity")), maxLabelValue),
		Summary:     Shorten(CleanLine(a.Annotations.Get("summary")), maxSummary),
		Description: Shorten(strings.TrimSpace(Clean(cmp.Or(a.Annotations.Get("description"), a.Annotations.Get("message")))), maxDescription),
		Where:       placeWords(place),
		Since:       timeWords(began(a), t.loc),
		sinceShort:  timeWordsShort(began(a), now, t.loc),
		Duration:    durationWords(lasted(a, now)),
		Threshold:   Shorten(CleanLine(a.Threshold), maxLabelValue),
		Links:       t.links(a),
		SilenceWith: silenceCommand(a.Name(), place),
	}
	p.Icon = icon(p)
	if p.Name == "" {
		p.Name = "Alert"
	}
	if p.Summary == "" {
		p.Summary = p.Name + " is firing"
	}
	p.Value = t.value(a, firing, now)
	if !a.MissingSince.IsZero() && firing {
		p.NoData = fmt.Sprintf("no data since %s (%s); the value is the last one seen",
			timeWords(a.MissingSince, t.loc), durationWords(now.Sub(a.MissingSince)))
	}
	if a.Flapping() {
		p.Flapping = t.flapping(a, firing, now)
	}
	if a.Ack.HoldsAt(now) {
		p.Acknowledged = t.acknowledged(a.Ack, firing, now)
	}
	if !firing {
		p.EndedAt = timeWords(a.ResolvedAt, t.loc)
		p.Resolution = resolutionWords(a.Resolution)
	}
	p.Reading = readingWords(p.Value, p.Threshold, firing)
	if p.Resolution != "" {
		p.Reading = p.Value
	}
	return p
}

// flapping says how often the alert came and went.
func (t *Templates) flapping(a *alert.Alert, firing bool, now time.Time) string {
	said := fmt.Sprintf("flapping: fired %d times since %s", a.Flaps, timeWords(a.FlappingSince, t.loc))
	if !firing {
		return "was " + said
	}
	said += fmt.Sprintf(" (%s)", durationWords(now.Sub(a.FlappingSince)))
	if !a.HealthySince.IsZero() {
		said += ", well since " + timeWordsShort(a.HealthySince, now, t.loc)
	}
	return said + "; held firing until it has stayed well for a while"
}

// acknowledged says who looks after the alert, or did.
func (t *Templates) acknowledged(k *alert.Ack, firing bool, now time.Time) string {
	said := "acknowledged by " + Shorten(CleanLine(k.By), maxLabelValue)
	if !firing {
		said = "was " + said
	} else {
		said += " at " + timeWordsShort(k.At, now, t.loc)
		if !k.Until.IsZero() {
			said += ", until " + timeWordsShort(k.Until, now, t.loc)
		}
	}
	if k.Comment != "" {
		said += ": " + Shorten(CleanLine(k.Comment), maxSummary)
	}
	return said
}

// began returns since when it has been so: the first breach, or where that is
// unknown the moment of firing.
func began(a *alert.Alert) time.Time {
	if a.ActiveAt.IsZero() {
		return a.FiredAt
	}
	return a.ActiveAt
}

func lasted(a *alert.Alert, now time.Time) time.Duration {
	if a.State == alert.Resolved {
		now = a.ResolvedAt
	}
	return now.Sub(began(a))
}

// value writes the value where it says something: not for alerts that others
// sent, which bear none, nor the 1 that only means "so it is".
func (t *Templates) value(a *alert.Alert, firing bool, now time.Time) string {
	v := a.Value
	switch {
	case a.Unit == alert.Presence:
		return ""
	case a.RuleID == "" && a.Unit == "" && a.Threshold == "" && v == 0:
		return ""
	case !firing && a.RecoveredValue == nil:
		return ""
	case !firing:
		v = *a.RecoveredValue
	}
	return valueWords(v, a.Unit, now, t.loc)
}

// links returns what can be clicked about the alert.
func (t *Templates) links(a *alert.Alert) []Link {
	var out []Link
	for _, l := range []Link{
		{"Prometheus", a.GeneratorURL},
		{"Grafana", a.Annotations.Get("dashboard_url")},
		{"Runbook", a.Annotations.Get("runbook_url")},
		{"alertd", t.external},
	} {
		if u := webURL(l.URL); u != "" {
			out = append(out, Link{l.Text, u})
		}
	}
	return out
}

// webURL returns the URL in a form that no markup trips over, or "" where it is
// not a web address.
func webURL(raw string) string {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxURL {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	var b strings.Builder
	for _, r := range raw {
		switch {
		case r == '(':
			b.WriteString("%28")
		case r == ')':
			b.WriteString("%29")
		case strings.ContainsRune("<>|\"`{}\\^ ", r) || r > unicode.MaxASCII || unicode.IsControl(r):
			b.WriteString(url.PathEscape(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	out := b.String()
	if len(out) > maxURL {
		return ""
	}
	return out
}

// severityRank orders severities, worst first.
func severityRank(severity string) int {
	switch strings.ToLower(severity) {
	case "critical", "page", "error", "emergency", "disaster":
		return 0
	case "", "none":
		return 2
	case "warning", "warn":
		return 1
	case "info", "information", "notice":
		return 3
	default:
		return 2
	}
}

// icon returns the one character that tells how bad a problem is.
func icon(p Problem) string {
	switch {
	case p.Firing:
		return severityIcon(p.Severity)
	case p.Resolution != "":
		return "⚪"
	default:
		return "✅"
	}
}

func severityIcon(severity string) string {
	switch severityRank(severity) {
	case 1:
		return "🟠"
	case 3:
		return "🔵"
	default:
		return "🔴"
	}
}

// sortProblems puts firing ones first, then the worst, then the oldest. alerts
// are the same alerts in the same order; both are sorted alike.
func sortProblems(problems []Problem, alerts []alert.Alert) {
	order := make([]int, len(problems))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(
			cmp.Compare(rank(!problems[i].Firing), rank(!problems[j].Firing)),
			cmp.Compare(severityRank(problems[i].Severity), severityRank(problems[j].Severity)),
			began(&alerts[i]).Compare(began(&alerts[j])),
			alerts[i].Labels.Compare(alerts[j].Labels),
		)
	})
	sortedProblems, sortedAlerts := make([]Problem, len(order)), make([]alert.Alert, len(order))
	for to, from := range order {
		sortedProblems[to], sortedAlerts[to] = problems[from], alerts[from]
	}
	copy(problems, sortedProblems)
	copy(alerts, sortedAlerts)
}

func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}
