package app

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/internal/check"
	"alertd/internal/config"
)

// The example that installers start from is read as alertd reads it.
func TestExampleConfiguration(t *testing.T) {
	for name, value := range map[string]string{
		"ALERTD_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x", "ALERTD_DISCORD_WEBHOOK_URL": "https://discord.com/api/webhooks/1/x",
		"SMTP_PASSWORD": "x", "ALERTD_WEBHOOK_URL": "https://example.com/hook",
	} {
		t.Setenv(name, value)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	report, err := Check(t.Context(), check.Request{Config: filepath.Join("..", "..", "deploy", "alertd.example.yml"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"cryptobot", "CronMissed", "ContainerGone"} {
		if !strings.Contains(report.Summary, want) {
			t.Errorf("the summary does not mention %s:\n%s", want, report.Summary)
		}
	}
	for _, f := range report.Findings {
		t.Errorf("the example is not as it should be: %s", f.Tagged())
	}
}

// Every ALERTD_* variable that the compose file passes is one that alertd knows.
func TestComposeVariables(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docker-compose.prod.yml"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, name := range config.Variables() {
		known[name] = true
	}
	found := 0
	for line := range strings.Lines(string(text)) {
		name, _, isSetting := strings.Cut(strings.TrimSpace(line), ":")
		if !isSetting || !strings.HasPrefix(name, "ALERTD_") {
			continue
		}
		found++
		flag := strings.HasPrefix(name, "ALERTD_WEB_") || strings.HasPrefix(name, "ALERTD_STORAGE_") || strings.HasPrefix(name, "ALERTD_LOG_")
		if !known[name] && !flag {
			t.Errorf("docker-compose.prod.yml sets %s, which alertd does not know", name)
		}
	}
	if found < 5 {
		t.Errorf("only %d variables found", found)
	}
}

func TestExternalURL(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ listen, external, want string }{
		{"127.0.0.1:9099", "", "http://127.0.0.1:9099"},
		{":9099", "", "http://" + host + ":9099"},
		{"0.0.0.0:9099", "", "http://" + host + ":9099"},
		{"[::]:9099", "", "http://" + host + ":9099"},
		{":9099", "https://alerts.example.com/alertd", "https://alerts.example.com/alertd"},
		{":9099", "alerts.example.com", ""},
		{"9099", "", ""},
	} {
		u, err := externalURL(Options{ListenAddress: test.listen, ExternalURL: test.external})
		got := ""
		if err == nil {
			got = u.String()
		}
		if got != test.want {
			t.Errorf("%+v: %q, error %v", test, got, err)
		}
	}
}

func TestLoggerRefusals(t *testing.T) {
	for _, o := range [][2]string{{"loud", "logfmt"}, {"info", "xml"}} {
		if _, err := NewLogger(io.Discard, o[0], o[1]); err == nil {
			t.Errorf("%v is taken", o)
		}
	}
	logger, err := NewLogger(io.Discard, "debug", "json")
	if err != nil || !logger.Enabled(t.Context(), slog.LevelDebug) {
		t.Errorf("error %v", err)
	}
}

func TestReleaseStartPages(t *testing.T) {
	if err := releaseStartPages(); err != nil {
		t.Error(err)
	}
}
