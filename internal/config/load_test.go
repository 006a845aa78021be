package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"alertd/internal/config"
	"alertd/rules"
)

func TestLoadEverySection(t *testing.T) {
	c := mustLoad(t, `
global:
  resolve_timeout: 10m
  slack_api_url: https://hooks.example.org/one
  http_config:
    proxy_url: http://proxy:3128
prometheus:
  url: http://prometheus:9090/path
  timeout: 5s
  http_config:
    basic_auth: {username: alertd, password_file: prometheus.password}
    tls_config: {ca_file: tls/ca.pem}
grafana: {url: "http://localhost:3000"}
cron:
  - name: etl
    prefix: etl_job
    failed_for: 5m
    schedule: "30 2 * * *"
    timezone: Europe/Paris
    grace: 1h
    labels: {team: data, tier: 1}
resources:
  cpu: {fire: 95, clear: 80.5, for: 1m}
  memory: {enabled: no}
  disk: {fire: 85, mountpoints: [/, /data]}
containers:
  expect: [app, db]
  gone_for: 2m
rule_files:
  - rules/*.yml
  - {path: /etc/prometheus/rules.yml, on_missing: keep}
evaluation: {interval: 30s, missing_for: 10m, concurrency: 8, batch: false}
templates: [templates/*.tmpl]
timezone: Europe/Paris
storage: {retention: 1y}
receivers:
  - name: ops
    slack_configs:
      - channel: 12345
        api_url_file: slack.url
      - send_resolved: false
    pager_configs: [{api_url: x, http_config: {follow_redirects: false}}]
route:
  receiver: ops
  group_by: ['...']
inhibit_rules: []
time_intervals:
mute_time_intervals: []
`)
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"resolve_timeout", c.Global.ResolveTimeout, model.Duration(10 * time.Minute)},
		{"prometheus.url", c.Prometheus.URL, "http://prometheus:9090/path"},
		{"prometheus.timeout", c.Prometheus.Timeout, model.Duration(5 * time.Second)},
		{"evaluation.timeout", c.Evaluation.Timeout, c.Prometheus.Timeout},
		{"password_file", c.Prometheus.HTTP.BasicAuth.PasswordFile, "/etc/alertd/prometheus.password"},
		{"ca_file", c.Prometheus.HTTP.TLSConfig.CAFile, "/etc/alertd/tls/ca.pem"},
		{"follow_redirects stays the default", c.Prometheus.HTTP.FollowRedirects, true},
		{"grafana", c.Grafana.URL, "http://localhost:3000"},
		{"cron", len(c.Cron), 1},
		{"cron grace", *c.Cron[0].Grace, model.Duration(time.Hour)},
		{"cron max_age", c.Cron[0].MaxAge, (*model.Duration)(nil)},
		{"cron labels", c.Cron[0].Labels, map[string]string{"team": "data", "tier": "1"}},
		{"cpu fire", c.Resources.CPU.Fire, 95.0},
		{"cpu clear", c.Resources.CPU.Clear, 80.5},
		{"memory enabled", *c.Resources.Memory.Enabled, false},
		{"disk fire", c.Resources.Disk.Fire, 85.0},
		{"mountpoints", c.Resources.Disk.Mountpoints, []string{"/", "/data"}},
		{"expect", c.Containers.Expect, []string{"app", "db"}},
		{"rule files", c.RuleFiles, []rules.FileSpec{
			{Path: "/etc/alertd/rules/*.yml"}, {Path: "/etc/prometheus/rules.yml", OnMissing: rules.Keep},
		}},
		{"interval", c.Rules().Interval, 30 * time.Second},
		{"missing_for", c.Rules().MissingFor, 10 * time.Minute},
		{"concurrency", c.Evaluation.Concurrency, 8},
		{"batch", c.Evaluation.Batch, false},
		{"templates", c.Templates, []string{"/etc/alertd/templates/*.tmpl"}},
		{"timezone", c.Timezone.String(), "Europe/Paris"},
		{"retention", c.Storage.Retention, model.Duration(365 * 24 * time.Hour)},
		{"receivers", len(c.Receivers), 1},
		{"integrations", len(c.Receivers[0].Integrations), 3},
	} {
		if diff := cmp.Diff(check.want, check.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", check.what, diff)
		}
	}
	var ids []string
	for _, i := range c.Receivers[0].Integrations {
		ids = append(ids, c.Receivers[0].ID(i))
	}
	if diff := cmp.Diff([]string{"ops/slack/0", "ops/slack/1", "ops/pager/0"}, ids); diff != "" {
		t.Errorf("integrations (-want +got):\n%s", diff)
	}
	first, second, third := c.Receivers[0].Integrations[0].Settings.(*fake), c.Receivers[0].Integrations[1].Settings.(*fake), c.Receivers[0].Integrations[2].Settings.(*fake)
	if first.Channel != "12345" || first.APIURLFile != "/etc/alertd/slack.url" || !first.SendResolved || first.APIURL != "" {
		t.Errorf("first integration: %+v", first)
	}
	if second.APIURL != "https://hooks.example.org/one" || second.SendResolved {
		t.Errorf("second integration: %+v", second)
	}
	if first.HTTP != c.Global.HTTP || third.HTTP.FollowRedirects {
		t.Error("http_config is not inherited, or not read")
	}
}

func TestDefaults(t *testing.T) {
	c := mustLoad(t, "prometheus: {url: http://localhost:9090}\n")
	want := config.Evaluation{
		Interval: model.Duration(15 * time.Second), MissingFor: model.Duration(5 * time.Minute),
		Concurrency: 4, Timeout: model.Duration(10 * time.Second), Batch: true,
	}
	if diff := cmp.Diff(want, c.Evaluation); diff != "" {
		t.Errorf("evaluation (-want +got):\n%s", diff)
	}
	if c.Timezone != time.Local || c.Storage.Retention != model.Duration(720*time.Hour) || c.Global.ResolveTimeout != model.Duration(5*time.Minute) {
		t.Errorf("timezone %v, retention %v, resolve_timeout %v", c.Timezone, c.Storage.Retention, c.Global.ResolveTimeout)
	}
}

func TestEvaluationIntervalOfPrometheus(t *testing.T) {
	c := mustLoad(t, "global: {evaluation_interval: 1m}\n")
	if got := c.Rules().Interval; got != time.Minute {
		t.Errorf("interval %s, want 1m", got)
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	c := mustLoad(t, `
x-job: &job {failed_for: 5m, max_age: 26h, labels: &labels {team: data}}
x-late: &late
  <<: *job
  max_age: 2d
cron:
  - {<<: *job, name: a}
  - <<: [*late, *job]
    name: b
    failed_for: 1m
  - name: c
    labels: {<<: *labels, tier: "2"}
`)
	type job struct{ Name, FailedFor, MaxAge, Team, Tier string }
	var got []job
	for _, j := range c.Cron {
		age := ""
		if j.MaxAge != nil {
			age = j.MaxAge.String()
		}
		got = append(got, job{j.Name, j.FailedFor.String(), age, j.Labels["team"], j.Labels["tier"]})
	}
	want := []job{{"a", "5m", "1d2h", "data", ""}, {"b", "1m", "2d", "data", ""}, {"c", "0s", "", "data", "2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func TestVariables(t *testing.T) {
	c := mustLoad(t, `
prometheus:
  url: http://${HOST}:${PORT:-9090}/${EMPTY}
evaluation:
  interval: ${INTERVAL}
  concurrency: ${WORKERS}
resources:
  enabled: ${ON}
  labels:
    one: $labels
    two: '{{ $x }} ${1} $1 $$'
    three: $${HOST} $${HOST:-x}
    four: ${INJECTED}
    five: "${EMPTY:-fallback: [x]}"
    ${HOST}: keys stay
    six: ${UNKNOWN:-}
  memory:
    enabled: ${UNKNOWN:-false}
`, "HOST=prom", "PORT=", "EMPTY=", "INTERVAL=20s", "WORKERS=7", "ON=false", "INJECTED=a: b\n- ${HOST} # no comment")
	if c.Prometheus.URL != "http://prom:9090/" || c.Rules().Interval != 20*time.Second || c.Evaluation.Concurrency != 7 {
		t.Errorf("url %s, evaluation %+v", c.Prometheus.URL, c.Evaluation)
	}
	if *c.Resources.Enabled || *c.Resources.Memory.Enabled {
		t.Error("a variable that holds false is not false")
	}
	want := map[string]string{
		"one": "$labels", "two": "{{ $x }} ${1} $1 $$", "three": "${HOST} ${HOST:-x}", "four": "a: b\n- ${HOST} # no comment",
		"five": "fallback: [x]", "${HOST}": "keys stay", "six": "",
	}
	if diff := cmp.Diff(want, c.Resources.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

// TestVariablesBesideAFile: the file decides, and says so where people may
// think otherwise.
func TestVariablesBesideAFile(t *testing.T) {
	logger, logs := recordLogs()
	o := options("prometheus: {url: '${ALERTD_PROMETHEUS_URL}'}\n",
		"ALERTD_PROMETHEUS_URL=http://one:9090", "ALERTD_CPU_FIRE=50", "ALERTD_WEB_LISTEN_ADDRESS=:1", "ALERTD_TIMEZONE=", "ALERTD_NONSENSE=1")
	o.Logger = logger
	c, err := config.Load("/etc/alertd/alertd.yml", o)
	if err != nil {
		t.Fatal(err)
	}
	if c.Prometheus.URL != "http://one:9090" || c.Resources.CPU.Fire != 0 {
		t.Errorf("url %s, cpu %v", c.Prometheus.URL, c.Resources.CPU)
	}
	if !strings.Contains(logs.String(), "variables=[ALERTD_CPU_FIRE]") {
		t.Errorf("logged: %s", logs)
	}
}

func TestConsoleWhenNobodyIsTold(t *testing.T) {
	logger, logs := recordLogs()
	o := options("prometheus: {url: http://localhost:9090}\n")
	o.Logger = logger
	c, err := config.Load("/etc/alertd/alertd.yml", o)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Receivers) != 1 || c.Receivers[0].Name != "console" || len(c.Receivers[0].Integrations) != 1 || c.Receivers[0].Integrations[0].Kind != "console" {
		t.Errorf("receivers %+v", c.Receivers)
	}
	if !strings.Contains(logs.String(), "nobody is told") {
		t.Errorf("logged: %s", logs)
	}
}

func TestStandaloneWithoutEffect(t *testing.T) {
	logger, logs := recordLogs()
	o := options("prometheus: {url: http://localhost:9090}\nstandalone: {scrape_interval: 5s}\n")
	o.Logger = logger
	if _, err := config.Load("/etc/alertd/alertd.yml", o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(logs.String(), "standalone has no effect") {
		t.Errorf("logged: %s", logs)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yml"), config.Options{Kinds: fakeKinds()})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err = config.Load(t.TempDir(), config.Options{Kinds: fakeKinds()}); err == nil {
		t.Error("a directory was read as a configuration")
	}
}

// TestFileWithoutEnd: what never ends is not read to its end.
func TestFileWithoutEnd(t *testing.T) {
	_, err := config.Load("/dev/zero", config.Options{Kinds: fakeKinds()})
	if _, ok := errors.AsType[*config.Mistakes](err); !ok || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("error %v", err)
	}
}

// TestEverySecretHasAFile holds for the settings of this package and of those
// that it decodes into; the channels' are held to it with the documentation.
func TestEverySecretHasAFile(t *testing.T) {
	requireSecretFiles(t, reflect.TypeFor[config.Config]())
}
