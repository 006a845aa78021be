package configimport

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
