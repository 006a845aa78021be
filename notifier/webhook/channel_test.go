package webhook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"go.yaml.in/yaml/v4"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
	"alertd/notifier/messagetest"
)

// The example of https://www.standardwebhooks.com: this secret, id, timestamp
// and body give this signature.
const (
	exampleSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	exampleTimestamp = "1614265330"
	exampleBody      = `{"test": 2432232314}`
	exampleSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

type request struct {
	header http.Header
	body   []byte
}

func over(c channel, responder httpmock.Responder) (*channel, *[]request) {
	var requests []request
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		requests = append(requests, request{r.Header.Clone(), body})
		if err != nil {
			return nil, err
		}
		return responder(r)
	})
	c.url = secret.From("https://example.org/hook/s33d3d-s3cr3t", "")
	c.client = httpsend.Over(transport, "test")
	return &c, &requests
}

func TestTheBodyIsAlertmanagers(t *testing.T) {
	templates := messagetest.Templates(t)
	for name, msg := range messagetest.States(t, templates) {
		c, requests := over(channel{}, httpmock.NewStringResponder(200, "<html>whatever</html>"))
		if _, err := c.Send(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
		body := (*requests)[0].body
		if got := keys(t, body); !slices.Equal(got, alertmanagerKeys()) {
			t.Errorf("%s: %v", name, got)
		}
		if bytes.Contains(body, []byte("null")) || !bytes.HasSuffix(body, []byte("}\n")) {
			t.Errorf("%s: %s", name, body)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		messagetest.Golden(t, name+".json", indented.Bytes())
	}
}

// alertmanagerKeys are the keys of notify/webhook.Message in Alertmanager
// v0.34.2, in their order, those of the first alert among them.
func alertmanagerKeys() []string {
	return []string{
		"receiver", "status", "alerts",
		"alerts.status", "alerts.labels", "alerts.annotations", "alerts.startsAt", "alerts.endsAt", "alerts.generatorURL", "alerts.fingerprint",
		"notification_reason", "groupLabels", "commonLabels", "commonAnnotations", "routeLabels", "externalURL",
		"version", "groupKey", "truncatedAlerts",
	}
}

// keys returns the keys of the body in their order.
func keys(t *testing.T, body []byte) []string {
	t.Helper()
	var out []string
	d := json.NewDecoder(bytes.NewReader(body))
	expect := func(want json.Delim) {
		if token, err := d.Token(); err != nil || token != want {
			t.Fatalf("%v, %v, want %v", token, err, want)
		}
	}
	key := func() string {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		return token.(string)
	}
	var skip json.RawMessage
	value := func() {
		if err := d.Decode(&skip); err != nil {
			t.Fatal(err)
		}
	}
	expect('{')
	for d.More() {
		name := key()
		out = append(out, name)
		if name != "alerts" {
			value()
			continue
		}
		expect('[')
		expect('{')
		for d.More() {
			out = append(out, "alerts."+key())
			value()
		}
		expect('}')
		for d.More() {
			value()
		}
		expect(']')
	}
	return out
}

func TestMaxAlerts(t *testing.T) {
	c, requests := over(channel{maxAlerts: 3}, httpmock.NewStringResponder(200, ""))
	if _, err := c.Send(t.Context(), messagetest.States(t, messagetest.Templates(t))["ten-hosts"]); err != nil {
		t.Fatal(err)
	}
	var got body
	if err := json.Unmarshal((*requests)[0].body, &got); err != nil || len(got.Alerts) != 3 || got.TruncatedAlerts != 19 {
		t.Errorf("%d alerts, %d truncated, %v", len(got.Alerts), got.TruncatedAlerts, err)
	}
}

func TestHeadersOfStandardWebhooks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(exampleSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, signing := range []secret.Source{secret.From(exampleSecret, ""), secret.From("", file)} {
		msg := messagetest.States(t, messagetest.Templates(t))["firing"]
		c, requests := over(channel{signing: signing}, httpmock.NewStringResponder(202, ""))
		for range 2 {
			if _, err := c.Send(t.Context(), msg); err != nil {
				t.Fatal(err)
			}
			msg.SentAt = msg.SentAt.Add(time.Minute)
		}
		first, second := (*requests)[0], (*requests)[1]
		if id := first.header.Get("webhook-id"); id != msg.ID || second.header.Get("webhook-id") != id {
			t.Errorf("the id changes over retries: %s", id)
		}
		key, err := signingKey(exampleSecret)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range *requests {
			if got, want := r.header.Get("webhook-signature"), sign(key, msg.ID, r.header.Get("webhook-timestamp"), r.body); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		if first.header.Get("webhook-timestamp") == second.header.Get("webhook-timestamp") {
			t.Error("the timestamp is not the attempt's")
		}
	}
	c, requests := over(channel{}, httpmock.NewStringResponder(200, ""))
	if _, err := c.Send(t.Context(), messagetest.States(t, messagetest.Templates(t))["firing"]); err != nil {
		t.Fatal(err)
	}
	if h := (*requests)[0].header; h.Get("webhook-signature") != "" || h.Get("webhook-id") == "" || h.Get("Content-Type") != "application/json" {
		t.Error(h)
	}
}

func TestSignatureOfTheStandardsExample(t *testing.T) {
	key, err := signingKey(exampleSecret)
	if err != nil {
		t.Fatal(err)
	}
	if got := sign(key, exampleID, exampleTimestamp, []byte(exampleBody)); got != exampleSignature {
		t.Errorf("%s, want %s", got, exampleSignature)
	}
}

func TestFailures(t *testing.T) {
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	for status, want := range map[int]notifier.FailureKind{
		302: notifier.Misconfigured, 400: notifier.Permanent, 401: notifier.Misconfigured,
		410: notifier.Misconfigured, 429: notifier.Temporary, 500: notifier.Temporary, 501: notifier.Permanent,
	} {
		c, _ := over(channel{}, httpmock.NewStringResponder(status, "no /hook/s33d3d-s3cr3t"))
		_, err := c.Send(t.Context(), msg)
		if f := notifier.Classify(err); f.Kind != want || strings.Contains(err.Error(), "s33d3d") {
			t.Errorf("%d: %v", status, err)
		}
	}
	for _, signing := range []secret.Source{secret.From("", "/nowhere/secret"), secret.From("not base64 !s33d3d", "")} {
		c, requests := over(channel{signing: signing}, httpmock.NewStringResponder(200, ""))
		_, err := c.Send(t.Context(), msg)
		if f := notifier.Classify(err); f.Kind != notifier.Misconfigured || len(*requests) != 0 || strings.Contains(err.Error(), "s33d3d") {
			t.Errorf("%v, %d requests", err, len(*requests))
		}
	}
}

func TestHostileValuesStayValues(t *testing.T) {
	templates := messagetest.Templates(t)
	for _, value := range messagetest.HostileValues() {
		c, requests := over(channel{}, httpmock.NewStringResponder(200, ""))
		if _, err := c.Send(t.Context(), messagetest.Message(t, templates, 0, messagetest.Hostile(value))); err != nil {
			t.Fatal(err)
		}
		var got body
		if err := json.Unmarshal((*requests)[0].body, &got); err != nil {
			t.Fatal(err)
		}
		if g, w := got.Alerts[0].Labels["instance"], strings.ToValidUTF8(value, "\uFFFD"); !strings.Contains(value, "\xff") && g != w {
			t.Errorf("%.40q, want %.40q", g, w)
		}
	}
}

func TestSettings(t *testing.T) {
	s := Kind().New().(*Settings)
	if err := yaml.Load([]byte(`
url: http://example.org/s33d3d
send_resolved: false
timeout: 5s
max_alerts: 7
signing_secret: `+exampleSecret+`
http_config: {bearer_token: s33d3d}
`), s, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	if o := s.Options(); o.SendResolved || o.Interval != 0 || o.Timeout != 5*time.Second || s.MaxAlerts != 7 {
		t.Errorf("%+v", s)
	}
	if text := fmt.Sprintf("%+v %#v", s, s); strings.Contains(text, "s33d3d") || strings.Contains(text, exampleSecret) {
		t.Error("the settings print their secret")
	}
	if _, err := s.Open(notifier.Env{}); err != nil || len(s.Check()) != 0 {
		t.Error(err, s.Check())
	}
	for _, tt := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(s *Settings) { s.URL = "" }, "url: the address to send to is missing"},
		{func(s *Settings) { s.URLFile = "x" }, "url_file: both"},
		{func(s *Settings) { s.MaxAlerts = -1 }, "max_alerts: -1"},
		{func(s *Settings) { s.SigningSecretFile = "x" }, "signing_secret_file: both"},
		{func(s *Settings) { s.SigningSecret = "s33d3d!" }, "signing_secret: the signing secret is not base64"},
		{func(s *Settings) { s.SigningSecret = "whsec_czMzZDNk" }, "24 to 64 bytes"},
		{func(s *Settings) {
			s.SigningSecret = secret.Value(base64.RawStdEncoding.EncodeToString(make([]byte, 32)))
		}, ""},
	} {
		one := *s
		tt.change(&one)
		got := fmt.Sprint(one.Check())
		if tt.want == "" && got != "[]" || !strings.Contains(got, tt.want) || strings.Contains(got, "s33d3d") {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
