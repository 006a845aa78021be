package discord

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
	"alertd/notifier/messagetest"
)

const hook = "https://discord.com/api/webhooks/" + seeded

func over(s *Settings, responder httpmock.Responder) (*channel, *[]string) {
	var requests []string
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		requests = append(requests, r.URL.RequestURI()+" "+string(body))
		return responder(r)
	})
	return &channel{settings: *s, url: secret.From(hook, ""), client: httpsend.Over(transport, "test")}, &requests
}

func TestAnswers(t *testing.T) {
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	for _, tt := range []struct {
		status int
		body   string
		header string // Retry-After
		ref    string
		want   notifier.FailureKind
		wait   time.Duration
	}{
		{status: 200, body: `{"id":"1094","type":0,"content":""}`, ref: "1094"},
		{status: 204},
		{status: 200, body: ""},
		{status: 200, body: `<html>Log in</html>`, want: notifier.Temporary},
		{status: 200, body: `{"message":"no","code":0}`, want: notifier.Temporary},
		{status: 400, body: `{"embeds":["0"]}`, want: notifier.Permanent},
		{status: 400, body: `{"message":"Cannot send an empty message","code":50006}`, want: notifier.Permanent},
		{status: 401, body: `{"message":"Invalid Webhook Token","code":50027}`, want: notifier.Misconfigured},
		{status: 403, body: `{"message":"Missing Permissions","code":50013}`, want: notifier.Misconfigured},
		{status: 404, body: `{"message":"Unknown Webhook","code":10015}`, want: notifier.Misconfigured},
		{status: 405, body: `{"message":"405: Method Not Allowed","code":0}`, want: notifier.Permanent},
		{status: 429, body: `{"message":"You are being rate limited.","retry_after":0.57,"global":false}`, header: "1", want: notifier.Temporary, wait: 570 * time.Millisecond},
		{status: 429, body: `{"message":"You are being rate limited.","retry_after":64.57,"global":true}`, header: "65", want: notifier.Temporary, wait: 64570 * time.Millisecond},
		{status: 429, body: `<html>error code: 1015</html>`, header: "900", want: notifier.Temporary, wait: 15 * time.Minute},
		{status: 429, body: `{"retry_after":1e300}`, want: notifier.Temporary, wait: 15 * time.Minute},
		{status: 429, body: `{"retry_after":-1}`, header: "3", want: notifier.Temporary, wait: 3 * time.Second},
		{status: 500, body: `{"message":"500: Internal Server Error","code":0}`, want: notifier.Temporary},
		{status: 502, body: `<html>Bad Gateway</html>`, want: notifier.Temporary},
	} {
		ch, requests := over(newSettings(), func(*http.Request) (*http.Response, error) {
			resp := httpmock.NewStringResponse(tt.status, tt.body)
			resp.Header.Set("Retry-After", tt.header)
			return resp, nil
		})
		ref, err := ch.Send(t.Context(), msg)
		if !strings.HasPrefix((*requests)[0], "/api/webhooks/"+seeded+"?wait=true ") {
			t.Error((*requests)[0])
		}
		if tt.want == "" {
			if err != nil || ref != tt.ref {
				t.Errorf("%d %s: %q, %v", tt.status, tt.body, ref, err)
			}
			continue
		}
		f, ok := errors.AsType[*notifier.Failure](err)
		if !ok || f.Kind != tt.want || f.RetryAfter.Round(time.Millisecond) != tt.wait || ref != "" || strings.Contains(err.Error(), "s33d3d") {
			t.Errorf("%d %s: %+v", tt.status, tt.body, err)
		}
	}
}

func TestARefusedLayoutArrivesAsPlainText(t *testing.T) {
	ch, requests := over(newSettings(), httpmock.NewStringResponder(400, `{"embeds":["0"]}`).Then(httpmock.NewStringResponder(200, `{"id":"7"}`)))
	ref, err := ch.Send(t.Context(), messagetest.States(t, messagetest.Templates(t))["firing"])
	if err != nil || ref != "7" || len(*requests) != 2 {
		t.Fatal(ref, err, len(*requests))
	}
	if second := (*requests)[1]; strings.Contains(second, "embeds") || !strings.Contains(second, "HostDiskFull: /data on db") {
		t.Error(second)
	}
}

func pretty(t *testing.T, p payload) []byte {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestMessagesReadWell(t *testing.T) {
	ch, _ := over(newSettings(), nil)
	for name, msg := range messagetest.States(t, messagetest.Templates(t)) {
		t.Run(name, func(t *testing.T) { messagetest.Golden(t, name+".json", pretty(t, ch.message(msg))) })
	}
}

func TestUsersTextsReplaceTheLayout(t *testing.T) {
	s := newSettings()
	s.Content, s.Message = "@here", "**{{ .Status }}** of {{ .CommonLabels.instance }}: {{ .ExternalURL }}/a_b"
	ch, _ := over(s, nil)
	p := ch.message(messagetest.States(t, messagetest.Templates(t))["firing"])
	if p.Content != "@here" || p.Embeds[0].Description != "**firing** of db-1:9100: https://alertd.example.org/a_b" || p.Embeds[0].Fields != nil {
		t.Errorf("%+v", p)
	}

	mine := filepath.Join(t.TempDir(), "mine.tmpl")
	if err := os.WriteFile(mine, []byte(`{{ define "discord.default.message" }}mine{{ end }}{{ define "discord.default.title" }}{{ .Nope }}{{ end }}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ch, _ = over(newSettings(), nil)
	p = ch.message(messagetest.States(t, messagetest.Templates(t, mine))["firing"])
	if e := p.Embeds[0]; e.Description != "mine" || e.Title != "🟠 HostDiskFull: /data on db-1:9100" || !strings.Contains(e.Footer.Text, `"title" failed`) {
		t.Errorf("%+v", e)
	}
}

func TestHostileValuesAreHarmless(t *testing.T) {
	templates := messagetest.Templates(t)
	ch, _ := over(newSettings(), nil)
	// What is left when escapes, our own links, marks and commands are taken out.
	escaped := regexp.MustCompile(`\\[\\*_~` + "`" + `|>#\[\]()<@]`)
	ours := regexp.MustCompile(`\[(Prometheus|Grafana|Runbook|alertd)\]\(https?://[^ ()<>]*\)`)
	command := regexp.MustCompile("```\nalertctl silence add [^`]*\n```")
	for _, value := range messagetest.HostileValues() {
		one := messagetest.Message(t, templates, 0, messagetest.Hostile(value))
		for _, msg := range []*notifier.Message{one, messagetest.Message(t, templates, 0, messagetest.Hostile(value), messagetest.Cron())} {
			for _, p := range []payload{ch.message(msg), plain(msg)} {
				if p.AllowedMentions.Parse == nil || len(p.AllowedMentions.Parse) != 0 {
					t.Error("mentions are allowed")
				}
				texts := []string{p.Content}
				for _, e := range p.Embeds {
					texts = append(texts, e.Title, e.Description, e.Footer.Text)
					for _, f := range e.Fields {
						texts = append(texts, f.Value)
					}
				}
				for _, text := range texts {
					text = command.ReplaceAllString(text, "")
					text = strings.ReplaceAll(ours.ReplaceAllString(escaped.ReplaceAllString(text, ""), ""), "**", "")
					if strings.ContainsAny(text, "*_~`|#[]<@\x1b\r\u202e\u200b") {
						t.Errorf("of %.30q is left: %.300q", value, text)
					}
				}
			}
		}
	}
}

func TestNoMessageExceedsALimit(t *testing.T) {
	templates := messagetest.Templates(t)
	full := newSettings()
	full.Message = `{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}`
	full.Content, full.Title, full.Username = full.Message, full.Message, full.Message
	failing := newSettings()
	failing.Title, failing.Content, failing.Username = "{{ .Nope }}", "{{ .Nope }}", "{{ .Nope }}"
	for _, s := range []*Settings{newSettings(), full, failing} {
		ch, _ := over(s, nil)
		for _, value := range append(messagetest.HostileValues(), "x") {
			for _, n := range [][2]int{{1, 1}, {2, 2}, {12, 1}, {60, 25}} {
				msg := messagetest.Message(t, templates, n[0], messagetest.Flood(n[0], n[1], value)...)
				limits(t, ch.message(msg))
				limits(t, plain(msg))
			}
		}
	}
}

func limits(t *testing.T, p payload) {
	t.Helper()
	within := func(what, s string, limit int) {
		if n := notifier.Length(s); n > limit {
			t.Errorf("%s is %d long", what, n)
		}
	}
	within("content", p.Content, 2000)
	within("username", p.Username, 80)
	total := 0
	for _, e := range p.Embeds {
		within("title", e.Title, 256)
		within("description", e.Description, 4096)
		within("footer", e.Footer.Text, 2048)
		if len(e.Fields) > 25 {
			t.Errorf("%d fields", len(e.Fields))
		}
		for _, f := range e.Fields {
			within("field name", f.Name, 256)
			within("field value", f.Value, 1024)
			if f.Name == "" || f.Value == "" {
				t.Error("an empty field")
			}
		}
		total += e.length()
	}
	if total > 6000 || len(p.Embeds) > 10 {
		t.Errorf("%d characters in %d embeds", total, len(p.Embeds))
	}
}
