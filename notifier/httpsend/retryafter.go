package httpsend

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter is the longest wait that a destination can ask for; a longer
// one is taken for a mistake.
const MaxRetryAfter = 15 * time.Minute

// RetryAfter returns how long the header Retry-After asks to wait, or zero. A
// date in it is measured from the header Date, where there is one, because the
// far side's clock may not agree with now.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return ParseRetryAfter(h.Get("Retry-After"), now)
}

// ParseRetryAfter reads a Retry-After value in any of its forms: seconds, with
// a fraction or without, or an HTTP date. Values that mean nothing or a moment
// past give zero.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil && seconds == 0 {
			return 0 // "1.2.3"; too large a number is +Inf
		}
		return Seconds(seconds)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return clamp(at.Sub(now))
}

// Seconds returns a number of seconds from an answer as a wait between zero and
// MaxRetryAfter.
func Seconds(s float64) time.Duration {
	switch {
	case s >= MaxRetryAfter.Seconds():
		return MaxRetryAfter
	case s > 0:
		return clamp(time.Duration(s * float64(time.Second)))
	default: // or not a number
		return 0
	}
}

func clamp(d time.Duration) time.Duration { return min(max(d, 0), MaxRetryAfter) }
