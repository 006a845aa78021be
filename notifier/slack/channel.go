package slack

import (
	"context"
	"encoding/json"
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

// channel is one incoming webhook, or an app that posts.
type channel struct {
	settings Settings
	url      secret.Source
	client   *httpsend.Client
	logger   *slog.Logger
}

// payload is a webhook's message with the fields that the library lacks.
type payload struct {
	slack.WebhookMessage
	LinkNames bool   `json:"link_names,omitempty"`
	TS        string `json:"ts,omitempty"` // of the message to change
}

// Send posts the message, or changes the former one where the settings say so.
// Webhooks give no reference to it.
func (c *channel) Send(ctx context.Context, msg *notifier.Message) (string, error) {
	ref, err := c.tell(ctx, msg, c.message(msg))
	if f, ok := refused(err); ok {
		// Slack found fault with the form of it. The bare words still help.
		bare := plain(msg)
		bare.Channel = notifier.Shorten(msg.Renderer(notifier.Markup{}).Text("channel", c.settings.Channel, ""), maxName)
		if ref, plainErr := c.tell(ctx, msg, bare); plainErr == nil {
			c.warn(msg, f)
			return ref, nil
		}
	}
	return ref, err
}

// deliver sends a message to an address and judges the answer.
func (c *channel) deliver(ctx context.Context, to secret.Source, p payload) (*httpsend.Answer, error) {
	body, err := json.Marshal(p)
	if err != nil {
		return nil, &notifier.Failure{Kind: notifier.Permanent, Err: fmt.Errorf("writing the message as JSON: %w", err)}
	}
	answer, err := c.client.Send(ctx, httpsend.Request{URL: to, Body: body})
	return answer, judge(answer, err)
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
	return httpsend.Within(domain, u.Hostname()) || httpsend.Within("slack-gov.com", u.Hostname())
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
