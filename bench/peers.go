package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

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
