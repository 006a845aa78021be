package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// cronRun starts a command under alertctl cron run.
func (s *stack) cronRun(name string, command ...string) (*exec.Cmd, io.WriteCloser) {
	s.t.Helper()
	args := append([]string{"cron", "run", "--name", name, "--textfile-dir", s.textfiles(), "--"}, command...)
	cmd := exec.CommandContext(s.t.Context(), binary("alertctl"), args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd, in
}

// cronRan runs a command under alertctl cron run to its end.
func (s *stack) cronRan(name string, command ...string) {
	s.t.Helper()
	cmd, in := s.cronRun(name, command...)
	_ = in.Close()
	_ = cmd.Wait() // its outcome is for the metrics to tell
}

// held starts a run that ends when the function is called.
func (s *stack) held(name string) (end func()) {
	s.t.Helper()
	cmd, in := s.cronRun(name, "cat")
	eventually(s.t, name+" runs", func() string {
		text, _ := os.ReadFile(filepath.Join(s.textfiles(), name+".prom"))
		if !strings.Contains(string(text), name+"_running 1\n") {
			return fmt.Sprintf("its metrics are\n%s", text)
		}
		return ""
	})
	return func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// What is agreed of a job's runs, each broken and mended.
func TestCronContract(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(fmt.Sprintf(`
cron:
  - {name: fast, max_age: 0s, min_runtime: 1h}
  - {name: flaky, max_age: 0s, failures: 2}
  - {name: single, max_age: 0s, no_overlap: true}
  - {name: long, max_age: 0s, max_runtime: 1s}
receivers: [{name: team, webhook_configs: [{url: "%s"}]}]
`, hook.url()))
	s.startAlertd()
	told := []string{"CronFinishedTooFast firing"}
	s.cronRan("fast", "true")
	hook.expect(told...)

	s.cronRan("flaky", "false")
	s.evaluations(5, "cron")
	hook.expect(told...)
	s.cronRan("flaky", "false")
	told = append(told, "CronFailed firing")
	hook.expect(told...)
	s.cronRan("flaky", "true")
	told = append(told, "CronFailed resolved")
	hook.expect(told...)

	first, second := s.held("single"), s.held("single")
	told = append(told, "CronOverlap firing")
	hook.expect(told...)
	second()
	first()
	s.evaluations(3, "cron")
	hook.expect(told...)
	s.cronRan("single", "true")
	told = append(told, "CronOverlap resolved")
	hook.expect(told...)

	end := s.held("long")
	told = append(told, "CronRunningTooLong firing")
	hook.expect(told...)
	s.evaluations(3, "cron")
	// A restart of alertd does not tell it again.
	s.alertd.stop(syscall.SIGTERM)
	s.startAlertd()
	s.evaluations(3, "cron")
	hook.expect(told...)
	end()
	hook.expect(append(told, "CronRunningTooLong resolved")...)
}
