package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// was returns "" once the receiver was told that, at any time.
func (r *receiver) was(what string) string {
	if got := r.told(); !slices.Contains(got, what) {
		return "told " + strings.Join(got, " | ")
	}
	return ""
}

// A channel that fails is told of by the other, never by itself, and its first
// delivery ends that.
func TestChannelFailing(t *testing.T) {
	t.Parallel()
	s, failing, other := newStack(t), newReceiver(t), newReceiver(t)
	other.up()
	s.configure(fmt.Sprintf(`
cron: [{name: etl, prefix: etl_cron}]
self: {channel_failing_for: 2s}
receivers: [{name: team, webhook_configs: [{url: "%s"}, {url: "%s"}]}]
`, failing.url(), other.url()))
	s.runJob(1)
	s.startAlertd()
	eventually(t, "the alert about the channel", func() string { return other.was("ChannelFailing firing") })
	if _, metrics := get(t, s.url("/metrics")); !strings.Contains(metrics, `alertd_integration_failing{integration="team/webhook/0"} 1`) {
		t.Error("the metrics do not say which integration fails")
	}
	failing.up()
	eventually(t, "its end", func() string { return other.was("ChannelFailing resolved") })
	failing.expect("CronFailed firing")
}

// A receiver's test and a drill go through the binaries, and the test leaves
// nothing behind.
func TestDrillAndTest(t *testing.T) {
	t.Parallel()
	s, ops, dev := newStack(t), newReceiver(t), newReceiver(t)
	ops.up()
	dev.up()
	s.configure(fmt.Sprintf(`
receivers: [{name: ops, webhook_configs: [{url: "%s"}]}, {name: dev, webhook_configs: [{url: "%s"}]}]
route: {receiver: ops, group_wait: 0s, group_interval: 1s, routes: [{receiver: dev, matchers: [team="dev"]}]}
`, ops.url(), dev.url()))
	s.startAlertd()
	if out := s.alertctl("receiver", "test", "ops"); !strings.Contains(out, "ops/webhook/0  ok") {
		t.Errorf("alertctl receiver test:\n%s", out)
	}
	ops.expect("AlertdTest firing")
	s.evaluations(3, "alertd")
	ops.expect("AlertdTest firing")
	if out := s.alertctl("alerts", "--ended", "1h"); strings.Contains(out, "AlertdTest") {
		t.Errorf("the test left an alert:\n%s", out)
	}

	out := s.alertctl("drill", "CronFailed", "team=dev", "--for", "2s")
	t.Logf("alertctl drill:\n%s", out)
	for _, hop := range []string{"evaluated", "committed", "planned     dev/webhook/0: firing", "delivered   dev/webhook/0: firing", "taken back", "delivered   dev/webhook/0: recovered"} {
		if !strings.Contains(out, hop) {
			t.Errorf("alertctl drill does not tell %q", hop)
		}
	}
	dev.expect("CronFailed firing", "CronFailed resolved")
	ops.expect("AlertdTest firing")
	if out := s.alertctl("alerts", "--ended", "1h"); !strings.Contains(out, "alertd_drill=") {
		t.Errorf("the history does not mark the drill:\n%s", out)
	}

	// Interrupted, it recovers at once.
	cmd := exec.CommandContext(t.Context(), binary("alertctl"), "--url", s.url(""), "drill", "--receiver", "dev", "--for", "1h")
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dev.expect("CronFailed firing", "CronFailed resolved", "AlertdDrill firing")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("alertctl drill, interrupted: %v\n%s", err, output.String())
	}
	dev.expect("CronFailed firing", "CronFailed resolved", "AlertdDrill firing", "AlertdDrill resolved")
}

// The heartbeat beats while alertd does its work, and says why when it does not;
// notes tell of starts, of having been killed, and of stops.
func TestHeartbeatAndNotes(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	var mu sync.Mutex
	var heard []string
	monitor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, r.Method+" "+r.URL.Path+" "+string(body))
	}))
	defer monitor.Close()
	await := func(what string) {
		t.Helper()
		slowly(t, "the heartbeat to say "+what, func() string {
			mu.Lock()
			defer mu.Unlock()
			if !slices.ContainsFunc(heard, func(h string) bool { return strings.Contains(h, what) }) {
				return "heard " + strings.Join(heard, " | ")
			}
			return ""
		})
	}
	s.configure(fmt.Sprintf(`
cron: [{name: etl, prefix: etl_cron}]
heartbeat: {url: "%s/ping/0123456789abcdef", interval: 1s}
notes: {start: true, stop: true}
receivers: [{name: team, webhook_configs: [{url: "%s"}]}]
`, monitor.URL, hook.url()))
	s.runJob(0)
	s.startAlertd()
	hook.expect("AlertdStarted firing")
	await("GET /ping/0123456789abcdef")
	s.prometheus.stop(syscall.SIGKILL)
	await("POST /ping/0123456789abcdef/fail no answer from Prometheus")
	s.startPrometheus()
	s.kill()
	if strings.Contains(s.alertd.output(), "0123456789abcdef") {
		t.Error("the log tells the heartbeat's address")
	}
	s.startAlertd()
	eventually(t, "the second note", func() string {
		told := strings.Join(hook.told(), " | ")
		if strings.Count(told, "AlertdStarted firing") != 2 {
			return "told " + told
		}
		return ""
	})
	if out := s.alertd.output(); !strings.Contains(out, "alertd had been killed") {
		t.Errorf("the log does not say that it had been killed:\n%s", out)
	}
	s.alertd.stop(syscall.SIGTERM)
	eventually(t, "the note of the stop", func() string { return hook.was("AlertdStopped firing") })
}
