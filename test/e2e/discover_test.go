package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Jobs that nobody listed are watched under their own names: one of them fails,
// loses its textfile, which is no recovery, and recovers.
func TestDiscoveredJobs(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(fmt.Sprintf(`
cron: [{discover: true}]
receivers: [{name: team, webhook_configs: [{url: "%s"}]}]
`, hook.url()))
	s.runJob(0)
	s.writeJob("cryptobot_cron", 1)
	s.startAlertd()
	s.evaluations(2, "targets")
	hook.expect()

	s.writeJob("cryptobot_cron", 0)
	hook.expect("CronFailed firing")
	if out := s.alertctl("alerts"); !strings.Contains(out, `cron_job="cryptobot_cron"`) || strings.Contains(out, "etl") {
		t.Errorf("alertctl alerts:\n%s", out)
	}
	if err := os.Remove(s.textfiles() + "/cryptobot_cron.prom"); err != nil {
		t.Fatal(err)
	}
	s.evaluations(5, "targets")
	hook.expect("CronFailed firing")

	s.writeJob("cryptobot_cron", 1)
	hook.expect("CronFailed firing", "CronFailed resolved")
}

// writeJob leaves the outcome of a job as a script of its own does.
func (s *stack) writeJob(name string, status int) {
	s.t.Helper()
	text := fmt.Sprintf("%[1]s_last_run_status %[2]d\n%[1]s_last_success_timestamp 4e9\n%[1]s_last_failure_timestamp 1e9\n", name, status)
	// As jobs are to do it: a file that is half written is none.
	if err := os.Rename(s.write("new.prom", text), s.textfiles()+"/"+name+".prom"); err != nil {
		s.t.Fatal(err)
	}
}
