package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
	"alertd/notifier/messagetest"
)

const hook = "https://hooks.slack.com/services/" + seeded

// over returns a channel whose requests the responder answers, and the bodies
// of those requests.
func over(s *Settings, address string, responder httpmock.Responder) (*channel, *[]string) {
	var bodies []string
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, string(body))
		return responder(r)
	})
	return &channel{settings: *s, url: secret.From(secret.Value(address), ""), client: httpsend.Over(transport, "test")}, &bodies
}

func TestAnswers(t *testing.T) {
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	const ok = notifier.FailureKind("")
	for _, tt := range []struct {
		status int
		body   string
		want   notifier.FailureKind
	}{
		{200, "ok", ok},
		{200, "ok\n", ok},
		{200, `{"ok":true}`, ok},
		{200, `{"success":true}`, ok},
		{200, `{"ok":false,"error":"invalid_blocks"}`, notifier.Permanent},
		{200, `{"ok":false,"error":"channel_not_found"}`, notifier.Misconfigured},
		{200, `{"ok":false,"error":"ratelimited"}`, notifier.Temporary},
		{200, `{"ok":false}`, notifier.Temporary},
		{200, "<html><title>Log in to the wireless network</title></html>", notifier.Temporary},
		{200, "", notifier.Temporary},
		{204, "", notifier.Temporary},
		{302, "", notifier.Misconfigured},
		{400, "invalid_payload", notifier.Permanent},
		{400, "no_text", notifier.Permanent},
		{400, "too_many_attachments", notifier.Permanent},
		{400, "user_not_found", notifier.Misconfigured},
		{403, "action_prohibited", notifier.Misconfigured},
		{403, "invalid_token", notifier.Misconfigured},
		{403, "posting_to_general_channel_denied", notifier.Misconfigured},
		{404, "no_service", notifier.Misconfigured},
		{404, "no_team", notifier.Misconfigured},
		{404, "channel_not_found", notifier.Misconfigured},
		{410, "channel_is_archived", notifier.Misconfigured},
		{429, "rate_limited", notifier.Temporary},
		{500, "rollup_error", notifier.Temporary},
		{500, "no_service", notifier.Misconfigured},
		{503, "<html>Service Unavailable</html>", notifier.Temporary},
	} {
		ch, bodies := over(newSettings(), hook, httpmock.NewStringResponder(tt.status, tt.body))
		_, err := ch.Send(t.Context(), msg)
		if tt.want == ok {
			if err != nil {
				t.Errorf("%d %s: %v", tt.status, tt.body, err)
			}
			continue
		}
		f, isFailure := errors.AsType[*notifier.Failure](err)
		if !isFailure || f.Kind != tt.want || f.Status != tt.status {
			t.Errorf("%d %s: %v, want %s", tt.status, tt.body, err, tt.want)
			continue
		}
		if !strings.Contains(err.Error(), word(tt.body)) || strings.Contains(err.Error(), "s33d3d") {
			t.Errorf("%d %s: %v", tt.status, tt.body, err)
		}
		if want := 1; tt.want != notifier.Permanent && len(*bodies) != want {
			t.Errorf("%d %s: %d requests", tt.status, tt.body, len(*bodies))
		}
	}
}

// word returns a word of the body that its excerpt has, whatever quotes it.
func word(body string) string {
	if i := strings.IndexAny(body, "abcdefghijklmnopqrstuvwxyz"); i >= 0 {
		return body[i : i+2]
	}
	return ""
}

func TestBothFormsOfRetryAfter(t *testing.T) {
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	for _, value := range []string{"30", time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)} {
		ch, _ := over(newSettings(), hook, func(*http.Request) (*http.Response, error) {
			resp := httpmock.NewStringResponse(429, "rate_limited")
			resp.Header.Set("Retry-After", value)
			return resp, nil
		})
		_, err := ch.Send(t.Context(), msg)
		if f := notifier.Classify(err); f.Kind != notifier.Temporary || f.RetryAfter < 28*time.Second || f.RetryAfter > 30*time.Second {
			t.Errorf("%s: %+v", value, f)
		}
	}
}

func TestARefusedLayoutArrivesAsPlainText(t *testing.T) {
	ch, bodies := over(newSettings(), hook, httpmock.NewStringResponder(400, "invalid_blocks").Then(httpmock.NewStringResponder(200, "ok")))
	if _, err := ch.Send(t.Context(), messagetest.States(t, messagetest.Templates(t))["firing"]); err != nil {
		t.Fatal(err)
	}
	if len(*bodies) != 2 || strings.Contains((*bodies)[1], "blocks") || !strings.Contains((*bodies)[1], "HostDiskFull: /data on db-1:9100") {
		t.Error(*bodies)
	}
}

func TestNetworkErrorsShowNoSecret(t *testing.T) {
	ch, _ := over(newSettings(), hook, func(r *http.Request) (*http.Response, error) {
		return nil, errors.New("cannot reach " + r.URL.String())
	})
	_, err := ch.Send(t.Context(), messagetest.States(t, messagetest.Templates(t))["firing"])
	if f := notifier.Classify(err); f.Kind != notifier.Temporary || strings.Contains(err.Error(), "s33d3d") {
		t.Error(err)
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
	ch, _ := over(newSettings(), hook, nil)
	for name, msg := range messagetest.States(t, messagetest.Templates(t)) {
		t.Run(name, func(t *testing.T) { messagetest.Golden(t, name+".json", pretty(t, ch.message(msg))) })
	}
}

func TestOthersGetTheOlderLayout(t *testing.T) {
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	mattermost, _ := over(newSettings(), "https://mattermost.example.org/hooks/x", nil)
	messagetest.Golden(t, "mattermost.json", pretty(t, mattermost.message(msg)))

	s := newSettings()
	s.Text = `<https://example.org|runbook> of *{{ .CommonLabels.instance }}*`
	s.Fields = []Field{{Title: "Status", Value: "{{ .Status }}"}}
	s.Actions = []Action{{Type: "button", Text: "Look", URL: "{{ (index .Alerts 0).GeneratorURL }}"}}
	s.MessageText = "<!here>"
	s.Footer = "{{ .Nope }}"
	custom, _ := over(s, hook, nil)
	messagetest.Golden(t, "custom.json", pretty(t, custom.message(msg)))
}

// texts returns every string of a payload that Slack shows.
func texts(p payload) []string {
	var v any
	data, err := json.Marshal(p)
	if err != nil || json.Unmarshal(data, &v) != nil {
		panic("a payload that is no JSON")
	}
	var all []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	return all
}

func TestHostileValuesAreHarmless(t *testing.T) {
	templates := messagetest.Templates(t)
	for _, address := range []string{hook, "https://mattermost.example.org/x"} {
		ch, _ := over(newSettings(), address, nil)
		for _, value := range messagetest.HostileValues() {
			msg := messagetest.Message(t, templates, 0, messagetest.Hostile(value), messagetest.Cron())
			for _, p := range []payload{ch.message(msg), plain(msg), ch.message(messagetest.Message(t, templates, 0, messagetest.Hostile(value)))} {
				for _, text := range texts(p) {
					if strings.ContainsAny(text, "\x1b\x00\r\u202e\u200b") {
						t.Errorf("a control character of %.30q is in %.200q", value, text)
					}
					for {
						_, after, found := strings.Cut(text, "<")
						if !found {
							break
						}
						// Only links of ours begin so.
						if !strings.HasPrefix(after, "http://") && !strings.HasPrefix(after, "https://") {
							t.Errorf("<%.30s of %.30q", after, value)
						}
						text = after
					}
				}
			}
		}
	}
}

func TestNoMessageExceedsALimit(t *testing.T) {
	templates := messagetest.Templates(t)
	full := newSettings()
	full.Text = `{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}`
	full.MessageText, full.Pretext, full.Footer, full.Title = full.Text, full.Text, full.Text, full.Text
	full.ImageURL = full.Text
	for range 12 {
		full.Fields = append(full.Fields, Field{Title: full.Text, Value: full.Text})
		full.Actions = append(full.Actions, Action{Type: "button", Text: full.Text, Name: full.Text, Value: full.Text})
	}
	failing := newSettings()
	failing.Title, failing.Pretext, failing.Username, failing.Color = "{{ .Nope }}", "{{ .Nope }}", "{{ .Nope }}", "{{ .Nope }}"
	for _, s := range []*Settings{newSettings(), full, failing} {
		ch, _ := over(s, hook, nil)
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
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Text        string
		Attachments []struct {
			Title, Text string
			Fields      []struct{ Title, Value string }
			Actions     []struct{ Text, Value string }
			Blocks      []struct {
				Text     *struct{ Text string }
				Fields   []struct{ Text string }
				Elements []struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	within := func(what, s string, limit int) {
		if n := notifier.Length(s); n > limit {
			t.Errorf("%s is %d long", what, n)
		}
	}
	total := 0
	for _, s := range texts(p) {
		total += notifier.Length(s)
	}
	if total > 13_000 {
		t.Errorf("%d characters in all", total)
	}
	within("the text", m.Text, 4000)
	for _, a := range m.Attachments {
		within("a title", a.Title, 1024)
		if len(a.Blocks) > 50 || len(a.Fields) > 10 || len(a.Actions) > 5 {
			t.Errorf("%d blocks, %d fields, %d actions", len(a.Blocks), len(a.Fields), len(a.Actions))
		}
		for _, f := range a.Actions {
			within("a button", f.Text, 75)
			within("a button's value", f.Value, 2000)
		}
		for _, b := range a.Blocks {
			if len(b.Fields) > 10 || len(b.Elements) > 10 {
				t.Errorf("%d fields, %d elements", len(b.Fields), len(b.Elements))
			}
			if b.Text != nil {
				within("a section", b.Text.Text, 3000)
			}
			for _, f := range b.Fields {
				within("a field", f.Text, 2000)
			}
			for _, e := range b.Elements {
				within("an element", e.Text, 2000)
			}
		}
	}
}
