package email

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"alertd/notifier"
	"alertd/notifier/messagetest"
)

func serverInfo() *smtp.ServerInfo { return &smtp.ServerInfo{Name: "example.com", TLS: true} }

func composer(change func(*Settings)) *channel { return (&relay{}).to(change) }

func compose(t *testing.T, c *channel, msg *notifier.Message) (*letter, *mail.Message) {
	t.Helper()
	l, err := c.compose(msg)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(l.body))
	if err != nil {
		t.Fatal(err)
	}
	return l, m
}

// parts returns the decoded parts of a message by their type.
func parts(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	if !strings.HasPrefix(kind, "multipart/") {
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			t.Fatal(err)
		}
		out[kind] = string(body)
		return out
	}
	if kind != "multipart/alternative" {
		t.Errorf("the message is %s", kind)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextPart() // which decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		out[kind] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

func TestMessagesReadWell(t *testing.T) {
	c := composer(nil)
	for name, msg := range messagetest.States(t, messagetest.Templates(t)) {
		t.Run(name, func(t *testing.T) {
			_, m := compose(t, c, msg)
			got := parts(t, m)
			messagetest.Golden(t, name+".html", []byte(got["text/html"]))
			messagetest.Golden(t, name+".txt", []byte(got["text/plain"]))
			if len(got["text/html"]) > 100_000 {
				t.Error("Gmail cuts messages of more than 102 kB")
			}
		})
	}
	l, _ := compose(t, c, firing(t))
	head, _, _ := bytes.Cut(l.body, []byte("\r\n\r\n"))
	messagetest.Golden(t, "headers.txt", append(bytes.ReplaceAll(head, []byte("\r\n"), []byte("\n")), '\n'))
}

func TestHeaders(t *testing.T) {
	c := composer(nil)
	first := firing(t)
	l, m := compose(t, c, first)
	h := m.Header
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated",
		"List-Id":        "<team-x.alertd.example.org>",
		"Message-Id":     "<alertd.5f0c2b7a91d3e846-18a9c3@example.org>",
		"From":           `"alertd" <alertd@example.org>`,
		"To":             `<a@example.org>, "B" <b@example.org>, <c@example.org>`,
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if date, err := h.Date(); err != nil || !date.Equal(messagetest.Now()) {
		t.Error(date, err)
	}
	if s, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); err != nil || s != "🟠 HostDiskFull: /data on db-1:9100" {
		t.Error(s, err)
	}

	// A retry is the same message.
	first.SentAt = first.SentAt.Add(time.Minute)
	if again, _ := compose(t, c, first); again.id != l.id {
		t.Error("the Message-ID changes over retries")
	}

	// The recovery is its answer.
	recovery := messagetest.States(t, messagetest.Templates(t))["recovered"]
	recovery.ID, recovery.PreviousRef = "another-1", l.id
	_, r := compose(t, c, recovery)
	root := h.Get("References")
	if root == "" || h.Get("In-Reply-To") != root || r.Header.Get("In-Reply-To") != l.id || r.Header.Get("References") != root+" "+l.id {
		t.Errorf("firing %q, recovery %q in reply to %q", root, r.Header.Get("References"), r.Header.Get("In-Reply-To"))
	}
	other := firing(t)
	other.Group = `{}:{alertname="Other"}`
	if _, o := compose(t, c, other); o.Header.Get("References") == root {
		t.Error("another group is in the same thread")
	}
	for _, ref := range []string{"not an id", "<a@b>\r\nBcc: x", `{"accepted":["a@b"]}`} {
		recovery.PreviousRef = ref
		if _, r := compose(t, c, recovery); r.Header.Get("References") != root {
			t.Error(r.Header.Get("References"))
		}
	}

	days := composer(func(s *Settings) { s.Threading.ThreadByDate = "daily" })
	today, tomorrow := firing(t), firing(t)
	tomorrow.SentAt = tomorrow.SentAt.Add(24 * time.Hour)
	_, a := compose(t, days, today)
	_, b := compose(t, days, tomorrow)
	if a.Header.Get("References") == b.Header.Get("References") {
		t.Error("two days are one thread")
	}
	if _, m := compose(t, composer(func(s *Settings) { s.Threading.Enabled = new(bool) }), firing(t)); m.Header.Get("References") != "" {
		t.Error("threading cannot be turned off")
	}
}

func TestCustomHeadersAndTexts(t *testing.T) {
	c := composer(func(s *Settings) {
		s.Headers = map[string]string{
			"subject": "[{{ .Status }}] ünï", "X-Team": "{{ .CommonLabels.instance }}", "To": "Undisclosed <list@example.org>",
			"Reply-To": "ops@example.org", "X-Bad": "{{ .Nope }}", "X-Empty": "",
		}
		s.Text, s.HTML = "{{ .Nope }}", "<b>{{ .CommonLabels.instance }}</b>"
		s.To = "{{ .CommonLabels.job }}@example.org"
	})
	l, m := compose(t, c, firing(t))
	for name, want := range map[string]string{
		"Subject": "[firing] ünï", "X-Team": "db-1:9100", "To": `"Undisclosed" <list@example.org>`, "Reply-To": "<ops@example.org>", "X-Bad": "", "X-Empty": "",
	} {
		if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name)); err != nil || got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !slices.Equal(l.to, []string{"node@example.org"}) {
		t.Error(l.to)
	}
	got := parts(t, m)
	if !strings.HasPrefix(got["text/html"], "<b>db-1:9100</b><p>⚠") || !strings.Contains(got["text/plain"], "Disk /data of db-1:9100") || !strings.Contains(got["text/plain"], `the template of "text" failed`) {
		t.Errorf("%q", got)
	}
	for _, only := range []func(*Settings){func(s *Settings) { s.HTML = "" }, func(s *Settings) { s.Text = "" }} {
		if _, m := compose(t, composer(only), firing(t)); strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/") {
			t.Error(m.Header.Get("Content-Type"))
		}
	}
}

func TestBadAddressesAreAMistakeInTheSettings(t *testing.T) {
	for _, change := range []func(*Settings){
		func(s *Settings) { s.To = "{{ .CommonLabels.nope }}" },
		func(s *Settings) { s.To = "{{ .Nope }}" },
		func(s *Settings) { s.From = "nobody" },
	} {
		_, err := composer(change).Send(t.Context(), firing(t))
		if f := notifier.Classify(err); err == nil || f.Kind != notifier.Misconfigured {
			t.Error(err)
		}
	}
}

func TestHostileValuesStayInTheirPlace(t *testing.T) {
	mine := filepath.Join(t.TempDir(), "mine.tmpl")
	if err := os.WriteFile(mine, []byte(`{{ define "alertd.title" }}{{ .CommonLabels.instance }}{{ end }}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := composer(func(s *Settings) {
		s.Headers = map[string]string{"X-Instance": "{{ .CommonLabels.instance }}", "Reply-To": "{{ .CommonLabels.instance }}"}
	})
	_, clean := compose(t, c, firing(t))
	known := []string{"X-Instance", "Reply-To"}
	for name := range clean.Header {
		known = append(known, name)
	}
	for _, templates := range []*notifier.Templates{messagetest.Templates(t), messagetest.Templates(t, mine)} {
		for _, value := range messagetest.HostileValues() {
			for _, msg := range []*notifier.Message{
				messagetest.Message(t, templates, 0, messagetest.Hostile(value)),
				messagetest.Message(t, templates, 0, messagetest.Flood(60, 25, value)...),
			} {
				msg.Receiver = value
				l, m := compose(t, c, msg)
				for name := range m.Header {
					if !slices.Contains(known, name) {
						t.Errorf("a header %q out of %.40q", name, value)
					}
				}
				if !slices.Equal(l.to, []string{"a@example.org", "b@example.org", "c@example.org"}) {
					t.Errorf("%v", l.to)
				}
				got := parts(t, m)
				lower := strings.ToLower(got["text/html"])
				for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "javascript:", "\x1b", "\x00", "\u202e", "\u200b"} {
					if strings.Contains(lower, bad) {
						t.Errorf("%q out of %.40q is in the HTML", bad, value)
					}
				}
				if strings.ContainsAny(got["text/plain"], "\x1b\x00\u202e\u200b\r") {
					t.Errorf("a control character out of %.40q is in the text", value)
				}
				if n := len(got["text/html"]); n > 100_000 {
					t.Errorf("%d bytes of HTML for %.20q", n, value)
				}
				for line := range bytes.SplitSeq(l.body, []byte("\r\n")) {
					if len(line) > 998 {
						t.Errorf("a line of %d bytes", len(line))
					}
				}
			}
		}
	}
}
