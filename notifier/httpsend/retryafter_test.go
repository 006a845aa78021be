package httpsend

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 8, 20, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                                0,
		"0":                               0,
		"30":                              30 * time.Second,
		" 30 ":                            30 * time.Second,
		"1.5":                             1500 * time.Millisecond,
		".25":                             250 * time.Millisecond,
		"3600":                            15 * time.Minute,
		"86400":                           15 * time.Minute,
		strings.Repeat("9", 400):          15 * time.Minute,
		"-5":                              0,
		"1.2.3":                           0,
		".":                               0,
		"1e9":                             0,
		"NaN":                             0,
		"Inf":                             0,
		"0x10":                            0,
		"soon":                            0,
		"Mon, 23 Nov 2026 09:09:20 GMT":   time.Minute,
		"Monday, 23-Nov-26 09:09:20 GMT":  time.Minute,
		"Mon Nov 23 09:09:20 2026":        time.Minute,
		"Mon, 23 Nov 2026 09:07:20 GMT":   0,
		"Mon, 23 Nov 2099 09:07:20 GMT":   15 * time.Minute,
		"Mon, 23 Nov 2026 09:09:20 +0100": 0,
	} {
		if got := ParseRetryAfter(value, now); got != want {
			t.Errorf("%.40q: %v, want %v", value, got, want)
		}
	}
}

func TestADateIsMeasuredByTheFarSidesClock(t *testing.T) {
	h := http.Header{"Date": {"Mon, 23 Nov 2026 12:00:00 GMT"}, "Retry-After": {"Mon, 23 Nov 2026 12:00:07 GMT"}}
	if got := RetryAfter(h, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)); got != 7*time.Second {
		t.Error(got)
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"", "1", "1.5", "1e99", "Mon, 23 Nov 2026 09:09:20 GMT", "-1", "9999999999999999999999", "٣"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 9, 8, 20, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if got := ParseRetryAfter(value, now); got < 0 || got > MaxRetryAfter {
			t.Errorf("%q: %v", value, got)
		}
	})
}
