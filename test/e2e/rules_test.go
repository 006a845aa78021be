package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// ruleGroups asks alertd how its rules are doing: by name, their last error and
// their number of alerts.
func (s *stack) ruleGroups() map[string]string {
	s.t.Helper()
	_, body := get(s.t, s.url("/api/v1/status"))
	var status struct {
		RuleGroups []struct {
			Rules []struct {
				Name, Type, Health, LastError string
				Alerts                        int
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil {
		s.t.Fatalf("%v: %s", err, body)
	}
	out := map[string]string{}
	for _, g := range status.RuleGroups {
		for _, r := range g.Rules {
			out[r.Name] = fmt.Sprintf("%s %s %d %s", r.Type, r.Health, r.Alerts, r.LastError)
		}
	}
	return out
}

// Without a Prometheus recording rules are evaluated in their order, a rule that
// fails is seen to and hinders no other, and a reload ends what is recorded no
// more.
func TestRecordingRulesStandalone(t *testing.T) {
	t.Parallel()
	s, hook := &stack{t: t, dir: t.TempDir(), alertdPort: freePort(t)}, newReceiver(t)
	hook.up()
	if err := os.Mkdir(s.textfiles(), 0o755); err != nil {
		t.Fatal(err)
	}
	recording := `
      - {record: "queue:sum", expr: sum by (team) (queue_length), labels: {source: recorded}}
      - {record: "queue:twice", expr: queue_length, labels: {n: ""}}`
	alerting := `
      - {alert: QueueLong, expr: 'queue:sum{source="recorded"} > 5', annotations: {summary: "{{ $labels.team }} has {{ $value }}"}}
      - {alert: NothingRecorded, expr: absent(queue:sum)}
`
	s.write("rules.yml", "groups:\n  - name: queues\n    rules:"+recording+alerting)
	s.write("textfiles/queue.prom", "queue_length{team=\"etl\",n=\"1\"} 3\nqueue_length{team=\"etl\",n=\"2\"} 1\n")
	s.config = s.write("alertd.yml", fmt.Sprintf(`
standalone: {scrape_interval: 1s, textfile_directory: textfiles}
evaluation: {interval: 1s}
resources: {enabled: false}
rule_files: [rules.yml]
receivers: [{name: team, webhook_configs: [{url: "%s"}]}]
`, hook.url()))
	s.startAlertd()
	if got := s.ruleGroups(); !strings.HasPrefix(got["queue:sum"], "recording ok 0") ||
		!strings.Contains(got["queue:twice"], "recording err 0 two results have the same labels") || got["QueueLong"] != "alerting ok 0 " {
		t.Errorf("the rules are %q", got)
	}
	s.write("textfiles/queue.prom", "queue_length{team=\"etl\",n=\"1\"} 3\nqueue_length{team=\"etl\",n=\"2\"} 4\n")
	hook.expect("QueueLong firing")
	if got := fmt.Sprint(s.ourAlerts()["QueueLong"]); !strings.Contains(got, "etl has 7") {
		t.Errorf("the alert is %s", got)
	}
	s.write("textfiles/queue.prom", "queue_length{team=\"etl\",n=\"1\"} 3\n")
	hook.expect("QueueLong firing", "QueueLong resolved")
	s.write("rules.yml", "groups:\n  - name: queues\n    rules:"+alerting)
	if err := s.alertd.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	// Stale at once, not after the five minutes in which queries look back.
	hook.expect("QueueLong firing", "QueueLong resolved", "NothingRecorded firing")
}

// Whatever a rule's expression gives, alertd makes of it what Prometheus makes
// of it: the same alerts with the same values, or an error.
func TestOddExpressions(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	expressions := map[string]string{
		"NaN": `vector(0) / 0`, "Infinite": `vector(1) / 0`, "MinusInfinite": `vector(-1) / 0`, "MinusZero": `vector(-0.0)`,
		"Scalar": `1 + 1`, "ScalarNaN": `scalar(no_such_metric)`, "ScalarOfSeries": `scalar(up)`, "BoolScalar": `1 > bool 0`,
		"String": `"text"`, "Range": `up[1m]`, "Nothing": `no_such_metric`, "Series": `up`, "Compared": `up > 0`,
		"ManyToMany": `{__name__=~"node_memory_M.*"} * on(job) {__name__=~"node_memory_M.*"}`, "Huge": `vector(1.7976931348623157e308)`, "Tiny": `vector(5e-324)`,
		"UTF8": `label_replace(vector(1), "ünï.cöde 日本", "😀 \"\\", "", "")`, "Absent": `absent(no_such_metric{a="b"})`,
		"Warned": `quantile(7, up)`, "Informed": `rate(up[1m])`, "Duplicate": `label_replace(node_memory_MemFree_bytes, "x", "1", "", "") or node_memory_MemFree_bytes`,
	}
	var text strings.Builder
	text.WriteString("groups:\n  - name: odd\n    interval: 1s\n    rules:\n")
	for _, name := range slices.Sorted(maps.Keys(expressions)) {
		labels := ""
		if name == "Duplicate" {
			labels = `labels: {x: "2"}, `
		}
		fmt.Fprintf(&text, "      - {alert: %s, expr: %s, %sannotations: {value: '{{ $value }}', labels: '{{ $labels }}'}}\n",
			name, "'"+strings.ReplaceAll(expressions[name], "'", "''")+"'", labels)
	}
	rules := s.write("rules.yml", text.String())
	s.write("prometheus.yml", "rule_files: ["+rules+"]\n"+s.read("prometheus.yml"))
	s.prometheus.stop(syscall.SIGTERM)
	s.startPrometheus()
	eventually(t, "series in Prometheus", func() string {
		if alerts, errs := s.theirAlerts(); len(alerts["ScalarOfSeries"]) == 0 || strings.Contains(fmt.Sprint(alerts["ScalarOfSeries"]), "NaN") || errs["Duplicate"] == "" {
			return "not scraped yet"
		}
		return ""
	})
	s.configure(fmt.Sprintf("rule_files: [rules.yml]\nreceivers: [{name: team, webhook_configs: [{url: %q}]}]\n", hook.url()))
	s.startAlertd()
	s.evaluations(2, rules+";odd")

	// What Prometheus calls a warning alertd takes for an answer that may be
	// wrong: the rule fails, and says so.
	differs := map[string]bool{"Warned": true}
	eventually(t, "the same alerts as in Prometheus", func() string {
		theirs, errs := s.theirAlerts()
		ours := s.ourAlerts()
		status := s.ruleGroups()
		for name := range expressions {
			if differs[name] {
				if !strings.Contains(status[name], "may be incomplete") || errs[name] != "" {
					return fmt.Sprintf("%s: alertd says %q, Prometheus %q", name, status[name], errs[name])
				}
				continue
			}
			if !slices.Equal(theirs[name], ours[name]) {
				return fmt.Sprintf("%s: Prometheus %q, alertd %q", name, theirs[name], ours[name])
			}
			if failed := strings.Contains(status[name], " err "); failed != (errs[name] != "") {
				return fmt.Sprintf("%s: Prometheus says %q, alertd %q", name, errs[name], status[name])
			}
		}
		return ""
	})
	_, errs := s.theirAlerts()
	if len(errs) < 4 || len(s.ourAlerts()) < 14 {
		t.Errorf("too little was compared: %d errors, alerts %q", len(errs), s.ourAlerts())
	}
	_, page := get(t, s.url("/"))
	_, metrics := get(t, s.url("/metrics"))
	if !strings.Contains(page, "not a vector or scalar") || !strings.Contains(metrics, `alertd_evaluation_failures_total{group="`+rules+`;odd"}`) {
		t.Error("the failures are not on the page or not in the metrics")
	}
}

// theirAlerts returns by rule the alerts that Prometheus has itself, each as
// labels and annotations, and the errors of those rules that have one.
func (s *stack) theirAlerts() (alerts map[string][]string, errs map[string]string) {
	s.t.Helper()
	_, body := get(s.t, fmt.Sprintf("http://127.0.0.1:%d/api/v1/rules", s.prometheusPort))
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct {
					Name, LastError string
					Alerts          []struct{ Labels, Annotations map[string]string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		s.t.Fatalf("%v: %s", err, body)
	}
	alerts, errs = map[string][]string{}, map[string]string{}
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			if r.LastError != "" {
				errs[r.Name] = r.LastError
			}
			for _, a := range r.Alerts {
				alerts[r.Name] = append(alerts[r.Name], fmt.Sprint(a.Labels, a.Annotations))
			}
			slices.Sort(alerts[r.Name])
		}
	}
	return alerts, errs
}

// ourAlerts returns by rule the alerts that alertd serves.
func (s *stack) ourAlerts() map[string][]string {
	s.t.Helper()
	status, body := get(s.t, s.url("/api/v2/alerts"))
	var all []struct{ Labels, Annotations map[string]string }
	if err := json.Unmarshal([]byte(body), &all); err != nil || status != http.StatusOK {
		s.t.Fatalf("%d, %v: %s", status, err, body)
	}
	out := map[string][]string{}
	for _, a := range all {
		name := a.Labels["alertname"]
		out[name] = append(out[name], fmt.Sprint(a.Labels, a.Annotations))
		slices.Sort(out[name])
	}
	return out
}

func (s *stack) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
