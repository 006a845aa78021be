package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// subject is an alertd or an Alertmanager that alerts are posted to.
type subject struct {
	*bench
	name    string
	path    string
	args    []string
	address string
	cmd     *exec.Cmd
}

// routing is the `route` section that both get.
type routing struct{ by, wait, interval string }

// pipelineConfig is one file that both read.
func (b *bench) pipelineConfig(r routing, hook string) string {
	return fmt.Sprintf("route: {receiver: hook, group_by: [%s], group_wait: %s, group_interval: %s, repeat_interval: 4h}\n"+
		"receivers: [{name: hook, webhook_configs: [{url: 'http://%s'}]}]\n", r.by, r.wait, r.interval, hook)
}

// alertd returns a fresh alertd that evaluates nothing.
func (b *bench) alertdSubject(r routing, hook string) (*subject, error) {
	// Nobody asks that Prometheus, as there is nothing to evaluate.
	text := "prometheus: {url: 'http://127.0.0.1:1'}\nresources: {enabled: false}\ncontainers: {enabled: false}\n" + b.pipelineConfig(r, hook)
	s := &subject{bench: b, name: "alertd", path: "bin/alertd", address: b.alertd}
	return s, s.prepare(text, "--storage.path=", "--web.listen-address="+b.alertd)
}

// alertmanagerSubject returns a fresh Alertmanager without peers.
func (b *bench) alertmanagerSubject(r routing, hook string) (*subject, error) {
	s := &subject{bench: b, name: "Alertmanager", path: "test/tools/bin/alertmanager", address: b.node}
	return s, s.prepare(b.pipelineConfig(r, hook), "--storage.path=", "--web.listen-address="+b.node, "--cluster.listen-address=", "--log.level=error")
}

// prepare writes the configuration and makes the directory of the state.
func (s *subject) prepare(config, storage string, args ...string) error {
	dir, err := os.MkdirTemp(s.dir, "state")
	if err != nil {
		return fmt.Errorf("making a directory for %s: %w", s.name, err)
	}
	file := filepath.Join(dir, "config.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return fmt.Errorf("writing the configuration of %s: %w", s.name, err)
	}
	s.args = append([]string{"--config.file=" + file, storage + filepath.Join(dir, "data")}, args...)
	return nil
}

// begin starts it, or starts it again, and returns how long it took until it
// was ready.
func (s *subject) begin() (time.Duration, error) {
	began := time.Now()
	var err error
	if s.cmd, err = s.start(nil, s.path, s.args...); err != nil {
		return 0, err
	}
	_, err = s.answers("http://"+s.address+"/-/ready", time.Minute)
	return time.Since(began), err
}

// kill ends it as a power failure would.
func (s *subject) kill() {
	_ = s.cmd.Process.Signal(syscall.SIGKILL)
	s.stop(s.cmd)
}

// post sends the bodies, one after the other, and returns how long that took.
func (s *subject) post(bodies [][]byte) (time.Duration, error) {
	began := time.Now()
	for _, body := range bodies {
		req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, "http://"+s.address+"/api/v2/alerts", bytes.NewReader(body))
		if err != nil {
			return 0, fmt.Errorf("posting to %s: %w", s.name, err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, fmt.Errorf("posting to %s: %w", s.name, err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("posting to %s: %s: %.200s", s.name, resp.Status, text)
		}
	}
	return time.Since(began), nil
}

// read fetches all alerts and returns how long that took, and the bytes.
func (s *subject) read() (time.Duration, int64, error) {
	began := time.Now()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, "http://"+s.address+"/api/v2/alerts", nil)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the alerts of %s: %w", s.name, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the alerts of %s: %w", s.name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s", resp.Status)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("reading the alerts of %s: %w", s.name, err)
	}
	return time.Since(began), n, nil
}

// resident returns its resident memory now and at its highest, in MB.
func (s *subject) resident() (now, peak float64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, 0, fmt.Errorf("reading the memory of %s: %w", s.name, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var kb float64
		name, rest, _ := strings.Cut(lines.Text(), ":")
		if _, err := fmt.Sscan(rest, &kb); err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			now = kb / 1024
		case "VmHWM":
			peak = kb / 1024
		}
	}
	return now, peak, nil
}

// cpu returns the CPU time that it has used, in seconds.
func (s *subject) cpu() float64 {
	used, err := cpuTime(s.cmd.Process.Pid)
	if err != nil {
		return 0
	}
	return used.Seconds()
}
