package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

func inhibiting(r *receiver, rules string) string {
	return fmt.Sprintf(`
receivers:
  - name: ops
    webhook_configs: [{url: "%s", send_resolved: true}]
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  routes:
    - matchers: [team="asleep"]
      mute_time_intervals: [always]
      labels: {shift: "night of {{ .GroupLabels.alertname }}"}
time_intervals: [{name: always, time_intervals: [{years: ["2000:3000"]}]}]
%s`, r.url(), rules)
}

// A host that is down inhibits its disk's alert, across a crash, until it is
// back; who is muted is told nothing; amtool is shown both.
func TestInhibitionAndMutes(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	const rules = `inhibit_rules: [{source_matchers: [alertname="HostDown"], target_matchers: [severity="warning"], equal: [instance]}]`
	s.configure(inhibiting(hook, rules))
	s.startAlertd()
	s.amtool("alert", "add", "Muted", "team=asleep", "instance=c")
	s.amtool("alert", "add", "HostDown", "severity=critical", "instance=a")
	hook.expect("HostDown firing")
	s.amtool("alert", "add", "DiskFull", "severity=warning", "instance=a")
	s.amtool("alert", "add", "DiskFull", "severity=warning", "instance=b")
	hook.expect("HostDown firing", "DiskFull firing")

	shown := func(args ...string) string {
		return s.amtool(append([]string{"alert", "query", "-o", "extended"}, args...)...)
	}
	if out := shown("--inhibited"); !strings.Contains(out, `instance="a"`) || strings.Contains(out, `instance="b"`) || strings.Contains(out, "HostDown") {
		t.Errorf("amtool alert query --inhibited:\n%s", out)
	}
	_, groups := get(t, s.url("/api/v2/alerts/groups"))
	for _, want := range []string{`"mutedBy":["always"]`, `"routeLabels":{"shift":"night of Muted"}`} {
		if !strings.Contains(strings.ReplaceAll(groups, " ", ""), strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%s is not in the groups:\n%s", want, groups)
		}
	}
	if out := s.amtool("config", "show"); !strings.Contains(out, "HostDown") {
		t.Errorf("amtool config show:\n%s", out)
	}

	s.kill()
	s.startAlertd()
	s.amtool("alert", "add", "Marker", "instance=x")
	hook.expect("HostDown firing", "DiskFull firing", "Marker firing")

	s.amtool("alert", "add", "HostDown", "severity=critical", "instance=a", "--end=2020-01-01T00:00:00Z", "--start=2019-01-01T00:00:00Z")
	eventually(t, "the end of the inhibition", func() string {
		told := strings.Join(hook.told(), " | ")
		if !strings.Contains(told, "DiskFull firing, DiskFull firing") || !strings.Contains(told, "HostDown resolved") || strings.Contains(told, "Muted") {
			return "told " + told
		}
		return ""
	})
}

// Rules that a reload takes away, or brings, hold at once.
func TestReloadOfInhibitRules(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	const rules = `inhibit_rules: [{source_matchers: [alertname="HostDown"], target_matchers: [alertname="DiskFull"]}]`
	s.configure(inhibiting(hook, rules))
	s.startAlertd()
	s.amtool("alert", "add", "HostDown")
	hook.expect("HostDown firing")
	s.amtool("alert", "add", "DiskFull")
	s.amtool("alert", "add", "Marker")
	hook.expect("HostDown firing", "Marker firing")

	s.configure(inhibiting(hook, "inhibit_rules: [{source_matchers: ['=']}]"))
	_ = s.alertd.cmd.Process.Signal(syscall.SIGHUP)
	eventually(t, "the mistake in the log", func() string {
		if !strings.Contains(s.alertd.output(), "inhibit_rules") {
			return "not there yet"
		}
		return ""
	})
	s.configure(inhibiting(hook, ""))
	_ = s.alertd.cmd.Process.Signal(syscall.SIGHUP)
	hook.expect("HostDown firing", "Marker firing", "DiskFull firing")
}
