// Package messagetest makes messages for the tests of channels: the states that
// people see, and what hostile labels look like.
package messagetest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/notifier"
)

// Now returns the moment of all messages: 10:08:20 in Paris.
func Now() time.Time { return time.Date(2026, 11, 23, 9, 8, 20, 0, time.UTC) }

// Templates returns the built-in templates, speaking in the time of Paris, with
// those that the globs match over them.
func Templates(t testing.TB, globs ...string) *notifier.Templates {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	external := &url.URL{Scheme: "https", Host: "alertd.example.org"}
	made, err := notifier.LoadTemplates(globs, external, paris)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Message returns a message about the alerts, in the state that each is in.
func Message(t testing.TB, templates *notifier.Templates, truncated int, alerts ...alert.Alert) *notifier.Message {
	t.Helper()
	d := alert.Delivery{
		ID: "5f0c2b7a91d3e846-18a9c3", Group: `{}:{alertname="HostDiskFull"}`,
		Receiver: "team-x", Integration: "team-x/slack/0", Reason: string(notifier.ReasonFirst),
	}
	for _, a := range alerts {
		if a.State == alert.Resolved {
			d.Content.Resolved = append(d.Content.Resolved, a.ID)
			d.Reason = string(notifier.ReasonRecovered)
		} else {
			d.Content.Firing = append(d.Content.Firing, a.ID)
		}
	}
	for i := range truncated {
		d.Content.Firing = append(d.Content.Firing, fmt.Sprintf("truncated %d", i))
	}
	g := alert.Group{GroupRef: alert.GroupRef{Key: d.Group, Receiver: d.Receiver, Labels: alert.LabelsFromStrings("alertname", "HostDiskFull")}}
	return templates.Message(d, g, alerts, truncated, "", Now())
}

// States returns the messages that people see most, by name.
func States(t testing.TB, templates *notifier.Templates) map[string]*notifier.Message {
	t.Helper()
	return map[string]*notifier.Message{
		"firing":       Message(t, templates, 0, Disk("db-1:9100", "/data", 93.42)),
		"cron-firing":  Message(t, templates, 0, Cron()),
		"no-data":      Message(t, templates, 0, Missing(Stale())),
		"flapping":     Message(t, templates, 0, Flapping(Cron(), 4)),
		"flapped":      Message(t, templates, 0, Recovered(Flapping(Cron(), 9), 1)),
		"acknowledged": Message(t, templates, 0, Acknowledged(Disk("db-1:9100", "/data", 93.42))),
		"recovered":    Message(t, templates, 0, Recovered(Disk("db-1:9100", "/data", 93.42), 71.6)),
		"cron-again":   Message(t, templates, 0, Recovered(Cron(), 1)),
		"ended":        Message(t, templates, 0, Ended(Disk("db-1:9100", "/data", 93.42), alert.NoData)),
		"ten-hosts":    Message(t, templates, 12, TenHosts()...),
		"several":      Message(t, templates, 0, Cron(), Disk("db-1:9100", "/data", 93.42), Recovered(Disk("db-2:9100", "/", 97), 42)),
		"from-outside": Message(t, templates, 0, Outside()),
	}
}

// Disk returns a full disk.
func Disk(instance, mountpoint string, percent float64) alert.Alert {
	return alert.Alert{
		ID: "disk " + instance + mountpoint, RuleID: "resources/HostDiskFull",
		Labels: alert.LabelsFromStrings("alertname", "HostDiskFull", "severity", "warning", "job", "node",
			"instance", instance, "mountpoint", mountpoint, "device", "/dev/nvme1n1", "fstype", "ext4"),
		Annotations: alert.LabelsFromStrings(
			"summary", fmt.Sprintf("Disk %s of %s is nearly full", mountpoint, instance),
			"description", "Little space is left on /dev/nvme1n1. Look for what grew with du -xh "+mountpoint+" | sort -h | tail.",
			"dashboard_url", "https://grafana.example.org/d/host?var-instance="+url.QueryEscape(instance),
			"runbook_url", "https://wiki.example.org/disk-full"),
		State: alert.Firing, Value: percent, Unit: "%", Threshold: "> 90 %",
		ActiveAt: Now().Add(-5 * time.Minute), FiredAt: Now().Add(-10 * time.Second),
		GeneratorURL: "http://prometheus.example.org:9090/graph?g0.expr=disk+%3E+90&g0.tab=1",
	}
}

// Cron returns a job that failed.
func Cron() alert.Alert {
	return alert.Alert{
		ID: "cron", RuleID: "cron/cryptobot_cron/CronFailed",
		Labels: alert.LabelsFromStrings("alertname", "CronFailed", "severity", "critical", "job", "node",
			"cron_job", "cryptobot_cron", "instance", "node-exporter:9100"),
		Annotations: alert.LabelsFromStrings("summary", "Cron job cryptobot_cron failed",
			"description", "Its last run ended with an error. Look at the job's log; the alert ends with the next run that succeeds."),
		State: alert.Firing, Value: 0, Threshold: "1 = succeeded, 0 = failed",
		ActiveAt: Now().Add(-20 * time.Second), FiredAt: Now(),
		GeneratorURL: "http://prometheus.example.org:9090/graph?g0.expr=cryptobot_cron_last_run_status+%3D%3D+0",
	}
}

// Stale returns a job that has not succeeded for too long.
func Stale() alert.Alert {
	a := Cron()
	a.ID, a.RuleID = "stale", "cron/cryptobot_cron/CronStale"
	a.Labels = a.Labels.With("alertname", "CronStale")
	a.Annotations = alert.LabelsFromStrings("summary", "Cron job cryptobot_cron has not succeeded for too long")
	a.Value, a.Unit, a.Threshold = 98000, "s", "> 1d 2h"
	a.ActiveAt = Now().Add(-73 * time.Minute)
	return a
}

// Missing returns the alert without data for ten minutes.
func Missing(a alert.Alert) alert.Alert {
	a.MissingSince = Now().Add(-10 * time.Minute)
	return a
}

// Flapping returns the alert after it fired so often.
func Flapping(a alert.Alert, times int) alert.Alert {
	a.Flaps, a.FlappingSince = times, Now().Add(-48*time.Minute)
	return a
}

// Acknowledged returns the alert with somebody who looks after it.
func Acknowledged(a alert.Alert) alert.Alert {
	a.Ack = &alert.Ack{
		AlertID: a.ID, By: "ann", Comment: "growing the <volume> & waiting", At: Now().Add(-2 * time.Minute), Until: Now().Add(time.Hour),
	}
	return a
}

// Recovered returns the alert proven healthy by the value.
func Recovered(a alert.Alert, value float64) alert.Alert {
	a.State, a.Resolution, a.RecoveredValue = alert.Resolved, alert.Recovered, &value
	a.ResolvedAt = Now().Add(-15 * time.Second)
	a.ActiveAt = a.ResolvedAt.Add(-65 * time.Minute)
	a.FiredAt = a.ActiveAt.Add(5 * time.Minute)
	return a
}

// Ended returns the alert ended in another way than by recovering.
func Ended(a alert.Alert, how alert.Resolution) alert.Alert {
	a = Recovered(a, 0)
	a.Resolution, a.RecoveredValue = how, nil
	return a
}

// TenHosts returns one problem on ten hosts, two of them well again.
func TenHosts() []alert.Alert {
	var all []alert.Alert
	for i := range 10 {
		a := Disk(fmt.Sprintf("db-%d:9100", i+1), "/", 90.5+float64(i))
		a.ActiveAt = a.ActiveAt.Add(-time.Duration(i) * time.Minute)
		if i >= 8 {
			a = Recovered(a, 40+float64(i))
		}
		all = append(all, a)
	}
	return all
}

// Outside returns an alert that somebody else sent.
func Outside() alert.Alert {
	return alert.Alert{
		ID:     "outside",
		Labels: alert.LabelsFromStrings("alertname", "DeployFailed", "service", "checkout", "env", "prod"),
		State:  alert.Firing, ActiveAt: Now().Add(-time.Minute), FiredAt: Now().Add(-time.Minute),
	}
}

// HostileValues returns values that try to break out of every markup.
func HostileValues() []string {
	return []string{
		`"quotes" 'single' back\slash`,
		"two\nlines\r\nand\rmore\ttabs",
		"<!channel> <!here> <!everyone> <@U1> <#C1|general>",
		"@everyone @here <@123456789> <@&987>",
		"Subject: x\r\nBcc: victim@example.org\r\n\r\nbody",
		"*bold* _italic_ ~strike~ `code` ```block``` || spoiler || > quote # head [text](https://evil.example)",
		"<script>alert(1)</script><img src=x onerror=alert(1)>",
		"\x1b[31mred\x1b[0m \x1b]0;title\x07 \u009b31m bell\x07",
		"\u202egnp.exe\u202c zero\u200bwidth \ufeff \u2066isolate\u2069",
		"naïve 日本語 Ελληνικά עברית العربية 🚨👨‍👩‍👧",
		"\xff\xfe invalid \xc3\x28 utf-8",
		"{{ .Alerts }} {{ template \"x\" }} ${HOME} $(id) `id`; rm -rf /",
		strings.Repeat("a", 10_000),
		strings.Repeat("<&*_@", 2_000),
		strings.Repeat("😀", 3_000),
		strings.Repeat("\n", 500),
	}
}

// Hostile returns an alert that has the value in every place that it can reach.
func Hostile(value string) alert.Alert {
	a := Disk("db-1:9100", "/data", 93.42)
	a.Labels = a.Labels.With("instance", value).With("mountpoint", value).With("severity", value).With("x_"+"label", value)
	a.Annotations = alert.LabelsFromStrings("summary", value, "description", value, "dashboard_url", value,
		"runbook_url", "https://wiki.example.org/"+value)
	a.GeneratorURL = "javascript:alert(1)//" + value
	a.Threshold, a.Unit = value, value
	return a
}

// Flood returns so many alerts of so many names, each with the value in its
// labels.
func Flood(alerts, names int, value string) []alert.Alert {
	all := make([]alert.Alert, alerts)
	for i := range all {
		a := Hostile(value)
		a.ID = fmt.Sprintf("flood %d", i)
		a.Labels = a.Labels.With("alertname", fmt.Sprintf("Alert%d%s", i%max(names, 1), value)).With("n", fmt.Sprint(i))
		all[i] = a
	}
	return all
}
