package notifier

import (
	"os/exec"
	"strings"
	"testing"

	"alertd/internal/alert"
)

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		labels []string
		words  string
		short  string
	}{
		{[]string{"alertname", "A", "cron_job", "backup", "instance", "node-exporter:9100", "severity", "critical"}, "cron_job=backup, instance=node-exporter:9100", "backup"},
		{[]string{"alertname", "A", "cron_job", "backup", "instance", "db-1:9100"}, "cron_job=backup, instance=db-1:9100", "backup on db-1:9100"},
		{[]string{"alertname", "A", "mountpoint", "/", "device", "/dev/sda", "fstype", "ext4", "instance", "db-1:9100"}, "mountpoint=/, instance=db-1:9100", "/ on db-1:9100"},
		{[]string{"alertname", "A", "instance", "db-1:9100", "env", "prod"}, "env=prod, instance=db-1:9100", "prod on db-1:9100"},
		{[]string{"alertname", "A", "job", "node"}, "job=node", "node"},
		{[]string{"alertname", "A", "instance", "localhost:9100"}, "instance=localhost:9100", "localhost:9100"},
		{[]string{"alertname", "A"}, "", ""},
		{[]string{"alertname", "A", "name", "two\nlines\x1b[0m"}, "name=two lines[0m", "two lines[0m"},
	} {
		place := placeOf(alert.LabelsFromStrings(tt.labels...))
		if got := placeWords(place); got != tt.words {
			t.Errorf("%v: %q, want %q", tt.labels, got, tt.words)
		}
		if got := placeShort(place); got != tt.short {
			t.Errorf("%v: %q, want %q", tt.labels, got, tt.short)
		}
	}
}

func TestSilenceCommand(t *testing.T) {
	for _, tt := range []struct {
		name  string
		place []alert.Label
		want  string
	}{
		{"CronFailed", []alert.Label{{Name: "instance", Value: "db-1:9100"}}, `alertctl silence add alertname=CronFailed instance=db-1:9100 --duration 2h --comment "why"`},
		{"A", []alert.Label{{Name: "x", Value: `it's "here" \ $(id)`}}, `alertctl silence add alertname=A 'x="it'\''s \"here\" \\ $(id)"' --duration 2h --comment "why"`},
		{"A", []alert.Label{{Name: "x", Value: ""}, {Name: "y", Value: "a`b"}, {Name: "z", Value: "a\nb"}, {Name: "l", Value: strings.Repeat("a", 200)}}, `alertctl silence add alertname=A --duration 2h --comment "why"`},
		{"A", []alert.Label{{Name: "my label", Value: "~x"}}, `alertctl silence add alertname=A '"my label"="~x"' --duration 2h --comment "why"`},
		{"日本", nil, `alertctl silence add 'alertname="日本"' --duration 2h --comment "why"`},
		{"", []alert.Label{{Name: "x", Value: "y"}}, ""},
		{"a`b", nil, ""},
	} {
		got := silenceCommand(tt.name, tt.place)
		if got != tt.want {
			t.Errorf("%q %v:\n%s, want\n%s", tt.name, tt.place, got, tt.want)
		}
	}
}

func TestAShellReadsTheSilenceCommandAsMeant(t *testing.T) {
	value := `it's "here" \ $(id) ${HOME} * ; | & # !`
	command := silenceCommand("A", []alert.Label{{Name: "x", Value: value}})
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "alertctl() { printf '%s\\n' \"$@\"; }\n"+command).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "silence\nadd\nalertname=A\nx=\"it's \\\"here\\\" \\\\ $(id) ${HOME} * ; | & # !\"\n--duration\n2h\n--comment\nwhy\n"
	if string(out) != want {
		t.Errorf("%s", out)
	}
}
