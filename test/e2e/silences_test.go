package e2e

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
)

// recurringEveryDay makes a recurring silence that always runs, and returns its id.
func (s *stack) recurringEveryDay(matchers ...string) string {
	s.t.Helper()
	out := s.alertctl(append([]string{
		"silence", "add", "--cron", "0 0 * * *", "--for", "1d12h", "--timezone", "Europe/Paris", "--comment", "nightly", "--author", "e2e",
	}, matchers...)...)
	id, _, _ := strings.Cut(out, "\n")
	return id
}

// A recurring silence that was promised survives SIGKILL with its occurrences,
// which every client sees; its end tells what still fires.
func TestRecurringSilenceSurvivesKill(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(0)
	s.startAlertd()
	id := s.recurringEveryDay("alertname=CronFailed")
	s.kill()
	s.startAlertd()
	before := s.amtool("silence", "query", "-q")
	if n := len(strings.Fields(before)); n < 2 {
		t.Errorf("%d occurrences, want the current and the next: %s", n, before)
	}
	s.runJob(1)
	s.evaluations(5, "cron")
	hook.expect()
	if after := s.amtool("silence", "query", "-q"); after != before {
		t.Errorf("the occurrences became\n%safter\n%s", after, before)
	}
	s.alertctl("silence", "recurring", "delete", id)
	hook.expect("CronFailed firing")
	if left := s.amtool("silence", "query", "-q"); left != "" {
		t.Errorf("left: %s", left)
	}
}

// An acknowledgement that was promised survives SIGKILL, and a restart shows it.
func TestAckSurvivesKill(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(1)
	s.startAlertd()
	hook.expect("CronFailed firing")
	s.alertctl("ack", "CronFailed", "--comment", "restarting the job", "--by", "ann")
	s.kill()
	s.startAlertd()
	if out := s.alertctl("alerts"); !strings.Contains(out, "acked") || !strings.Contains(out, "by ann") || !strings.Contains(out, "restarting the job") {
		t.Errorf("alertctl alerts:\n%s", out)
	}
	var shown []struct{ Annotations map[string]string }
	if err := json.Unmarshal([]byte(s.amtool("alert", "query", "-o", "json")), &shown); err != nil || len(shown) != 1 || shown[0].Annotations["acknowledged"] == "" {
		t.Errorf("amtool alert query: %+v, %v", shown, err)
	}
	s.alertctl("ack", "CronFailed", "--remove", "--by", "bob")
	if out := s.alertctl("alerts"); strings.Contains(out, "acked") {
		t.Errorf("alertctl alerts, taken back:\n%s", out)
	}
	s.runJob(0)
	hook.expect("CronFailed firing", "CronFailed resolved")
}

// Notice is given of a long silence's end while it hides something, and amtool's
// annotations are kept.
func TestNoticeOfSilenceEnding(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.runJob(1)
	s.startAlertd()
	hook.expect("CronFailed firing")
	id := strings.TrimSpace(s.amtool("silence", "add", "alertname=CronFailed", "--comment=long", "--author=e2e", "--duration=30m", "--annotation=ticket=OPS-7"))
	if out := s.alertctl("silence", "show", id); !strings.Contains(out, `ticket="OPS-7"`) {
		t.Errorf("alertctl silence show:\n%s", out)
	}
	s.configure(cronAndWebhook(hook) + "silences: {ending_notice: 1h, longer_than: 10m}\n")
	if err := s.alertd.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	hook.expect("CronFailed firing", "SilenceEnding firing")
	s.alertctl("silence", "edit", id, "--for", "1d")
	hook.expect("CronFailed firing", "SilenceEnding firing", "SilenceEnding resolved")
}
