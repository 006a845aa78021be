package prom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// Whose fault it is that a question has no answer.
var (
	// ErrUnreachable: nobody answered as a Prometheus should. Other queries
	// will fare alike.
	ErrUnreachable = errors.New("Prometheus is unreachable") //nolint:staticcheck // a name begins with a capital
	// ErrRejected: the query itself is at fault; others may be well.
	ErrRejected = errors.New("the query was rejected")
	// ErrPartial: there is an answer, but it may lack series.
	ErrPartial = errors.New("the answer may be incomplete")
)

// maxText bounds an error's reason, in bytes.
const maxText = 400

// Error is why a question has no answer. errors.Is tells its kind.
type Error struct {
	kind     error  // ErrUnreachable, ErrRejected or ErrPartial
	address  string // who was asked
	reason   string
	timeout  bool
	ownFault bool // the query's
}

// Error tells who was asked and what went wrong, in at most about 500 bytes.
func (e *Error) Error() string {
	return fmt.Sprintf("asking Prometheus at %s: %v: %s", e.address, e.kind, e.reason)
}

// Is tells the error's kind; a timeout is also context.DeadlineExceeded.
func (e *Error) Is(target error) bool {
	return target == e.kind || e.timeout && target == context.DeadlineExceeded
}

// Rejected tells whether the query itself is at fault, for callers that know
// only this method: true for ErrRejected, and for an ErrPartial that PromQL
// raised about the query.
func (e *Error) Rejected() bool { return e.ownFault }

func unreachable(format string, args ...any) *Error {
	return &Error{kind: ErrUnreachable, reason: fmt.Sprintf(format, args...)}
}

func rejected(format string, args ...any) *Error {
	return &Error{kind: ErrRejected, reason: fmt.Sprintf(format, args...), ownFault: true}
}

// classify reads what the API client or the network reported. The status is 0
// where no answer came.
func classify(err error, status int) *Error {
	if apiErr, ok := errors.AsType[*v1.Error](err); ok {
		return classifyAnswer(apiErr, status)
	}
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		e := unreachable("no answer within the timeout")
		e.timeout = true
		return e
	}
	// url.Error repeats the whole address: take what it wraps.
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	return unreachable("%v", err)
}

func isTimeout(err error) bool {
	netErr, ok := errors.AsType[net.Error](err)
	return ok && netErr.Timeout()
}

func classifyAnswer(e *v1.Error, status int) *Error {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return unreachable("it answered %d: check the credentials in http_config%s", status, detail(e))
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return unreachable("it answered %d: is the URL, with its path, that of a Prometheus?%s", status, detail(e))
	case status/100 != 2 && e.Detail != "":
		failed := unreachable("it answered %d%s", status, detail(e))
		failed.timeout = saysTimeout(e)
		return failed
	}
	switch e.Type {
	case v1.ErrTimeout:
		failed := unreachable("it answered %d: %s", status, e.Msg)
		failed.timeout = true
		return failed
	case v1.ErrClient, v1.ErrServer, v1.ErrCanceled, "internal", "unavailable", "":
		return unreachable("it answered %d: %s", status, e.Msg)
	case v1.ErrBadResponse:
		// The API client knows no strings, and has no better sign of one.
		if strings.Contains(e.Msg, `value type "string"`) {
			return rejected("the expression gives a string, not a vector or scalar")
		}
		return unreachable("it answered %d, but not as a Prometheus does: %s", status, e.Msg)
	default: // bad_data, execution, and what others call these
		return rejected("%s: %s", e.Type, e.Msg)
	}
}

// saysTimeout tells whether Prometheus itself gave the query up, in time to say so.
func saysTimeout(e *v1.Error) bool {
	var body struct {
		Type v1.ErrorType `json:"errorType"`
	}
	return json.Unmarshal([]byte(e.Detail), &body) == nil && body.Type == v1.ErrTimeout
}

// detail is what the body of a failure tells, where it is not a web page.
func detail(e *v1.Error) string {
	var body struct {
		Error string `json:"error"`
	}
	text := strings.TrimSpace(e.Detail)
	if json.Unmarshal([]byte(text), &body) == nil {
		text = body.Error
	}
	if text == "" || strings.HasPrefix(text, "<") {
		return ""
	}
	return ": " + text
}

// shorten makes one line of at most maxText bytes.
func shorten(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}
