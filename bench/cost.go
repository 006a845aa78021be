package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// costInterval is how often rules are evaluated while their cost is measured.
const costInterval = 2 * time.Second

// cost measures what evaluating rules costs Prometheus and the evaluator
// together.
type cost struct {
	*bench
	scraped    string    // the address of the fleet
	rules      string    // the rule file
	prometheus *exec.Cmd // its rules are exchanged by reloads
	window     time.Duration
	idle       float64 // CPU share of a Prometheus that only scrapes
}

// evaluator is who evaluates the rules.
type evaluator struct {
	name  string
	start func() (*exec.Cmd, error) // nil: Prometheus itself
	page  string                    // address of its metrics
	count string                    // the metric of its evaluations
}

// measureCost prints the CPU time of an evaluation for each kind of rules.
func measureCost(ctx context.Context, window time.Duration, repeat int) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	c := &cost{bench: b, rules: filepath.Join(b.dir, "rules.yml"), window: window}
	if c.scraped, err = serveFleet(ctx); err != nil {
		return err
	}
	if err := c.startPrometheus(); err != nil {
		return err
	}
	for _, kind := range []struct {
		name  string
		exprs []string
	}{{"alike", alikeRules(1000)}, {"arbitrary", arbitraryRules(1000)}} {
		medians := map[string]float64{}
		for _, e := range c.evaluators() {
			var costs []float64
			for range repeat {
				once, err := c.measure(e, kind.exprs)
				if err != nil {
					return fmt.Errorf("%s rules, %s: %w", kind.name, e.name, err)
				}
				costs = append(costs, once)
			}
			slices.Sort(costs)
			medians[e.name] = costs[len(costs)/2]
			fmt.Printf("1000 rules, %-10s %-22s %8.1f ms   CPU an evaluation (%.1f to %.1f)\n",
				kind.name+",", e.name, medians[e.name], costs[0], costs[len(costs)-1])
		}
		fmt.Printf("1000 rules, %-10s alertd is %22.2f times native, %.2f times vmalert\n", kind.name+",",
			medians["alertd"]/medians["native"], medians["alertd"]/medians["vmalert"])
	}
	return c.manyRules()
}

func (c *cost) evaluators() []evaluator {
	return []evaluator{
		{name: "native", page: c.bench.prometheus, count: ruleEvaluations},
		{name: "vmalert", start: c.startVMAlert, page: c.node, count: "vmalert_iteration_total"},
		{name: "alertd", start: func() (*exec.Cmd, error) { return c.startEvaluating(costInterval, true) }, page: c.alertd, count: evaluationsOfFleet},
		{name: "alertd, batch: false", start: func() (*exec.Cmd, error) { return c.startEvaluating(costInterval, false) }, page: c.alertd, count: evaluationsOfFleet},
	}
}

const (
	evaluationsOfFleet = "alertd_evaluation_duration_seconds_count"
	ruleEvaluations    = "prometheus_rule_evaluations_total" // counts each rule
)

// measure returns the CPU milliseconds of one evaluation of all the rules, less
// what Prometheus uses anyway.
func (c *cost) measure(e evaluator, exprs []string) (float64, error) {
	if err := writeRules(c.rules, exprs); err != nil {
		return 0, err
	}
	if err := c.reloadPrometheus(false); err != nil {
		return 0, err
	}
	pids := []int{c.prometheus.Process.Pid}
	if err := c.wait(2 * costInterval); err != nil {
		return 0, err
	}
	idle, _, err := c.during(evaluator{}, pids)
	if err != nil {
		return 0, err
	}
	if e.start == nil {
		err = c.reloadPrometheus(true)
	} else {
		var cmd *exec.Cmd
		if cmd, err = e.start(); err == nil {
			defer c.stop(cmd)
			pids = append(pids, cmd.Process.Pid)
		}
	}
	if err != nil {
		return 0, err
	}
	if err := c.wait(4 * costInterval); err != nil { // the first rounds plan, connect and warm up
		return 0, err
	}
	busy, evaluations, err := c.during(e, pids)
	if err != nil {
		return 0, err
	}
	if e.count == ruleEvaluations {
		evaluations /= float64(len(exprs))
	}
	if evaluations < 3 {
		return 0, fmt.Errorf("only %.1f evaluations within %s", evaluations, c.window)
	}
	return (busy - idle).Seconds() * 1000 / evaluations, nil
}

// during returns the CPU time that the processes use in the window, and the
// evaluations in it.
func (c *cost) during(e evaluator, pids []int) (used time.Duration, evaluations float64, err error) {
	look := func() (cpu time.Duration, n float64, err error) {
		if e.count != "" {
			if n, err = c.metric(e.page, e.count, "fleet"); err != nil {
				return 0, 0, err
			}
		}
		cpu, err = cpuTime(pids...)
		return cpu, n, err
	}
	cpu, n, err := look()
	if err != nil {
		return 0, 0, err
	}
	if err := c.wait(c.window); err != nil {
		return 0, 0, err
	}
	used, evaluations, err = look()
	return used - cpu, evaluations - n, err
}

// metric returns the sum of the metric's samples whose labels hold the text.
func (c *cost) metric(address, name, text string) (float64, error) {
	req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("asking for metrics: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("asking for metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var sum float64
	found := false
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok || !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, " ") || !strings.Contains(rest, text) {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("reading metric %s: %w", name, err)
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("%s has no metric %s of %s", address, name, text)
	}
	return sum, lines.Err()
}

// manyRules evaluates 10,000 rules at alertd's usual interval.
func (c *cost) manyRules() error {
	const interval = 15 * time.Second
	if err := writeRules(c.rules, arbitraryRules(10_000)); err != nil {
		return err
	}
	if err := c.reloadPrometheus(false); err != nil {
		return err
	}
	cmd, err := c.startEvaluating(interval, true)
	if err != nil {
		return err
	}
	defer c.stop(cmd)
	if err := c.wait(4*interval + interval/2); err != nil {
		return err
	}
	evaluations, err := c.metric(c.alertd, evaluationsOfFleet, "fleet")
	if err != nil {
		return err
	}
	took, err := c.metric(c.alertd, "alertd_evaluation_duration_seconds_sum", "fleet")
	if err != nil {
		return err
	}
	missed, err := c.metric(c.alertd, "alertd_evaluation_missed_total", "")
	if err != nil {
		missed = 0 // counted from the first one on
	}
	failed, err := c.metric(c.alertd, "alertd_evaluation_failures_total", "")
	if err != nil {
		failed = 0
	}
	fmt.Printf("10000 rules every %s: %.0f evaluations of %.2f s each, %.0f slots missed, %.0f failures (budget: none)\n",
		interval, evaluations, took/evaluations, missed, failed)
	return nil
}

func (c *cost) startPrometheus() error {
	if err := os.WriteFile(c.rules, []byte("groups: []\n"), 0o600); err != nil {
		return fmt.Errorf("writing the rules: %w", err)
	}
	if err := c.writePrometheusConfig(false); err != nil {
		return err
	}
	var err error
	c.prometheus, err = c.start(nil, "test/tools/bin/prometheus", "--config.file="+c.configFile(), "--web.enable-lifecycle",
		"--storage.tsdb.path="+filepath.Join(c.dir, "tsdb"), "--web.listen-address="+c.bench.prometheus)
	if err != nil {
		return err
	}
	if _, err := c.answers("http://"+c.bench.prometheus+"/-/ready", time.Minute); err != nil {
		return err
	}
	return c.wait(10 * time.Second) // some scrapes
}

func (c *cost) configFile() string { return filepath.Join(c.dir, "prometheus.yml") }

func (c *cost) writePrometheusConfig(withRules bool) error {
	text := fmt.Sprintf("global: {scrape_interval: 5s, evaluation_interval: %s}\nscrape_configs: [{job_name: fleet, static_configs: [{targets: [%q]}]}]\n", costInterval, c.scraped)
	if withRules {
		text += fmt.Sprintf("rule_files: [%q]\n", c.rules)
	}
	if err := os.WriteFile(c.configFile(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing prometheus.yml: %w", err)
	}
	return nil
}

func (c *cost) reloadPrometheus(withRules bool) error {
	if err := c.writePrometheusConfig(withRules); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, "http://"+c.bench.prometheus+"/-/reload", nil)
	if err != nil {
		return fmt.Errorf("reloading Prometheus: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("reloading Prometheus: %w", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("reloading Prometheus: %s", resp.Status)
	}
	return nil
}

func (c *cost) startVMAlert() (*exec.Cmd, error) {
	return c.serve("http://"+c.node+"/metrics", nil, "test/tools/bin/vmalert", "-rule="+c.rules, "-datasource.url=http://"+c.bench.prometheus,
		"-notifier.blackhole", "-evaluationInterval="+costInterval.String(), "-httpListenAddr="+c.node)
}

// startEvaluating starts alertd with the rule file and nothing else to watch.
func (c *cost) startEvaluating(interval time.Duration, batch bool) (*exec.Cmd, error) {
	config := filepath.Join(c.dir, "alertd.yml")
	text := fmt.Sprintf("prometheus: {url: 'http://%s'}\nrule_files: [%q]\nresources: {enabled: false}\ncontainers: {enabled: false}\n"+
		"evaluation: {interval: %s, batch: %t}\nreceivers: [{name: none}]\nroute: {receiver: none}\n", c.bench.prometheus, c.rules, interval, batch)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing alertd.yml: %w", err)
	}
	return c.serve("http://"+c.alertd+"/-/healthy", nil, "bin/alertd", "--config.file="+config,
		"--storage.path="+filepath.Join(c.dir, "state"), "--web.listen-address="+c.alertd)
}

// serve starts a server and waits until it answers.
func (c *cost) serve(url string, env []string, path string, args ...string) (*exec.Cmd, error) {
	cmd, err := c.start(env, path, args...)
	if err != nil {
		return nil, err
	}
	_, err = c.answers(url, time.Minute)
	return cmd, err
}
