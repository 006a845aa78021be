package routetree

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"alertd/internal/alert"
)

const routes = `
receivers: [{name: ignored, api_url: <secret>}]
route:
  receiver: team
  group_by: [alertname, job]
  routes:
    - matchers: ['severity="critical"', '{team=~"a|b"}']
      receiver: pager
      continue: true
      group_wait: 10s
      routes:
        - match: {job: etl}
          match_re: {instance: "db.*"}
          repeat_interval: 1d
    - match: {job: etl}
      receiver: data
      mute_time_intervals: [nights]
`

func TestDraw(t *testing.T) {
	tree, err := Parse([]byte(routes))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{}  receiver: team  group by: alertname, job
├── {severity="critical", team=~"a|b"}  receiver: pager  continue  wait: 10s
│   └── {job="etl", instance=~"db.*"}  repeat: 1d
└── {job="etl"}  receiver: data  muted: nights
`
	if diff := cmp.Diff(want, tree.Draw()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDestinations(t *testing.T) {
	tree, err := Parse([]byte(routes))
	if err != nil {
		t.Fatal(err)
	}
	labels := alert.LabelsFromStrings("alertname", "X", "severity", "critical", "team", "a", "job", "etl", "instance", "db1")
	shared := alert.LabelsFromStrings("alertname", "X", "job", "etl")
	want := []Destination{
		{"pager", `{}/{severity="critical",team=~"a|b"}/0/{instance=~"db.*",job="etl"}/0`, shared, "10s", "5m", "1d"},
		{"data", `{}/{job="etl"}/1`, shared, "30s", "5m", "4h"},
	}
	if diff := cmp.Diff(want, tree.Destinations(labels)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := tree.Destinations(nil); len(got) != 1 || got[0].Receiver != "team" {
		t.Errorf("an alert without labels goes to %v", got)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "has no route",
		"receivers: []":           "has no route",
		"route: [":                "reading the routes",
		"route: {matchers: [a]}":  "matcher",
		"route: {group_wait: 1x}": "reading the routes",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
