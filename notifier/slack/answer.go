package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"alertd/notifier"
	"alertd/notifier/httpsend"
)

// judge tells whether Slack took the message. It says so by 200 and "ok" alone;
// everything else is an error whose body is a word of its own list.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
func judge(a *httpsend.Answer, err error) error {
	if a == nil {
		return err
	}
	said := errorWord(a.Body)
	if a.Status == http.StatusOK && said == "ok" {
		return nil
	}
	kind, known := meaning(said)
	f, failed := errors.AsType[*notifier.Failure](err)
	switch {
	case failed && !known:
		return err
	case failed:
		return &notifier.Failure{Kind: kind, Status: f.Status, RetryAfter: f.RetryAfter, Err: f.Err}
	case known:
		return &notifier.Failure{Kind: kind, Status: a.Status, Err: fmt.Errorf("the destination answered %s", a.Excerpt())}
	default:
		// A proxy's page, perhaps: nobody said that the message arrived.
		return &notifier.Failure{Kind: notifier.Temporary, Status: a.Status, Err: fmt.Errorf("the destination answered %q in place of ok", a.Excerpt())}
	}
}

// errorWord returns the word that an answer consists of. Slack's other APIs and
// its imitators wrap it in JSON.
func errorWord(body []byte) string {
	text := strings.TrimSpace(string(body))
	var wrapped struct {
		OK      bool   `json:"ok"`
		Success bool   `json:"success"`
		Error   string `json:"error"`
	}
	if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &wrapped) == nil {
		if (wrapped.OK || wrapped.Success) && wrapped.Error == "" {
			return "ok"
		}
		return wrapped.Error
	}
	return text
}

// meaning returns what an error word means for the next attempt.
func meaning(word string) (notifier.FailureKind, bool) {
	switch word {
	case "invalid_payload", "no_text", "too_many_attachments", "invalid_blocks", "invalid_attachments",
		"invalid_blocks_format", "invalid_arguments", "msg_too_long", "msg_blocks_too_long", "no_content_type", "bad_image":
		return notifier.Permanent, true
	case "no_service", "no_service_id", "no_team", "no_active_hooks", "team_disabled", "invalid_token", "invalid_auth",
		"account_inactive", "token_revoked", "channel_not_found", "channel_is_archived", "is_archived", "user_not_found",
		"action_prohibited", "posting_to_general_channel_denied", "restricted_action", "not_in_channel":
		return notifier.Misconfigured, true
	case "rollup_error", "rate_limited", "ratelimited", "internal_error", "fatal_error", "service_unavailable":
		return notifier.Temporary, true
	}
	return "", false
}
