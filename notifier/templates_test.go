package notifier_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"alertd/notifier"
	"alertd/notifier/messagetest"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUsersTemplatesReplaceOurs(t *testing.T) {
	mine := write(t, "mine.tmpl", `{{ define "slack.default.title" }}mine: {{ .CommonLabels.alertname }}{{ end }}{{ define "alertd.text" }}my text{{ end }}`)
	r := messagetest.Message(t, messagetest.Templates(t, mine), 0, messagetest.Cron()).Renderer(notifier.Markup{})
	for text, want := range map[string]string{
		`{{ template "slack.default.title" . }}`:     "mine: CronFailed",
		`{{ template "discord.default.title" . }}`:   "🔴 CronFailed: cryptobot_cron",
		`{{ template "email.default.text" . }}`:      "my text",
		`{{ template "discord.default.message" . }}`: "my text",
	} {
		if got := r.Text("x", text, ""); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if !r.Defines("slack.default.title") || r.Defines("slack.default.text", "discord.default.title") || r.Failed() != "" {
		t.Error("what the user's files define is wrong")
	}
}

func TestATemplateThatCannotBeReadIsAnErrorWithItsPath(t *testing.T) {
	for _, text := range []string{`{{ define "x" }}`, `{{ nope }}`, `{{ if }}{{ end }}`} {
		path := write(t, "bad.tmpl", text)
		_, err := notifier.LoadTemplates([]string{path}, nil, nil)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "bad.tmpl:1") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := notifier.LoadTemplates([]string{"[x"}, nil, nil); err == nil {
		t.Error("a bad pattern is no error")
	}
	if _, err := notifier.LoadTemplates([]string{"/nowhere/*.tmpl"}, nil, nil); err != nil {
		t.Errorf("a pattern without files is an error: %v", err)
	}
}

func TestAFailingTemplateLosesNoMessage(t *testing.T) {
	bad := write(t, "bad.tmpl", `{{ define "alertd.title" }}{{ .Nope }}{{ end }}`)
	r := messagetest.Message(t, messagetest.Templates(t, bad), 0, messagetest.Cron()).Renderer(notifier.Markup{})
	if got := r.Text("title", `{{ template "slack.default.title" . }}`, "alertd.title"); got != "🔴 CronFailed: cryptobot_cron" {
		t.Errorf("%q", got)
	}
	if got := r.HTML("html", `{{ .Nope }}`, "alertd.html"); !strings.Contains(got, "CronFailed: cryptobot_cron") {
		t.Errorf("%.100q", got)
	}
	if got := r.Text("channel", `{{ .Nope }}`, ""); got != "" {
		t.Errorf("%q", got)
	}
	failed := r.Failed()
	for _, want := range []string{`"title"`, `"html"`, `"channel"`, "Nope"} {
		if !strings.Contains(failed, want) {
			t.Errorf("%q lacks %s", failed, want)
		}
	}
}

func TestTemplatesSeeOnlyEscapedValues(t *testing.T) {
	templates := messagetest.Templates(t)
	escape := func(s string) string { return strings.ReplaceAll(s, "<", "&lt;") }
	for _, value := range messagetest.HostileValues() {
		m := messagetest.Message(t, templates, 0, messagetest.Hostile(value), messagetest.Cron())
		r := m.Renderer(notifier.Markup{Text: escape, Code: escape, URL: escape})
		for _, text := range []string{
			`{{ template "__subject" . }}`, `{{ template "__text_alert_list" .Alerts }}`,
			`{{ range .Problems }}{{ . }}{{ end }}`, `{{ range .Topics }}{{ . }}{{ end }}`,
			`{{ .CommonLabels }}{{ .GroupLabels }}{{ .CommonAnnotations }}{{ .Title }}{{ .GroupKey }}{{ .ExternalURL }}`,
			`{{ template "alertd.text" . }}`,
		} {
			out := r.Text("x", text, "")
			if strings.ContainsAny(out, "<\x1b\u202e\u200b\r") {
				t.Errorf("%s of %.40q: %.300q", text, value, out)
			}
		}
		if r.Failed() != "" {
			t.Error(r.Failed())
		}
	}
}

func TestMessagesRenderConcurrently(t *testing.T) {
	m := messagetest.Message(t, messagetest.Templates(t), 0, messagetest.TenHosts()...)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := m.Text(`{{ template "alertd.text" . }}`); err != nil {
				t.Error(err)
			}
			if _, err := m.HTML(`{{ template "alertd.html" . }}`); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
