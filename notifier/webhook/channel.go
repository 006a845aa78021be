package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/alertmanager/template"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// channel is one endpoint.
type channel struct {
	url       secret.Source
	signing   secret.Source
	maxAlerts int
	payload   any // nil: Alertmanager's body
	client    *httpsend.Client
}

// body is the JSON that Alertmanager's webhooks send, field by field in its
// order (alertmanager/notify/webhook.Message).
type body struct {
	*template.Data
	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts uint64 `json:"truncatedAlerts"`
}

// Send posts the message. Any 2xx is success, whatever its body says.
func (c *channel) Send(ctx context.Context, msg *notifier.Message) (string, error) {
	text, err := c.body(msg)
	if err != nil {
		return "", &notifier.Failure{Kind: notifier.Permanent, Err: err}
	}
	to, err := c.address(msg)
	if err != nil {
		return "", &notifier.Failure{Kind: notifier.Misconfigured, Err: err}
	}
	header, err := c.header(msg.ID, msg.SentAt, text)
	if err != nil {
		return "", &notifier.Failure{Kind: notifier.Misconfigured, Err: fmt.Errorf("signing the message: %w", err)}
	}
	_, err = c.client.Send(ctx, httpsend.Request{URL: to, Body: text, Header: header})
	return "", err
}

// body returns what is posted: Alertmanager's JSON, or the payload.
func (c *channel) body(msg *notifier.Message) ([]byte, error) {
	data, truncated := msg.FirstAlerts(c.maxAlerts)
	if c.payload != nil {
		return c.render(msg, data)
	}
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(body{
		Data: data, Version: "4", GroupKey: string(msg.Group), TruncatedAlerts: uint64(max(truncated, 0)), //nolint:gosec // not negative
	}); err != nil {
		return nil, fmt.Errorf("writing the message as JSON: %w", err)
	}
	return buf.Bytes(), nil
}

// header returns the headers of Standard Webhooks: the id, which stays the same
// over retries, the time of this attempt, and the signature where there is a
// secret.
func (c *channel) header(id string, at time.Time, body []byte) (http.Header, error) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", timestamp)
	if !c.signing.Set() {
		return h, nil
	}
	text, err := c.signing.Reveal()
	if err != nil {
		return nil, err
	}
	key, err := signingKey(text)
	if err != nil {
		return nil, err
	}
	h.Set("webhook-signature", sign(key, id, timestamp, body))
	return h, nil
}
