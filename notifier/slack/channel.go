package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// channel is one incoming webhook.
type channel struct {
	settings Settings
	url      secret.Source
	client   *httpsend.Client
	logger   *slog.Logger
}

// payload is a webhook's message with the one field that the library lacks.
type payload struct {
	slack.WebhookMessage
	LinkNames bool `json:"link_names,omitempty"`
}

// Send posts the message. Webhooks give no reference to it.
func (c *channel) Send(ctx context.Context, msg *notifier.Message) (string, error) {
	err := c.post(ctx, c.message(msg))
	if f, ok := errors.AsType[*notifier.Failure](err); ok && f.Kind == notifier.Permanent && f.Status/100 != 3 && f.Status < 500 {
		// Slack found fault with the form of it. The bare words still help.
		if c.post(ctx, plain(msg)) == nil {
			c.warn(msg, f)
			return "", nil
		}
	}
	return "", err
}

func (c *channel) post(ctx context.Context, p payload) error {
	body, err := json.Marshal(p)
	if err != nil {
		return &notifier.Failure{Kind: notifier.Permanent, Err: fmt.Errorf("writing the message as JSON: %w", err)}
	}
	answer, err := c.client.Send(ctx, httpsend.Request{URL: c.url, Body: body})
	return judge(answer, err)
}

func (c *channel) warn(msg *notifier.Message, err error) {
	if c.logger != nil {
		c.logger.Warn("Slack refused the message and took it as plain text", "delivery", msg.ID, "err", err)
	}
}

// message lays the message out: in alertd's own way, or as Alertmanager does
// where the settings ask for what only that has, or the far side is not Slack.
func (c *channel) message(msg *notifier.Message) payload {
	r := msg.Renderer(notifier.Markup{
		Text: slackutilsx.EscapeMessage, Code: slackutilsx.EscapeMessage, URL: slackutilsx.EscapeMessage,
	})
	s := &c.settings
	p := payload{LinkNames: s.LinkNames}
	p.Channel = notifier.Shorten(r.Text("channel", s.Channel, ""), maxName)
	p.Username = notifier.Shorten(r.Text("username", s.Username, ""), maxName)
	p.IconEmoji = notifier.Shorten(r.Text("icon_emoji", s.IconEmoji, ""), maxName)
	// Addresses are no text: Slack takes them as they are.
	addresses := r.In(notifier.Markup{})
	p.IconURL = shortURL(addresses.Text("icon_url", s.IconURL, ""))
	above := strings.TrimSpace(r.Text("message_text", s.MessageText, ""))
	title := notifier.CleanLine(r.Text("title", s.Title, "alertd.title"))
	color := notifier.Shorten(strings.TrimSpace(r.Text("color", s.Color, "slack.default.color")), maxName)

	classic := c.classic(r, addresses)
	if c.isSlack() && !s.isClassic(classic) {
		p.Text = notifier.Shorten(strings.TrimSpace(above+"\n"+notifier.Shorten(title, maxTitle)), maxText)
		p.Attachments = []slack.Attachment{{
			Color: color, Fallback: notifier.Shorten(title, maxTitle),
			Blocks: slack.Blocks{BlockSet: blocks(msg.Data, r.Failed())},
		}}
		return p
	}
	p.Text = notifier.Shorten(above, maxText)
	if strings.TrimSpace(classic.Text) == "" && !s.isClassic(classic) {
		classic.Text = r.Text("text", `{{ template "alertd.text" . }}`, "alertd.text")
	}
	classic.Color, classic.Title = color, notifier.Shorten(title, maxTitle)
	classic.Text = notifier.Shorten(strings.TrimSpace(classic.Text), maxClassicText)
	if failed := r.Failed(); failed != "" {
		classic.Text = strings.TrimSpace(classic.Text + "\n" + slackutilsx.EscapeMessage(failed))
	}
	p.Attachments = []slack.Attachment{classic}
	p.trim()
	return p
}

// isSlack tells whether the webhook is Slack's own, which alone knows blocks.
func (c *channel) isSlack() bool {
	raw, err := c.url.Reveal()
	if err != nil {
		return true
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return true
	}
	host := u.Hostname()
	return strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com")
}

// plain is the message without any layout.
func plain(msg *notifier.Message) payload {
	var text strings.Builder
	text.WriteString(msg.Data.Title)
	for _, t := range msg.Data.Topics {
		for _, p := range t.Problems {
			text.WriteString("\n" + p.Line)
		}
	}
	return payload{WebhookMessage: slack.WebhookMessage{
		Text: notifier.ShortenEscaped(text.String(), maxText, slackutilsx.EscapeMessage),
	}}
}
