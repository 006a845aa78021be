package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"alertd/notifier"
)

// Bounds of one message.
const (
	maxRecipients = 100
	maxSubject    = 200 // UTF-16 code units
	maxHeader     = 900 // UTF-16 code units
)

// letter is a message ready for its envelopes.
type letter struct {
	from string   // the envelope's sender
	to   []string // the envelopes' recipients
	id   string   // the Message-ID, with its angle brackets
	body []byte
}

// compose writes the message as an e-mail. Its errors concern the configured
// addresses.
func (c *channel) compose(msg *notifier.Message) (*letter, error) {
	s := &c.settings
	r := msg.Renderer(notifier.Markup{})
	from, err := mail.ParseAddress(r.Text("from", s.From, ""))
	if err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	to, err := mail.ParseAddressList(r.Text("to", s.To, ""))
	if err != nil {
		return nil, fmt.Errorf("the recipients' addresses: %w", err)
	}
	if len(to) > maxRecipients {
		to = to[:maxRecipients]
	}
	l := &letter{from: from.Address, id: messageID(msg.ID, from.Address)}
	for _, a := range to {
		if !slices.Contains(l.to, a.Address) {
			l.to = append(l.to, a.Address)
		}
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(boundary(msg.ID)))
	m.FromMailAddress(from)
	m.ToMailAddress(to...)
	m.Subject(subject(r.Text("subject", defaultSubject, "alertd.title")))
	m.SetDateWithValue(msg.SentAt)
	m.SetGenHeader(gomail.HeaderMessageID, l.id)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetGenHeader("List-Id", listID(msg.Receiver, from.Address))
	m.SetGenHeader("X-Mailer", "alertd/"+c.version)
	if s.threads() {
		c.thread(m, msg, from.Address)
	}
	c.custom(m, r)
	c.parts(m, r)
	var buf bytes.Buffer
	if _, err := m.WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("writing the e-mail: %w", err)
	}
	l.body = buf.Bytes()
	return l, nil
}

// parts sets the text and the HTML.
func (c *channel) parts(m *gomail.Msg, r *notifier.Renderer) {
	s := &c.settings
	html := r.HTML("html", s.HTML, "alertd.html")
	text := strings.TrimSpace(r.Text("text", s.Text, "alertd.text"))
	if s.HTML != "" && html == "" && text == "" {
		text = r.Text("text", defaultText, "alertd.text")
	}
	if failed := r.Failed(); failed != "" {
		text = strings.TrimSpace(text + "\n\n" + failed)
		if html != "" {
			html += "<p>" + template.HTMLEscapeString(failed) + "</p>"
		}
	}
	if text != "" {
		m.SetBodyString(gomail.TypeTextPlain, text+"\n")
	}
	switch {
	case html == "":
	case text == "":
		m.SetBodyString(gomail.TypeTextHTML, html)
	default:
		m.AddAlternativeString(gomail.TypeTextHTML, html)
	}
}

// custom sets the headers that the settings hold.
func (c *channel) custom(m *gomail.Msg, r *notifier.Renderer) {
	for _, name := range slices.Sorted(maps.Keys(c.settings.Headers)) {
		value := notifier.Shorten(notifier.CleanLine(r.Text("headers."+name, c.settings.Headers[name], "")), maxHeader)
		if value == "" {
			continue
		}
		switch canonical := textproto.CanonicalMIMEHeaderKey(name); canonical {
		case "Subject":
			m.Subject(subject(value))
		case "To", "From", "Cc", "Reply-To":
			// What is shown; the envelopes stay as `to` and `from` say.
			if list, err := mail.ParseAddressList(value); err == nil {
				m.SetAddrHeaderFromMailAddress(gomail.AddrHeader(canonical), list...)
			}
		default:
			m.SetGenHeader(gomail.Header(canonical), value)
		}
	}
}

// thread ties the message to the others of its group. The root of the thread is
// the Message-ID of no message, as Alertmanager does it: whoever is added to
// the recipients later has a whole thread all the same.
func (c *channel) thread(m *gomail.Msg, msg *notifier.Message, from string) {
	key := string(msg.Group)
	if c.settings.Threading.ThreadByDate == daily {
		key += msg.SentAt.Format("2006-01-02")
	}
	sum := sha256.Sum256([]byte(key))
	root := "<alertd.group." + hex.EncodeToString(sum[:8]) + "@" + domain(from) + ">"
	parent, references := root, root
	if previous := msg.PreviousRef; isMessageID(previous) {
		parent, references = previous, root+" "+previous
	}
	m.SetGenHeader(gomail.HeaderInReplyTo, parent)
	m.SetGenHeader(gomail.HeaderReferences, references)
}

// messageID returns the Message-ID of a delivery, which stays the same over
// retries.
func messageID(delivery, from string) string {
	return "<alertd." + token(delivery) + "@" + domain(from) + ">"
}

func isMessageID(s string) bool {
	inner, ok := strings.CutPrefix(s, "<")
	inner, ok2 := strings.CutSuffix(inner, ">")
	return ok && ok2 && len(s) < 250 && strings.Count(inner, "@") == 1 && !strings.ContainsAny(inner, "<> \t\r\n")
}

// listID names the receiver as a mailing list, so that mail programs can file
// its messages (RFC 2919).
func listID(receiver, from string) string {
	label := strings.Trim(strings.ToLower(token(receiver)), "-")
	if label == "" {
		label = "default"
	}
	return "<" + label + ".alertd." + domain(from) + ">"
}

func boundary(delivery string) string {
	sum := sha256.Sum256([]byte(delivery))
	return "alertd-" + hex.EncodeToString(sum[:12])
}

func domain(address string) string {
	if _, after, ok := strings.Cut(address, "@"); ok && after != "" {
		return after
	}
	return "localhost"
}

// token returns s with everything but ASCII letters, digits and dashes made
// dashes.
func token(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		default:
			return '-'
		}
	}, s)
	return s[:min(len(s), 60)]
}

func subject(s string) string { return notifier.Shorten(notifier.CleanLine(s), maxSubject) }
