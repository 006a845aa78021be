package notifier_test

import (
	"maps"
	"strings"
	"testing"

	"alertd/notifier"
	"alertd/notifier/messagetest"
)

func TestRouteLabels(t *testing.T) {
	m := messagetest.Message(t, messagetest.Templates(t), 0, messagetest.Cron())
	err := m.SetRouteLabels(map[string]string{
		"team":   "data",
		"title":  `{{ .CommonLabels.alertname }} of {{ routeLabels "team" }}`,
		"reason": "{{ .NotificationReason }}",
		"cycle":  `{{ routeLabels "lap" }}`,
		"lap":    `{{ routeLabels "cycle" }}`,
		"bad":    "{{ .Nope }}",
		"none":   `{{ routeLabels "nosuch" }}`,
		"raw":    "{{ .RouteLabels.title }}",
	})
	want := map[string]string{
		"team": "data", "title": "CronFailed of data", "reason": "unknown", "none": "",
		"raw": `{{ .CommonLabels.alertname }} of {{ routeLabels "team" }}`,
	}
	if got := m.Data.RouteLabels; !maps.Equal(got, want) {
		t.Errorf("labels %q, want %q", got, want)
	}
	for _, wrong := range []string{"route label bad: ", "route label cycle: ", "it needs itself: cycle -> lap -> cycle"} {
		if err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v does not say %q", err, wrong)
		}
	}
	// What templates see is rendered, and not rendered again.
	r := m.Renderer(notifier.Markup{})
	if got := r.Text("x", `{{ routeLabels "title" }}; {{ .RouteLabels.raw }}`, ""); got != "CronFailed of data; "+want["raw"] {
		t.Errorf("in a template: %q", got)
	}
	if err := m.SetRouteLabels(nil); err != nil || m.Data.NotificationReason == "unknown" {
		t.Errorf("error %v, reason %s", err, m.Data.NotificationReason)
	}
}
