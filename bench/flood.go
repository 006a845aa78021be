package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// floodRule has an alert for every series of the exporter, with the
// annotations that people write.
const floodRule = `groups:
  - name: flood
    rules:
      - alert: Flood
        expr: flood_level > 0
        labels: {severity: warning}
        annotations:
          summary: "Flood at {{ $labels.host }}"
          description: "Level {{ $value | humanize }} in {{ $labels.zone }}, more than 0."
`

// measureFlood measures one rule whose series all begin to fire at once, and all
// end.
func measureFlood(ctx context.Context, series int) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	return b.flood(series)
}

func (b *bench) flood(series int) error {
	level := &atomic.Int64{}
	exporter, err := b.exporter(series, level)
	if err != nil {
		return err
	}
	config := filepath.Join(b.dir, "flood-prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 15s}\nscrape_configs: [{job_name: flood, static_configs: [{targets: [%q]}]}]\n", exporter)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing prometheus.yml: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "flood.yml"), []byte(floodRule), 0o600); err != nil {
		return fmt.Errorf("writing the rule file: %w", err)
	}
	if _, err := b.start(nil, "test/tools/bin/prometheus", "--config.file="+config,
		"--storage.tsdb.path="+filepath.Join(b.dir, "flood-tsdb"), "--web.listen-address="+b.prometheus); err != nil {
		return err
	}
	if _, err := b.answers("http://"+b.prometheus+"/-/ready", time.Minute); err != nil {
		return err
	}
	alertd := filepath.Join(b.dir, "flood-alertd.yml")
	text = fmt.Sprintf("prometheus: {url: 'http://%s'}\nrule_files: [flood.yml]\nresources: {enabled: false}\ncontainers: {enabled: false}\nroute: {receiver: hook, group_by: [alertname], group_wait: 0s}\nreceivers: [{name: hook, webhook_configs: [{url: 'http://%s'}]}]\n", b.prometheus, b.hook)
	if err := os.WriteFile(alertd, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing alertd.yml: %w", err)
	}
	cmd, err := b.start(nil, "bin/alertd", "--config.file="+alertd, "--storage.path="+filepath.Join(b.dir, "flood-state"), "--web.listen-address="+b.alertd)
	if err != nil {
		return err
	}
	b.alertdPID = cmd.Process.Pid
	if _, err := b.answers("http://"+b.alertd+"/-/ready", 10*time.Second); err != nil {
		return err
	}
	if err := b.wait(32 * time.Second); err != nil {
		return err
	}
	for i, to := range []int64{1, 0} {
		level.Store(to)
		longest, err := b.longest(time.Minute)
		if err != nil {
			return err
		}
		peak, err := b.status("VmHWM")
		if err != nil {
			return err
		}
		fmt.Printf("%d series %-18s %8.2f s   (budget 3 s: the longest evaluation, committed; peak RSS %.0f MB, budget 600 MB)\n", series, []string{"begin to fire", "recover"}[i], longest.Seconds(), peak/1024)
	}
	return nil
}

// longest returns the time that the longest evaluation took, within d.
func (b *bench) longest(d time.Duration) (longest time.Duration, err error) {
	var sum float64
	for end := time.Now().Add(d); time.Now().Before(end); {
		now, err := b.evaluations()
		if err != nil {
			return 0, err
		}
		if sum > 0 && now > sum {
			longest = max(longest, time.Duration((now-sum)*float64(time.Second)))
		}
		sum = now
		if err := b.wait(200 * time.Millisecond); err != nil {
			return 0, err
		}
	}
	return longest, nil
}

func (b *bench) status(key string) (kb float64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.alertdPID))
	if err != nil {
		return 0, fmt.Errorf("reading alertd's memory: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if name, rest, _ := strings.Cut(line, ":"); name == key {
			_, err = fmt.Sscan(rest, &kb)
			return kb, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc", key)
}

// evaluations returns how long all evaluations of the flood's group took, in
// seconds, by alertd's own metrics.
func (b *bench) evaluations() (sum float64, err error) {
	req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, "http://"+b.alertd+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("asking for alertd's metrics: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("asking for alertd's metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "} ")
		if strings.HasPrefix(name, "alertd_evaluation_duration_seconds_sum") && strings.Contains(name, "flood") {
			_, err := fmt.Sscan(value, &sum)
			return sum, err
		}
	}
	return 0, lines.Err()
}

func (b *bench) exporter(series int, level *atomic.Int64) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(b.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("opening the exporter: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		out := bufio.NewWriter(w)
		for i := range series {
			_, _ = fmt.Fprintf(out, "flood_level{host=\"host-%05d\",zone=\"zone-%d\"} %d\n", i, i%20, level.Load()*int64(i+1))
		}
		_ = out.Flush()
	})}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), nil
}
