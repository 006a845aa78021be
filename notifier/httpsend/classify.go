package httpsend

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"alertd/notifier"
)

// maxExcerpt is how much of an answer an error carries, in UTF-16 code units.
const maxExcerpt = 300

// classify returns nil for success, and otherwise what the answer means for the
// next attempt.
func classify(a *Answer, now time.Time) *notifier.Failure {
	if a.Status >= 200 && a.Status < 300 {
		return nil
	}
	f := &notifier.Failure{
		Kind:       kindOf(a.Status),
		Status:     a.Status,
		RetryAfter: RetryAfter(a.Header, now),
		Err:        fmt.Errorf("the destination answered %s", statusWords(a)),
	}
	return f
}

func kindOf(status int) notifier.FailureKind {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return notifier.Temporary
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return notifier.Misconfigured
	case http.StatusNotImplemented:
		return notifier.Permanent
	}
	switch {
	case status >= 500:
		return notifier.Temporary
	case status >= 300 && status < 400:
		return notifier.Misconfigured // or a login or maintenance page stands in front for a while
	default:
		return notifier.Permanent
	}
}

func statusWords(a *Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", a.Status)
	if text := http.StatusText(a.Status); text != "" {
		b.WriteString(" " + text)
	}
	if a.Status >= 300 && a.Status < 400 {
		b.WriteString(" (redirects are not followed: configure the address that it leads to)")
	}
	if said := a.Excerpt(); said != "" {
		b.WriteString(": " + said)
	}
	return b.String()
}
