package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

func cronAndWebhook(r *receiver) string {
	return fmt.Sprintf(`
cron: [{name: etl, prefix: etl_cron}]
receivers: [{name: team, webhook_configs: [{url: "%s"}]}]
`, r.url())
}

// A failing job is told once however often it is evaluated, a silence keeps
// quiet, and the recovery is told.
func TestFromFailureToRecovery(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(0)
	s.startAlertd()
	s.evaluations(2, "cron")
	hook.expect()

	s.runJob(1)
	hook.expect("CronFailed firing")
	s.evaluations(10, "cron")
	hook.expect("CronFailed firing")
	if out := s.alertctl("alerts"); !strings.Contains(out, "CronFailed") || !strings.Contains(out, "etl") {
		t.Errorf("alertctl alerts:\n%s", out)
	}

	s.runJob(0)
	hook.expect("CronFailed firing", "CronFailed resolved")

	out := s.alertctl("silence", "add", "alertname=CronFailed", "--comment", "maintenance", "--author", "e2e", "--duration", "1h")
	t.Logf("alertctl silence add:\n%s", out)
	s.runJob(2)
	s.evaluations(5, "cron")
	hook.expect("CronFailed firing", "CronFailed resolved")
	if out := s.amtool("silence", "query"); !strings.Contains(out, "maintenance") {
		t.Errorf("amtool silence query:\n%s", out)
	}
	// What still fires when the silence ends is told.
	for id := range strings.FieldsSeq(s.amtool("silence", "query", "-q")) {
		s.amtool("silence", "expire", id)
	}
	hook.expect("CronFailed firing", "CronFailed resolved", "CronFailed firing")
}

// Neither a dead Prometheus nor its empty head after a restart is a recovery.
func TestPrometheusRestart(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(1)
	s.startAlertd()
	hook.expect("CronFailed firing")

	s.prometheus.stop(syscall.SIGKILL)
	s.evaluations(5, "cron")
	hook.expect("CronFailed firing")
	if err := os.RemoveAll(s.path("tsdb")); err != nil {
		t.Fatal(err)
	}
	s.startPrometheus()
	s.evaluations(5, "cron")
	hook.expect("CronFailed firing")

	s.runJob(0)
	hook.expect("CronFailed firing", "CronFailed resolved")
}

// A deleted textfile is no recovery either.
func TestTextfileDeleted(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(1)
	s.startAlertd()
	hook.expect("CronFailed firing")
	if err := os.Remove(s.textfiles() + "/etl_cron.prom"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alertd to miss the data", func() string {
		if _, page := get(t, s.url("/")); !strings.Contains(strings.ToLower(page), "no data") {
			return "the page does not say so"
		}
		return ""
	})
	s.evaluations(3, "cron")
	hook.expect("CronFailed firing")
	s.runJob(0)
	hook.expect("CronFailed firing", "CronFailed resolved")
}

// alertd is killed while its receiver is down: nothing is lost.
func TestKilledWhileReceiverDown(t *testing.T) {
	t.Parallel()
	t.Run("still failing afterwards", func(t *testing.T) {
		t.Parallel()
		s, hook := newStack(t), newReceiver(t)
		s.configure(cronAndWebhook(hook))
		s.runJob(1)
		s.startAlertd()
		s.queued(1)
		s.kill()
		hook.up()
		s.startAlertd()
		hook.expect("CronFailed firing")
		s.runJob(0)
		hook.expect("CronFailed firing", "CronFailed resolved")
	})
	t.Run("recovered meanwhile", func(t *testing.T) {
		t.Parallel()
		s, hook := newStack(t), newReceiver(t)
		s.configure(cronAndWebhook(hook))
		s.runJob(1)
		s.startAlertd()
		s.queued(1)
		s.kill()
		s.runJob(0)
		hook.up()
		s.startAlertd()
		// One message tells of the incident that came and went; whether the
		// recovery was in Prometheus when alertd came back decides how many.
		eventually(t, "the end of the incident", func() string {
			told := hook.told()
			if len(told) == 0 || told[len(told)-1] != "CronFailed resolved" {
				return "told " + strings.Join(told, " | ")
			}
			return ""
		})
	})
	t.Run("and the recovery of what was told", func(t *testing.T) {
		t.Parallel()
		s, hook := newStack(t), newReceiver(t)
		hook.up()
		s.configure(cronAndWebhook(hook))
		s.runJob(1)
		s.startAlertd()
		hook.expect("CronFailed firing")
		hook.down()
		s.runJob(0)
		s.queued(1)
		s.kill()
		hook.up()
		s.startAlertd()
		hook.expect("CronFailed firing", "CronFailed resolved")
	})
}

// queued waits until n deliveries have been tried in vain.
func (s *stack) queued(n int) {
	s.t.Helper()
	eventually(s.t, "a delivery that fails", func() string {
		_, body := get(s.t, s.url("/metrics"))
		for line := range strings.Lines(body) {
			if strings.HasPrefix(line, `alertd_delivery_attempts_total`) && strings.Contains(line, `outcome="failed"`) {
				count := 0
				_, _ = fmt.Sscanf(line[strings.Index(line, "}")+1:], "%d", &count)
				if count >= n {
					return ""
				}
			}
		}
		return "none has"
	})
}

// A silence that was promised survives SIGKILL.
func TestSilenceSurvivesKill(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(0)
	s.startAlertd()
	s.amtool("silence", "add", "alertname=CronFailed", "--comment=kept", "--author=e2e")
	s.kill()
	s.startAlertd()
	s.runJob(1)
	s.evaluations(5, "cron")
	hook.expect()
}

// A reload with a mistake changes nothing and says why.
func TestReload(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(1)
	s.startAlertd()
	hook.expect("CronFailed firing")
	s.configure("recievers: []")
	_ = s.alertd.cmd.Process.Signal(syscall.SIGHUP)
	eventually(t, "the mistake in the log", func() string {
		if out := s.alertd.output(); !strings.Contains(out, "receivers") || !strings.Contains(out, "alertd.yml:6:1") {
			return "not there yet"
		}
		return ""
	})
	s.configure(cronAndWebhook(hook) + "timezone: Europe/Paris\n")
	_ = s.alertd.cmd.Process.Signal(syscall.SIGHUP)
	eventually(t, "the reload", func() string {
		if strings.Count(s.alertd.output(), "The configuration is loaded") < 2 { // once at the start
			return "not there yet"
		}
		return ""
	})
	s.evaluations(3, "cron")
	s.runJob(0)
	hook.expect("CronFailed firing", "CronFailed resolved")
}

// What a Prometheus with alertd as its Alertmanager does: post, renew, end.
func TestPostedAlerts(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.startAlertd()
	s.amtool("alert", "add", "Posted", "severity=critical", "--annotation=summary=by hand")
	hook.expect("Posted firing")
	if out := s.amtool("alert", "query", "severity=critical"); !strings.Contains(out, "Posted") {
		t.Errorf("amtool alert query:\n%s", out)
	}
	s.amtool("alert", "add", "Posted", "severity=critical", "--end=2020-01-01T00:00:00Z", "--start=2019-01-01T00:00:00Z")
	hook.expect("Posted firing", "Posted resolved")
}
