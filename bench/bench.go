package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// bench is a host with everything on it at usual settings.
type bench struct {
	ctx  context.Context
	dir  string
	told chan string // the status of each webhook message

	node, prometheus, alertd, hook string // addresses
	running                        []*exec.Cmd
	alertdPID                      int
}

func newBench(ctx context.Context) (*bench, error) {
	dir, err := os.MkdirTemp("", "alertd-bench")
	if err != nil {
		return nil, fmt.Errorf("making a scratch directory: %w", err)
	}
	b := &bench{ctx: ctx, dir: dir, told: make(chan string, 16)}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the receiver: %w", err)
	}
	b.hook = listener.Addr().String()
	server := &http.Server{Handler: b, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	for _, address := range []*string{&b.node, &b.prometheus, &b.alertd} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		*address = l.Addr().String()
		_ = l.Close()
	}
	return b, nil
}

func (b *bench) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var body struct {
		Status string `json:"status"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body)
	b.told <- body.Status
}

func (b *bench) close() {
	for _, cmd := range b.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	_ = os.RemoveAll(b.dir)
}

func (b *bench) start(env []string, path string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(b.ctx, path, args...)
	cmd.Env = append(os.Environ(), env...)
	log, err := os.Create(filepath.Join(b.dir, filepath.Base(path)+".log"))
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s (make tools builds it): %w", path, err)
	}
	b.running = append(b.running, cmd)
	return cmd, nil
}

// startPeers starts node_exporter and a Prometheus that scrapes it every 15 s.
func (b *bench) startPeers() error {
	textfiles := filepath.Join(b.dir, "textfiles")
	if err := os.Mkdir(textfiles, 0o755); err != nil {
		return fmt.Errorf("making the textfile directory: %w", err)
	}
	if err := b.job(0); err != nil {
		return err
	}
	if _, err := b.start(nil, "test/tools/bin/node_exporter", "--web.listen-address="+b.node,
		"--collector.textfile.directory="+textfiles); err != nil {
		return err
	}
	config := filepath.Join(b.dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 15s}\nscrape_configs: [{job_name: node-exporter, static_configs: [{targets: [%q]}]}]\n", b.node)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing prometheus.yml: %w", err)
	}
	if _, err := b.start(nil, "test/tools/bin/prometheus", "--config.file="+config,
		"--storage.tsdb.path="+filepath.Join(b.dir, "tsdb"), "--web.listen-address="+b.prometheus); err != nil {
		return err
	}
	if _, err := b.answers("http://"+b.prometheus+"/-/ready", time.Minute); err != nil {
		return err
	}
	return b.wait(20 * time.Second) // one scrape at least
}

// startAlertd starts alertd by environment variables alone and returns how
// long it took until the first evaluation was done.
func (b *bench) startAlertd() (time.Duration, error) {
	cmd, err := b.start([]string{
		"ALERTD_PROMETHEUS_URL=http://" + b.prometheus,
		"ALERTD_WEBHOOK_URL=http://" + b.hook,
		"ALERTD_CRON_PREFIXES=bench_cron",
	}, "bin/alertd", "--storage.path="+filepath.Join(b.dir, "state"), "--web.listen-address="+b.alertd)
	if err != nil {
		return 0, err
	}
	b.alertdPID = cmd.Process.Pid
	return b.answers("http://"+b.alertd+"/-/ready", 10*time.Second)
}

// answers waits until url answers 200 and returns how long that took.
func (b *bench) answers(url string, patience time.Duration) (time.Duration, error) {
	began := time.Now()
	for time.Since(began) < patience {
		req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0, fmt.Errorf("asking %s: %w", url, err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
		if err := b.wait(5 * time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("%s did not answer within %s", url, patience)
}

// job runs a cron job that ends with the code.
func (b *bench) job(code int) error {
	cmd := exec.CommandContext(b.ctx, "bin/alertctl", "cron", "run", "--name", "bench", "--prefix", "bench_cron",
		"--textfile-dir", filepath.Join(b.dir, "textfiles"), "--", "sh", "-c", fmt.Sprint("exit ", code))
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == code {
		return nil
	}
	if err != nil {
		return fmt.Errorf("running the job: %w", err)
	}
	return nil
}

// flip fails the job and lets it succeed again, and times both messages.
func (b *bench) flip() (fired, resolved time.Duration, err error) {
	if fired, err = b.until(1, "firing"); err != nil {
		return 0, 0, err
	}
	resolved, err = b.until(0, "resolved")
	return fired, resolved, err
}

func (b *bench) until(code int, status string) (time.Duration, error) {
	if err := b.job(code); err != nil {
		return 0, err
	}
	began := time.Now()
	for {
		select {
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		case <-time.After(2 * time.Minute):
			return 0, fmt.Errorf("no message %q within 2 minutes", status)
		case got := <-b.told:
			if got == status {
				return time.Since(began), nil
			}
		}
	}
}

func (b *bench) wait(d time.Duration) error {
	select {
	case <-b.ctx.Done():
		return b.ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// memory returns alertd's resident memory in MB, and what of it is anonymous.
func (b *bench) memory() (total, anonymous float64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.alertdPID))
	if err != nil {
		return 0, 0, fmt.Errorf("reading alertd's memory: %w", err)
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
			total = kb / 1024
		case "RssAnon":
			anonymous = kb / 1024
		}
	}
	return total, anonymous, nil
}
