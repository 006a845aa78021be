package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"alertd/rules/lint/live"
)

// liveRules has one rule for each check that asks Prometheus, called as the
// check, and for each a good one. Everything else about them is well.
const liveRules = `
# alertctl disable-file missing-runbook missing-summary missing-severity
groups:
  - name: live
    rules:
      - {alert: series-missing, expr: nosuch_metric > 0}
      - {alert: series-gone, expr: gone_metric > 9}
      - {alert: label-missing, expr: 'node_memory_MemTotal_bytes{nosuch="x"} < 0'}
      - {alert: label-missing, expr: max by (nosuch) (node_memory_MemTotal_bytes) < 0}
      - {alert: label-missing, expr: node_memory_MemTotal_bytes < 0, annotations: {summary: "{{ $labels.nosuch }}"}}
      - {alert: matcher-matches-nothing, expr: 'up{job="nosuch"} == 5'}
      - {alert: matcher-matches-nothing, expr: 'node_scrape_collector_success{job="node-exporter", collector=~"nosuch|other"} == 5'}
      - {alert: metric-type, expr: 'rate(node_textfile_scrape_error[5s]) > 9'}
      # alertctl disable gauge-function-on-counter
      - {alert: metric-type, expr: 'deriv(process_cpu_seconds_total[5s]) > 1e9'}
      - {alert: range-below-scrape-interval, expr: 'rate(process_cpu_seconds_total[1s]) > 1e9'}
      - {alert: tight-range, expr: 'rate(process_cpu_seconds_total[3s]) > 1e9'}
      - {alert: query-rejected, expr: 'node_scrape_collector_success / on () node_scrape_collector_success > 9'}
      - {alert: expensive-query, expr: 'count_over_time(vector(1)[1d:8ms]) < 0'}
      - {alert: alert-count, expr: up == 1}
      - {alert: runbook-unreachable, expr: up > 9, annotations: {runbook_url: "%[1]s/nosuch"}}

      - {alert: good, expr: 'up{job="node-exporter"} > 9', annotations: {runbook_url: "%[1]s/there", summary: "{{ $labels.instance }}"}}
      - {alert: good, expr: 'rate(process_cpu_seconds_total{instance=~".+"}[5s]) > 1e9'}
      - {alert: good, expr: 'delta(node_memory_MemFree_bytes[1m]) > 1e18'}
      - {alert: good, expr: 'max by (instance) (node_memory_MemTotal_bytes) < 0 unless on (instance) nosuch_metric > 0'}
      - {alert: good, expr: 'node_memory_MemTotal_bytes < 0 or nosuch_metric > 0'}
      - {alert: good, expr: 'label_replace(up, "made", "$1", "instance", "(.*)") > 9', annotations: {summary: "{{ $labels.made }}"}}
      - {alert: good, expr: 'absent(up)', for: 5m}
`

type finding struct {
	ID, Severity, Problem string
	Line                  int
}

// checkLive runs `alertctl check` and returns its findings and exit code.
func checkLive(t *testing.T, args ...string) ([]finding, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary("alertctl"), append([]string{"check", "-o", "json"}, args...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatalf("alertctl check: %v", err)
	}
	var answers []struct{ Findings []finding }
	if args[0] != "rules" {
		out = []byte("[" + string(out) + "]")
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("alertctl %s: %v\n%s\n%s", args, err, out, errs.String())
	}
	var all []finding
	for _, a := range answers {
		all = append(all, a.Findings...)
	}
	return all, cmd.ProcessState.ExitCode()
}

// Every check that asks Prometheus finds its rule, and nothing is found in the
// good ones, by a configuration and by rule files alone.
func TestCheckLive(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/there" || r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer pages.Close()
	prometheus := fmt.Sprintf("http://127.0.0.1:%d", s.prometheusPort)
	has := func(expr string) bool {
		_, body := get(t, prometheus+"/api/v1/query?query="+url.QueryEscape(expr))
		return strings.Contains(body, `"metric"`)
	}
	textfile := filepath.Join(s.textfiles(), "gone.prom")
	if err := os.WriteFile(textfile, []byte("gone_metric 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "gone_metric", func() string {
		if !has("count_over_time(gone_metric[1m]) > 2") {
			return "not there yet"
		}
		return ""
	})
	if err := os.Remove(textfile); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of gone_metric", func() string {
		if has("gone_metric") {
			return "still there"
		}
		return ""
	})
	rules := s.write("live.rules.yml", fmt.Sprintf(liveRules, pages.URL))
	names := map[int]string{} // of the alerts, by line
	text, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(text), "\n") {
		if _, rest, ok := strings.Cut(line, "{alert: "); ok {
			names[n+1], _, _ = strings.Cut(rest, ",")
		}
	}
	verify := func(found []finding) {
		t.Helper()
		left := map[int]string{}
		for line, name := range names {
			if name != "good" {
				left[line] = name
			}
		}
		for _, f := range found {
			if f.ID == names[f.Line] {
				delete(left, f.Line)
				continue
			}
			t.Errorf("line %d, %s: found %s: %s", f.Line, names[f.Line], f.ID, f.Problem)
		}
		for line, name := range left {
			t.Errorf("line %d: %s was not found", line, name)
		}
	}
	byFiles, code := checkLive(t, "rules", "--live", "--timeout", "4s", "--prometheus.url", prometheus, rules)
	verify(byFiles)
	if code != 1 { // range-below-scrape-interval is an error
		t.Errorf("exit code %d", code)
	}
	s.configure("rule_files: [live.rules.yml]\nreceivers: [{name: team, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]\n")
	byConfig, _ := checkLive(t, "config", "--live", "--timeout", "4s", s.config)
	verify(byConfig)
	s.runJob(0)
	s.configure(`cron:
- {name: etl, prefix: etl_cron}
- {discover: true}
- {name: other}
- {name: third, source: cron-manager}
- {discover: true, source: pushgateway}
`)
	eventually(t, "the job's metrics", func() string {
		found, _ := checkLive(t, "config", "--live", s.config)
		if len(found) != 3 {
			return fmt.Sprintf("found %+v", found)
		}
		for i, f := range found {
			if f.ID != "section-without-data" || f.Line != found[0].Line+i {
				return fmt.Sprintf("found %+v", found)
			}
		}
		return ""
	})
	byFiles = append(byFiles, finding{ID: "section-without-data", Severity: "warning"})
	for _, c := range live.Checks() {
		if !slices.ContainsFunc(byFiles, func(f finding) bool { return f.ID == c.ID && f.Severity == c.Severity.String() }) {
			t.Errorf("there is no rule for %s, of severity %s", c.ID, c.Severity)
		}
	}
}
