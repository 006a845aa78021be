package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// channel is one webhook.
type channel struct {
	settings Settings
	url      secret.Source
	client   *httpsend.Client
	logger   *slog.Logger
}

// Send posts the message and returns its id.
func (c *channel) Send(ctx context.Context, msg *notifier.Message) (string, error) {
	id, err := c.post(ctx, c.message(msg))
	if f, ok := errors.AsType[*notifier.Failure](err); ok && f.Kind == notifier.Permanent && f.Status == http.StatusBadRequest {
		// Discord found fault with the form of it. The bare words still help.
		if id, plainErr := c.post(ctx, plain(msg)); plainErr == nil {
			if c.logger != nil {
				c.logger.Warn("Discord refused the message and took it as plain text", "delivery", msg.ID, "err", f)
			}
			return id, nil
		}
	}
	return id, err
}

func (c *channel) post(ctx context.Context, p payload) (string, error) {
	body, err := json.Marshal(p)
	if err != nil {
		return "", &notifier.Failure{Kind: notifier.Permanent, Err: fmt.Errorf("writing the message as JSON: %w", err)}
	}
	// Without wait, Discord answers before it has kept the message.
	answer, err := c.client.Send(ctx, httpsend.Request{URL: c.url, Query: url.Values{"wait": {"true"}}, Body: body})
	if err != nil {
		return "", limited(answer, err)
	}
	if answer.Status == http.StatusNoContent || len(strings.TrimSpace(string(answer.Body))) == 0 {
		return "", nil // an imitator that gives no reference
	}
	var kept struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(answer.Body, &kept) != nil || kept.ID == "" {
		return "", &notifier.Failure{
			Kind: notifier.Temporary, Status: answer.Status,
			Err: fmt.Errorf("the destination answered %q in place of the message that it kept", answer.Excerpt()),
		}
	}
	return kept.ID, nil
}

// limited takes the wait from the body of a 429, which is more exact than the
// header Retry-After.
func limited(a *httpsend.Answer, err error) error {
	f, ok := errors.AsType[*notifier.Failure](err)
	if !ok || a == nil || a.Status != http.StatusTooManyRequests {
		return err
	}
	var said struct {
		RetryAfter float64 `json:"retry_after"`
	}
	if json.Unmarshal(a.Body, &said) == nil && said.RetryAfter > 0 {
		f.RetryAfter = httpsend.Seconds(said.RetryAfter)
	}
	return f
}

// message lays the message out: in alertd's own way, or as Alertmanager does
// where the settings or the user's templates have a text of their own.
func (c *channel) message(msg *notifier.Message) payload {
	r := msg.Renderer(notifier.Markup{Text: escapeAll, Code: nil, URL: nil})
	s := &c.settings
	p := payload{
		Username:        shorten(strings.TrimSpace(r.Text("username", s.Username, "")), maxUsername),
		AvatarURL:       s.AvatarURL,
		AllowedMentions: nobody(),
		Content:         shorten(strings.TrimSpace(r.Text("content", s.Content, "")), maxContent),
	}
	e := embed{
		Color:     color(msg.Data),
		Timestamp: msg.SentAt.UTC().Format(time.RFC3339),
		URL:       msg.Data.ExternalURL,
	}
	if !strings.HasPrefix(e.URL, "https://") && !strings.HasPrefix(e.URL, "http://") {
		e.URL = ""
	}
	e.Title = shorten(notifier.CleanLine(r.Text("title", s.Title, "alertd.title")), maxTitle)
	if s.Message != defaultMessage || r.Defines("discord.default.message") {
		e.Description = shorten(strings.TrimSpace(r.Text("message", s.Message, "alertd.text")), maxDescription)
	} else {
		e.layOut(msg.Data)
	}
	e.Footer = &footer{Text: "alertd"}
	if failed := r.Failed(); failed != "" {
		e.Footer.Text = shorten(failed, maxFooter)
	}
	if over := e.length() - maxEmbeds; over > 0 {
		e.Description = shorten(e.Description, max(1, notifier.Length(e.Description)-over))
	}
	p.Embeds = []embed{e}
	return p
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
	return payload{Content: escape(text.String(), maxContent), AllowedMentions: nobody()}
}
