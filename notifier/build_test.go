package notifier_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amalert "github.com/prometheus/alertmanager/alert"
	amtemplate "github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/notifier"
	"alertd/notifier/messagetest"
)

func TestTitles(t *testing.T) {
	templates := messagetest.Templates(t)
	disk := messagetest.Disk("db-1:9100", "/data", 93)
	hosts := messagetest.TenHosts()
	critical := func(a alert.Alert) alert.Alert {
		a.Labels = a.Labels.With("severity", "critical")
		return a
	}
	info := disk
	info.Labels = info.Labels.With("severity", "info")
	named := func(name string, labels ...string) alert.Alert {
		return alert.Alert{ID: name, State: alert.Firing, Labels: alert.LabelsFromStrings(append(labels, "alertname", name)...)}
	}
	for _, tt := range []struct {
		want      string
		truncated int
		alerts    []alert.Alert
	}{
		{"🔴 CronFailed: cryptobot_cron", 0, []alert.Alert{messagetest.Cron()}},
		{"✅ CronFailed recovered: cryptobot_cron", 0, []alert.Alert{messagetest.Recovered(messagetest.Cron(), 1)}},
		{"🟠 HostDiskFull: /data on db-1:9100", 0, []alert.Alert{disk}},
		{"🔵 HostDiskFull: /data on db-1:9100", 0, []alert.Alert{info}},
		{"⚪ HostDiskFull ended: /data on db-1:9100", 0, []alert.Alert{messagetest.Ended(disk, alert.RuleGone)}},
		{"🟠 HostDiskFull: 8 firing, 2 recovered (/)", 0, hosts},
		{"🟠 HostDiskFull: 20 firing, 2 recovered (/)", 12, hosts},
		{"✅ HostDiskFull: 2 recovered (/)", 0, hosts[8:]},
		{"🔴 HostDiskFull: 2 firing", 0, []alert.Alert{critical(disk), messagetest.Disk("db-2:9100", "/", 99)}},
		{"⚪ HostDiskFull: 2 ended", 0, []alert.Alert{messagetest.Ended(disk, alert.NoData), messagetest.Recovered(messagetest.Disk("db-2:9100", "/", 99), 1)}},
		{"🔴 2 firing: CronFailed, HostDiskFull", 0, []alert.Alert{disk, messagetest.Cron()}},
		{"🔴 1 firing, 1 recovered: CronFailed, HostDiskFull", 0, []alert.Alert{messagetest.Recovered(disk, 1), messagetest.Cron()}},
		{"🔴 4 firing: AThirdAlertOfALongName, AnAlert and 2 more", 0, []alert.Alert{
			named("AnAlert"), named("AnotherAlert"), named("AThirdAlertOfALongName"), named("TheFourthAlertOfALongName"),
		}},
		{"🔴 NoPlaceAtAll", 0, []alert.Alert{named("NoPlaceAtAll")}},
		{"🔴 Long: averylonglabelvaluethatgoesonandonandonandonandona…", 0, []alert.Alert{named("Long", "name", "averylonglabelvaluethatgoesonandonandonandonandonandonandon")}},
		{"🔴 Host: a-host-name-that-is-long.internal.example.org", 0, []alert.Alert{named("Host", "name", "a-host-name-that-is-long.internal.example.org", "instance", "db-1:9100")}},
		{"🔴 AnAlertWhoseNameAloneIsLongerThanAnyTitleShouldEverBeAll…", 0, []alert.Alert{named("AnAlertWhoseNameAloneIsLongerThanAnyTitleShouldEverBeAllowedToBe", "instance", "x")}},
		{"No alerts", 0, nil},
	} {
		got := messagetest.Message(t, templates, tt.truncated, tt.alerts...).Data.Title
		if got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
		if n := notifier.Length(got); n > 60 {
			t.Errorf("%q is %d long", got, n)
		}
	}
}

// The data that Alertmanager's own code makes of the same alerts is the
// specification.
func TestDataIsAlertmanagers(t *testing.T) {
	paris := messagetest.Templates(t)
	external, err := url.Parse("https://alertd.example.org")
	if err != nil {
		t.Fatal(err)
	}
	am, err := amtemplate.New()
	if err != nil {
		t.Fatal(err)
	}
	am.ExternalURL = external
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test repeats itself
	for range 200 {
		alerts := randomAlerts(random)
		firing := make([]string, 0, len(alerts))
		resolved := make([]string, 0, len(alerts))
		theirs := make([]*amalert.Alert, 0, len(alerts))
		for _, a := range alerts {
			one := &amalert.Alert{Alert: model.Alert{
				Labels: labelSet(a.Labels), Annotations: labelSet(a.Annotations),
				StartsAt: a.FiredAt, GeneratorURL: a.GeneratorURL,
			}}
			if a.State == alert.Resolved {
				one.EndsAt = a.ResolvedAt
				resolved = append(resolved, a.ID)
			} else {
				firing = append(firing, a.ID)
			}
			theirs = append(theirs, one)
		}
		slices.SortStableFunc(theirs, func(a, b *amalert.Alert) int {
			switch s := (amalert.AlertSlice{a, b}); {
			case s.Less(0, 1):
				return -1
			case s.Less(1, 0):
				return 1
			}
			return 0
		})
		want := am.Data("team.x+y", model.LabelSet{"a": "b"}, nil, "repeat interval elapsed", theirs...)
		m := paris.Message(
			alert.Delivery{Receiver: "team.x+y", Content: alert.Content{Firing: firing, Resolved: resolved}, Reason: string(notifier.ReasonRepeat)},
			alert.Group{GroupRef: alert.GroupRef{Labels: alert.LabelsFromStrings("a", "b")}}, alerts, 0, "", time.Now())
		if diff := cmp.Diff(asJSON(t, want), asJSON(t, m.Data.Data)); diff != "" {
			t.Fatalf("-Alertmanager +alertd\n%s", diff)
		}
	}
}

func randomAlerts(random *rand.Rand) []alert.Alert {
	now := time.Now().Add(-time.Hour).UTC()
	alerts := make([]alert.Alert, random.IntN(6))
	for i := range alerts {
		labels := map[string]string{"alertname": "A", "n": strconv.Itoa(i)}
		for _, name := range []string{"job", "instance", "x", "y"} {
			if random.IntN(3) > 0 {
				labels[name] = strconv.Itoa(random.IntN(3))
			}
		}
		alerts[i] = alert.Alert{
			ID: strconv.Itoa(i), State: alert.Firing, Labels: alert.LabelsFromMap(labels),
			Annotations:  alert.LabelsFromStrings("summary", strconv.Itoa(random.IntN(2)), "runbook_url", "r"),
			FiredAt:      now.Add(-time.Duration(random.IntN(100)) * time.Second),
			GeneratorURL: "http://p/" + strconv.Itoa(random.IntN(2)),
		}
		if random.IntN(3) == 0 {
			alerts[i].State, alerts[i].ResolvedAt = alert.Resolved, now
		}
	}
	return alerts
}

func labelSet(ls alert.Labels) model.LabelSet {
	out := model.LabelSet{}
	for _, l := range ls {
		out[model.LabelName(l.Name)] = model.LabelValue(l.Value)
	}
	return out
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestTheDeliveryDecidesWhatIsFiring(t *testing.T) {
	templates := messagetest.Templates(t)
	since := messagetest.Now().Add(-10 * time.Minute)
	stillFiring := alert.Alert{ID: "listed as resolved", State: alert.Firing, ActiveAt: since, Labels: alert.LabelsFromStrings("alertname", "A", "n", "1")}
	already := alert.Alert{
		ID: "listed as firing", State: alert.Resolved, ActiveAt: since, ResolvedAt: since.Add(time.Minute),
		Resolution: alert.Recovered, Labels: alert.LabelsFromStrings("alertname", "A", "n", "2"),
	}
	unlisted := alert.Alert{ID: "not listed", State: alert.Firing, Labels: alert.LabelsFromStrings("alertname", "A", "n", "3")}
	d := alert.Delivery{
		ID: "id", Ref: "half way", Reason: string(notifier.ReasonUnsilenced),
		Content: alert.Content{Firing: []string{already.ID}, Resolved: []string{stillFiring.ID}},
	}
	m := templates.Message(d, alert.Group{}, []alert.Alert{stillFiring, already, unlisted}, 3, "before", messagetest.Now())
	if len(m.Data.Alerts) != 2 || len(m.Data.Problems) != 2 {
		t.Fatalf("%d alerts, %d problems", len(m.Data.Alerts), len(m.Data.Problems))
	}
	first, second := m.Data.Problems[0], m.Data.Problems[1]
	if !first.Firing || first.Labels["n"] != "2" || first.Duration != "10m" || first.EndedAt != "" {
		t.Errorf("%+v", first)
	}
	if second.Firing || second.Labels["n"] != "1" || second.EndedAt == "" {
		t.Errorf("%+v", second)
	}
	if m.Data.Status != "firing" || m.Data.Resolved || !m.Data.Alerts.Firing()[0].EndsAt.IsZero() || m.Data.Alerts.Resolved()[0].EndsAt.IsZero() {
		t.Error("the status is wrong")
	}
	if m.Progress != "half way" || m.PreviousRef != "before" || m.Data.More != 3 || m.Data.NotificationReason != "new alerts added" {
		t.Errorf("%+v", m)
	}
}

func TestFirstAlerts(t *testing.T) {
	m := messagetest.Message(t, messagetest.Templates(t), 12, messagetest.TenHosts()...)
	data, truncated := m.FirstAlerts(1)
	if len(data.Alerts) != 1 || truncated != 21 || data.CommonLabels["instance"] == "" || len(m.Data.Alerts) != 10 {
		t.Errorf("%d alerts, %d truncated, common %v", len(data.Alerts), truncated, data.CommonLabels)
	}
	if data, truncated := m.FirstAlerts(0); len(data.Alerts) != 10 || truncated != 12 {
		t.Errorf("%d alerts, %d truncated", len(data.Alerts), truncated)
	}
}

func TestLinksAreWebAddresses(t *testing.T) {
	templates := messagetest.Templates(t)
	for url, want := range map[string]string{
		"http://prometheus:9090/graph?g0.expr=a%3Eb": "http://prometheus:9090/graph?g0.expr=a%3Eb",
		"http://[::1]:9090/x":                        "http://[::1]:9090/x",
		"https://g/d/x?a=(b)|<c>\"d e":               "https://g/d/x?a=%28b%29%7C%3Cc%3E%22d%20e",
		"https://g/é":                                "https://g/%C3%A9",
		"javascript:alert(1)":                        "",
		"ftp://x/y":                                  "",
		"/relative":                                  "",
		"https://x/\r\nBcc: y":                       "",
		"":                                           "",
	} {
		a := messagetest.Outside()
		a.GeneratorURL = url
		links := messagetest.Message(t, templates, 0, a).Data.Problems[0].Links
		got := ""
		if links[0].Text == "Prometheus" {
			got = links[0].URL
		}
		if got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}

func TestAFloodStaysReadable(t *testing.T) {
	m := messagetest.Message(t, messagetest.Templates(t), 7, messagetest.Flood(5000, 3, "x")...)
	shown := 0
	for _, topic := range m.Data.Topics {
		shown += len(topic.Problems)
	}
	if shown != 50 || m.Data.More != 4957 || len(m.Data.Problems) != 5000 {
		t.Errorf("%d shown, %d more, %d problems", shown, m.Data.More, len(m.Data.Problems))
	}
}
