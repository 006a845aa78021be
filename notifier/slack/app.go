package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/prometheus/common/config"

	"alertd/internal/secret"
	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// The methods of Slack's API, as the last step of an address.
// https://docs.slack.dev/reference/methods/chat.update
const (
	methodPost   = "chat.postMessage"
	methodUpdate = "chat.update"
)

// hasToken tells whether a Slack app's token is set, in place or in a file.
func (s *Settings) hasToken() bool { return s.AppToken != "" || s.AppTokenFile != "" }

// inheritApp takes the app of the global section where the integration has
// neither an app nor an address or credentials of its own.
func (s *Settings) inheritApp(g *notifier.Global) {
	s.AppURL = cmp.Or(s.AppURL, g.SlackAppURL, notifier.DefaultSlackAppURL)
	own := s.hasToken() || s.APIURL != "" || s.APIURLFile != "" || s.HTTPConfig != nil && s.HTTPConfig.Authorization != nil
	if !own {
		s.AppToken, s.AppTokenFile = g.SlackAppToken, g.SlackAppTokenFile
	}
}

// checkAddress tells what is wrong with where messages go, and as whom.
func (s *Settings) checkAddress() []notifier.FieldError {
	one := func(path, problem, mend string) []notifier.FieldError {
		return []notifier.FieldError{{Path: path, Problem: problem, Mend: mend}}
	}
	if !s.hasToken() {
		if s.UpdateMessage && !strings.HasSuffix(string(s.APIURL), "/"+methodPost) {
			return one("update_message", "a webhook's messages cannot be changed", "set app_token to a Slack app's token that starts with xoxb-, or remove it")
		}
		return httpsend.CheckURL("api_url", s.APIURL, s.APIURLFile, domain, example)
	}
	switch {
	case s.AppToken != "" && s.AppTokenFile != "":
		return one("app_token_file", "both app_token and app_token_file are set", "keep one of them")
	case s.APIURL != "" || s.APIURLFile != "":
		return one("app_token", "both an app's token and a webhook's address are set", "keep app_token or api_url")
	case s.HTTPConfig != nil && s.HTTPConfig.Authorization != nil:
		return one("app_token", "the token goes where http_config already says authorization", "keep one of them")
	}
	return httpsend.CheckURL("app_url", secret.Value(s.AppURL), "", domain, notifier.DefaultSlackAppURL)
}

// connection returns where messages go, and how.
func (s *Settings) connection() (secret.Source, *config.HTTPClientConfig) {
	if !s.hasToken() {
		return secret.From(s.APIURL, s.APIURLFile), s.HTTPConfig
	}
	own := config.DefaultHTTPClientConfig
	if s.HTTPConfig != nil {
		own = *s.HTTPConfig
	}
	own.Authorization = &config.Authorization{Type: "Bearer", Credentials: config.Secret(s.AppToken), CredentialsFile: s.AppTokenFile}
	return secret.From(secret.Value(s.AppURL), ""), &own
}

// posted is where Slack's API says that it keeps a message.
type posted struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// reference returns what finds the message again; "" where an answer does not
// say, as those to webhooks.
func reference(body []byte) string {
	var p posted
	if json.Unmarshal(body, &p) != nil || p.Channel == "" || p.TS == "" {
		return ""
	}
	return p.Channel + "/" + p.TS
}

// former returns the message that msg is to take the place of: the one that
// last told of the group, unless this is the first that people hear of it.
func (c *channel) former(msg *notifier.Message) (posted, bool) {
	channel, ts, ok := strings.Cut(msg.PreviousRef, "/")
	first := msg.Data.NotificationReason == string(notifier.ReasonFirst)
	return posted{channel, ts}, ok && c.settings.UpdateMessage && !first
}

// update changes the former message, and tells whether it could: a message that
// was deleted, or is too old to be changed, is none to change.
func (c *channel) update(ctx context.Context, former posted, p payload) (ref string, done bool, err error) {
	raw, err := c.url.Reveal()
	if err != nil {
		return "", true, &notifier.Failure{Kind: notifier.Misconfigured, Err: err}
	}
	at, ok := strings.CutSuffix(raw, methodPost)
	if !ok {
		return "", false, nil // not Slack's own API
	}
	p.Channel, p.TS = former.Channel, former.TS
	answer, err := c.deliver(ctx, secret.From(secret.Value(at+methodUpdate), ""), p)
	if answer != nil && slices.Contains([]string{"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"}, errorWord(answer.Body)) {
		return "", false, nil
	}
	if err != nil {
		return "", true, err
	}
	return cmp.Or(reference(answer.Body), former.Channel+"/"+former.TS), true, nil
}

// tell updates the former message or posts a new one.
func (c *channel) tell(ctx context.Context, msg *notifier.Message, p payload) (string, error) {
	if former, ok := c.former(msg); ok {
		if ref, done, err := c.update(ctx, former, p); done {
			return ref, err
		}
	}
	answer, err := c.deliver(ctx, c.url, p)
	if err != nil {
		return "", err
	}
	return reference(answer.Body), nil
}

// refused tells whether Slack found fault with the form of a message.
func refused(err error) (*notifier.Failure, bool) {
	f, ok := errors.AsType[*notifier.Failure](err)
	return f, ok && f.Kind == notifier.Permanent && f.Status/100 != 3 && f.Status < 500
}
