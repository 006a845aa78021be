package webhook

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jarcoal/httpmock"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
	"alertd/notifier/messagetest"
)

// posted returns where the channel posts a message to, and what.
func posted(t *testing.T, c channel) (address, body string, err error) {
	t.Helper()
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		text, err := io.ReadAll(r.Body)
		address, body = r.URL.String(), string(text)
		return httpmock.NewStringResponse(http.StatusOK, ""), err
	})
	c.client = httpsend.Over(transport, "test")
	_, err = c.Send(t.Context(), messagetest.States(t, messagetest.Templates(t))["firing"])
	return address, body, err
}

func TestTheAddressMayBeATemplate(t *testing.T) {
	address, _, err := posted(t, channel{url: secret.From("https://example.org/{{ .Status }}/s33d3d", "")})
	if err != nil || address != "https://example.org/firing/s33d3d" {
		t.Errorf("%s, %v", address, err)
	}
	_, _, err = posted(t, channel{url: secret.From("https://example.org/s33d3d/{{ .Nothing.Here }}", "")})
	if f := notifier.Classify(err); f == nil || f.Kind != notifier.Misconfigured || strings.Contains(err.Error(), "s33d3d") {
		t.Error(err)
	}
}

func TestPayload(t *testing.T) {
	_, body, err := posted(t, channel{
		url: secret.From("https://example.org/hook", ""), maxAlerts: 1,
		payload: map[string]any{
			"text":   "{{ .Status | toUpper }} {{ len .Alerts }}",
			"count":  "{{ len .Alerts }}",
			"labels": "{{ .CommonLabels | toJson }}",
			"fixed":  []any{1, true, nil, map[string]any{"{{ .Status }}": "plain"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if labels, ok := got["labels"].(map[string]any); !ok || labels["alertname"] == "" {
		t.Errorf("labels %v", got["labels"])
	}
	delete(got, "labels")
	want := map[string]any{"text": "FIRING 1", "count": 1.0, "fixed": []any{1.0, true, nil, map[string]any{"firing": "plain"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCheckOfTemplates(t *testing.T) {
	for _, tt := range []struct {
		url     secret.Value
		payload any
		want    string
	}{
		{"https://example.org/{{ .Status }}", nil, ""},
		{"https://example.org/s33d3d/{{ .Status", nil, "url: not a template"},
		{"https://example.org", map[string]any{"a": []any{"{{ .Status }"}}, "payload.a[0]: not a template"},
	} {
		s := Settings{URL: tt.url, Payload: tt.payload}
		got := fmt.Sprint(s.Check())
		if tt.want == "" && got != "[]" || !strings.Contains(got, tt.want) || strings.Contains(got, "s33d3d") {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
