package slack

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/common/config"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/messagetest"
)

const token = secret.Value("xoxb-s33d3d-t0k3n")

// workspace is Slack's API, as far as apps post: it keeps what it was asked.
type workspace struct {
	calls   []string // method and timestamp, in order
	refuses string   // the error that changing a message gets
}

func (w *workspace) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var asked struct{ Channel, TS string }
	_ = json.Unmarshal(body, &asked)
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	w.calls = append(w.calls, strings.TrimSpace(method+" "+asked.Channel+" "+asked.TS))
	switch {
	case r.Header.Get("Authorization") != "Bearer "+string(token):
		_, _ = io.WriteString(rw, `{"ok":false,"error":"invalid_auth"}`)
	case method == methodUpdate && w.refuses != "":
		_, _ = fmt.Fprintf(rw, `{"ok":false,"error":%q}`, w.refuses)
	default:
		_, _ = io.WriteString(rw, `{"ok":true,"channel":"C42","ts":"17.5"}`)
	}
}

func opened(t *testing.T, change func(*Settings)) (notifier.Channel, *workspace) {
	t.Helper()
	w := &workspace{}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	s := newSettings()
	s.Channel, s.AppToken = "#ops", token
	change(s)
	s.Inherit(&notifier.Global{SlackAppURL: server.URL + "/api/" + methodPost})
	if wrong := s.Check(); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	channel, err := s.Open(notifier.Env{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return channel, w
}

func TestAnAppPostsWithItsToken(t *testing.T) {
	channel, w := opened(t, func(*Settings) {})
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	ref, err := channel.Send(t.Context(), msg)
	if err != nil || ref != "C42/17.5" || fmt.Sprint(w.calls) != "[chat.postMessage #ops]" {
		t.Errorf("reference %q, calls %q, %v", ref, w.calls, err)
	}
	wrong, _ := opened(t, func(s *Settings) { s.AppToken = "xoxb-other" })
	_, err = wrong.Send(t.Context(), msg)
	if f := notifier.Classify(err); f.Kind != notifier.Misconfigured || strings.Contains(err.Error(), "xoxb-other") {
		t.Errorf("%v: %v", f.Kind, err)
	}
}

func TestUpdatedMessages(t *testing.T) {
	for _, tt := range []struct {
		name, previous, refuses, reason string
		update                          bool
		want                            string
	}{
		{"changes what was told", "C42/16.1", "", "repeat interval elapsed", true, "[chat.update C42 16.1]"},
		{"unless it is not asked to", "C42/16.1", "", "repeat interval elapsed", false, "[chat.postMessage #ops]"},
		{"nothing was told", "", "", "repeat interval elapsed", true, "[chat.postMessage #ops]"},
		{"a new incident", "C42/16.1", "", string(notifier.ReasonFirst), true, "[chat.postMessage #ops]"},
		{"somebody deleted it", "C42/16.1", "message_not_found", "repeat interval elapsed", true, "[chat.update C42 16.1 chat.postMessage #ops]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			channel, w := opened(t, func(s *Settings) { s.UpdateMessage = tt.update })
			w.refuses = tt.refuses
			msg := messagetest.States(t, messagetest.Templates(t))["firing"]
			msg.PreviousRef = tt.previous
			msg.Data.NotificationReason = tt.reason
			ref, err := channel.Send(t.Context(), msg)
			if err != nil || ref != "C42/17.5" || fmt.Sprint(w.calls) != tt.want {
				t.Errorf("reference %q, calls %q, %v; want %s", ref, w.calls, err, tt.want)
			}
		})
	}
}

func TestCheckOfApps(t *testing.T) {
	bearer := &config.HTTPClientConfig{Authorization: &config.Authorization{Credentials: "x"}}
	for _, tt := range []struct {
		global notifier.Global
		change func(*Settings)
		want   string
	}{
		{notifier.Global{SlackAppToken: token}, func(*Settings) {}, ""},
		{notifier.Global{SlackAppTokenFile: "/run/token"}, func(s *Settings) { s.UpdateMessage = true }, ""},
		{notifier.Global{SlackAppToken: token}, func(s *Settings) { s.APIURL = "https://hooks.slack.com/x" }, ""},
		{notifier.Global{SlackAppToken: token, SlackAPIURL: notifier.DefaultSlackAppURL}, func(s *Settings) { s.HTTPConfig = bearer }, ""},
		{notifier.Global{}, func(s *Settings) { s.AppToken, s.AppTokenFile = token, "x" }, "app_token_file: both"},
		{notifier.Global{}, func(s *Settings) { s.AppToken, s.APIURL = token, "https://hooks.slack.com/x" }, "app_token: both"},
		{notifier.Global{}, func(s *Settings) { s.AppToken, s.HTTPConfig = token, bearer }, "app_token: the token"},
		{notifier.Global{}, func(s *Settings) { s.AppToken, s.AppURL = token, "slack.com" }, "app_url: it is not a complete URL"},
		{notifier.Global{}, func(s *Settings) { s.APIURL, s.UpdateMessage = "https://hooks.slack.com/x", true }, "update_message: a webhook's"},
	} {
		s := newSettings()
		tt.change(s)
		s.Inherit(&tt.global)
		got := fmt.Sprint(s.Check())
		if tt.want == "" && got != "[]" || !strings.Contains(got, tt.want) || strings.Contains(got, string(token)) {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
