package configimport

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write what is made of the files as the expected result")

func types() []string {
	return []string{"slack_configs", "discord_configs", "email_configs", "webhook_configs"}
}

const prometheusFile = `# Our Prometheus.
global:
  scrape_interval: 15s
  evaluation_interval: 30s # as often as we scrape, twice
  external_labels: {cluster: eu1, replica: a}
# Rules of all teams.
rule_files:
  - rules/*.yml # ours
  - /etc/rules/host.yml
alerting:
  alert_relabel_configs: [{regex: replica, action: labeldrop}]
  alertmanagers: [{static_configs: [{targets: [localhost:9093]}]}]
scrape_configs: []
remote_write: []
`

const alertmanagerFile = `# Our Alertmanager.
global:
  slack_api_url_file: secrets/slack # rotated
  http_config: {tls_config: {ca_file: ca.pem}, http_headers: {X-Key: {files: [key]}}}
templates: [templates/*.tmpl]
# Who is told.
route:
  receiver: team # the default
  routes:
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: team
    slack_configs:
      - channel: "#ops"
        title: "${CLUSTER} is ill" # a text
  # At night.
  - name: pager
    pagerduty_configs: [{routing_key: s33d3d}]
tracing: {endpoint: "localhost:4317"}
`

func TestImport(t *testing.T) {
	dir, err := filepath.Abs("/etc/alertd")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Import([]File{
		{"/etc/prometheus/prometheus.yml", []byte(prometheusFile)},
		{"/etc/alertmanager/alertmanager.yml", []byte(alertmanagerFile)},
	}, Options{Dir: dir, ReceiverTypes: types()})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/alertd.yml", got.Text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/alertd.yml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got.Text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all := fmt.Sprint(got.Left, got.Advice); strings.Contains(all, "s33d3d") || len(got.Left) != 4 {
		t.Error(all)
	}
}

func TestWhatIsRead(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files []File
		want  string // of the error
	}{
		{"nothing but defaults", []File{{"prometheus.yml", []byte("global: {scrape_interval: 1m}")}}, ""},
		{"either order", []File{{"am.yml", []byte("route: {receiver: a}")}, {"prom.yml", []byte("scrape_configs: []")}}, ""},
		{"both of one", []File{{"a.yml", []byte("route: {}")}, {"b.yml", []byte("receivers: []")}}, "a.yml and b.yml are both of Alertmanager"},
		{"neither", []File{{"a.yml", []byte("groups: []")}}, "a.yml is neither"},
		{"a list", []File{{"a.yml", []byte("[a]")}}, "a.yml is neither"},
		{"nothing", []File{{"a.yml", nil}}, "a.yml"},
		{"no YAML", []File{{"a.yml", []byte("a: [")}}, "a.yml: it cannot be read as YAML"},
		{"an alertd.yml", []File{{"a.yml", []byte("cron: []\nroute: {}")}}, "it is an alertd.yml already"},
		{"two in one", []File{{"a.yml", []byte("scrape_configs: []\nroute: {}")}}, "sections of both"},
	} {
		_, err := Import(tt.files, Options{})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// What is printed may be saved anywhere, so its paths are absolute.
func TestPathsWithoutADirectory(t *testing.T) {
	got, err := Import([]File{{"/etc/prometheus/prometheus.yml", []byte("rule_files: [a.yml]")}}, Options{PrometheusURL: "http://p:9090"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[/etc/prometheus/a.yml]", "url: http://p:9090\n", "interval: 1m # Prometheus's default"} {
		if !strings.Contains(string(got.Text), want) {
			t.Errorf("%q is not in\n%s", want, got.Text)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(prometheusFile))
	f.Add([]byte(alertmanagerFile))
	f.Add([]byte("route: &a {routes: [*a]}\nreceivers: [*a, null, 1, [2]]\nrule_files: {a: b}"))
	f.Add([]byte("receivers: &r\n- {name: ${x}, http_config: {files: &f [a]}, <<: *f}\ntemplates: *r\nglobal: ~"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Import([]File{{"a.yml", text}}, Options{Dir: "/etc", ReceiverTypes: types()})
		if err != nil {
			return
		}
		var again yaml.Node
		if err := yaml.Load(got.Text, &again); err != nil {
			t.Errorf("%v in the result\n%s", err, got.Text)
		}
	})
}
