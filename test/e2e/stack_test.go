package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stack is a host with everything on it: node_exporter, Prometheus, alertd.
type stack struct {
	t   *testing.T
	dir string

	nodePort, prometheusPort, alertdPort int
	prometheus, alertd                   *process
	config                               string
	prefix                               string // path below which alertd serves, "" for none
}

// newStack starts node_exporter and Prometheus, which scrapes it every second.
func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, dir: t.TempDir(), nodePort: freePort(t), prometheusPort: freePort(t), alertdPort: freePort(t)}
	if err := os.Mkdir(s.textfiles(), 0o755); err != nil {
		t.Fatal(err)
	}
	node := start(t, tool(t, "node_exporter"), nil, "--collector.disable-defaults", "--collector.textfile", "--collector.meminfo",
		"--collector.textfile.directory="+s.textfiles(), fmt.Sprintf("--web.listen-address=127.0.0.1:%d", s.nodePort))
	node.answers(fmt.Sprintf("http://127.0.0.1:%d/metrics", s.nodePort))
	s.write("prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: node-exporter
    static_configs: [{targets: ["127.0.0.1:%d"]}]
`, s.nodePort))
	s.startPrometheus()
	return s
}

func (s *stack) startPrometheus(flags ...string) {
	s.t.Helper()
	s.prometheus = start(s.t, tool(s.t, "prometheus"), nil, append(flags, "--config.file="+s.path("prometheus.yml"),
		"--storage.tsdb.path="+s.path("tsdb"), fmt.Sprintf("--web.listen-address=127.0.0.1:%d", s.prometheusPort))...)
	s.prometheus.answers(fmt.Sprintf("http://127.0.0.1:%d/-/ready", s.prometheusPort))
}

// configure writes alertd.yml: the sections given, evaluated every second.
func (s *stack) configure(sections string) {
	s.t.Helper()
	s.config = s.write("alertd.yml", fmt.Sprintf(`
prometheus: {url: "http://127.0.0.1:%d"}
evaluation: {interval: 1s}
resources: {enabled: false}
containers: {enabled: false}
%s`, s.prometheusPort, sections))
}

func (s *stack) startAlertd() {
	s.t.Helper()
	s.alertd = start(s.t, binary("alertd"), nil, "--config.file="+s.config, "--storage.path="+s.path("state"),
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", s.alertdPort), "--web.route-prefix=/"+s.prefix)
	s.alertd.answers(s.url("/-/ready"))
}

// kill ends alertd as a crash does.
func (s *stack) kill() { s.alertd.stop(syscall.SIGKILL) }

// runJob runs a cron job that ends with the exit code.
func (s *stack) runJob(exitCode int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), binary("alertctl"), "cron", "run", "--name", "etl", "--prefix", "etl_cron",
		"--textfile-dir", s.textfiles(), "--", "sh", "-c", fmt.Sprintf("exit %d", exitCode))
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != exitCode {
		s.t.Fatalf("alertctl cron run: %v, want exit code %d\n%s", err, exitCode, out)
	}
}

// alertctl runs alertctl against the stack's alertd.
func (s *stack) alertctl(args ...string) string {
	s.t.Helper()
	return s.command(binary("alertctl"), append([]string{"--url", s.url("")}, args...)...)
}

// amtool runs the real amtool against the stack's alertd.
func (s *stack) amtool(args ...string) string {
	s.t.Helper()
	return s.command(tool(s.t, "amtool"), append([]string{"--alertmanager.url=" + s.url("")}, args...)...)
}

func (s *stack) command(path string, args ...string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), path, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", filepath.Base(path), strings.Join(args, " "), err, out)
	}
	return string(out)
}

// evaluations waits for n more evaluations of a rule group.
func (s *stack) evaluations(n int, group string) {
	s.t.Helper()
	first := -1
	eventually(s.t, fmt.Sprint(n, " evaluations of ", group), func() string {
		_, body := get(s.t, s.url("/metrics"))
		count := 0
		for line := range strings.Lines(body) {
			if strings.HasPrefix(line, `alertd_evaluation_duration_seconds_count{group="`+group+`"}`) {
				_, _ = fmt.Sscanf(line[strings.Index(line, "}")+1:], "%d", &count)
			}
		}
		if first < 0 {
			first = count
		}
		if count-first < n {
			return fmt.Sprint("seen ", count-first)
		}
		return ""
	})
}

func (s *stack) textfiles() string       { return s.path("textfiles") }
func (s *stack) path(name string) string { return filepath.Join(s.dir, name) }
func (s *stack) url(path string) string {
	if s.prefix != "" {
		path = "/" + s.prefix + path
	}
	return fmt.Sprintf("http://127.0.0.1:%d%s", s.alertdPort, path)
}

func (s *stack) write(name, text string) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}
