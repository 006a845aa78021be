package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"alertd/notifier"
)

// channel is one list of recipients behind one relay.
type channel struct {
	settings Settings
	version  string
	dial     dialFunc
}

// Send sends the message to every recipient that an earlier attempt has not
// settled, and returns its Message-ID. A failure names those who have not got
// it; who has is in its Progress.
func (c *channel) Send(ctx context.Context, msg *notifier.Message) (string, error) {
	l, err := c.compose(msg)
	if err != nil {
		return "", &notifier.Failure{Kind: notifier.Misconfigured, Err: err}
	}
	p := readProgress(msg.Progress)
	var waiting []string
	for _, to := range l.to {
		if !p.settled(to) {
			waiting = append(waiting, to)
		}
	}
	if len(waiting) > 0 {
		if f := c.deliver(ctx, l, waiting, p); f != nil {
			f.Progress = p.String()
			return "", f
		}
	}
	return c.outcome(l, p)
}

// deliver tries every waiting recipient and notes in p who accepted or refused
// for good. It returns a failure when there are others.
func (c *channel) deliver(ctx context.Context, l *letter, waiting []string, p *progress) *notifier.Failure {
	s, err := c.open(ctx, slices.ContainsFunc(append(waiting, l.from), nonASCII))
	if err != nil {
		return c.failure(err, waiting)
	}
	defer s.close()
	var left []string
	var first error
	for i, to := range waiting {
		alive, err := s.deliver(l, to)
		switch {
		case err == nil:
			p.Accepted = append(p.Accepted, to)
		case kindOf(err) == notifier.Permanent:
			p.Refused = append(p.Refused, refusal{To: to, Why: textOf(err, c.hide)})
		default:
			left = append(left, to)
			if first == nil {
				first = err
			}
		}
		if !alive {
			left = append(left, waiting[i+1:]...)
			if first == nil {
				first = err
			}
			break
		}
	}
	if len(left) == 0 {
		return nil
	}
	f := c.failure(first, left)
	if f.Kind == notifier.Permanent {
		// The session ended with one refusal, which says nothing of the others.
		f.Kind = notifier.Temporary
	}
	return f
}

// outcome says how the message as a whole fared, when all recipients are
// settled.
func (c *channel) outcome(l *letter, p *progress) (string, error) {
	if len(p.Refused) == 0 {
		return l.id, nil
	}
	whys := make([]string, len(p.Refused))
	for i, r := range p.Refused {
		whys[i] = r.To + " (" + r.Why + ")"
	}
	f := &notifier.Failure{
		Kind: notifier.Permanent, Progress: p.String(),
		Err: fmt.Errorf("refused for %s", strings.Join(whys, ", ")),
	}
	if len(p.Accepted) == 0 {
		return "", f
	}
	// Nobody is left to try: what is worth keeping is the reference.
	f.Partial, f.Progress = true, l.id
	return l.id, f
}

// failure says why the recipients could not be reached yet.
func (c *channel) failure(err error, left []string) *notifier.Failure {
	return &notifier.Failure{
		Kind: kindOf(err), Status: codeOf(err),
		Err: fmt.Errorf("not yet delivered to %s through %s: %s", strings.Join(left, ", "), c.settings.Smarthost, textOf(err, c.hide)),
	}
}

// kindOf tells what an error of a session means for the next attempt.
func kindOf(err error) notifier.FailureKind {
	if errors.Is(err, errNoTLS) || errors.Is(err, errNoAuth) || errors.Is(err, errSecret) {
		return notifier.Misconfigured
	}
	code := codeOf(err)
	if code < 500 {
		// Also what has no code: above all a connection that broke after DATA,
		// where the relay may have the message or not.
		return notifier.Temporary
	}
	at := recipient
	if e, ok := errors.AsType[*stageError](err); ok {
		at = e.stage
	}
	switch {
	case code == 530, code == 534, code == 535, code == 538: // authentication: RFC 4954
		return notifier.Misconfigured
	case at == recipient, at == sending, code == 552: // too large a message
		return notifier.Permanent
	default:
		return notifier.Misconfigured // it refuses us, not the message
	}
}

func codeOf(err error) int {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return e.Code
	}
	return 0
}

// progress is which recipients are settled, over all attempts at a delivery.
type progress struct {
	Accepted []string  `json:"accepted,omitempty"`
	Refused  []refusal `json:"refused,omitempty"`
}

type refusal struct {
	To  string `json:"to"`
	Why string `json:"why"`
}

func readProgress(text string) *progress {
	var p progress
	if json.Unmarshal([]byte(text), &p) != nil {
		return &progress{} // the first attempt, or words that are not ours
	}
	return &p
}

func (p *progress) settled(to string) bool {
	return slices.Contains(p.Accepted, to) ||
		slices.ContainsFunc(p.Refused, func(r refusal) bool { return r.To == to })
}

func (p *progress) String() string {
	if len(p.Accepted)+len(p.Refused) == 0 {
		return ""
	}
	text, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return string(text)
}

func nonASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}
