// Package apiv2 is Alertmanager's API v2 on the wire: what its clients send and
// are sent, in the exact JSON of Alertmanager 0.34.
package apiv2

import (
	"encoding/json"
	"fmt"
	"time"
)

// Time is a moment on the wire: written in UTC with milliseconds, read in every
// form that Alertmanager reads.
type Time time.Time

// MarshalJSON writes the time as Alertmanager does.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.appendJSON(nil), nil
}

// UnmarshalJSON reads a time. An empty string is the Unix epoch, as it is for
// Alertmanager.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err //nolint:wrapcheck // the decoder around us adds the place
	}
	if text == "" {
		*t = Time(time.Unix(0, 0).UTC())
		return nil
	}
	// Alertmanager's forms, in its order. A time without a zone is in UTC.
	for _, layout := range [...]string{
		time.RFC3339, // reading, it takes a fraction too
		"2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04:05",
		"2006-01-02T15:04Z",
		"2006-01-02T15:04",
		"2006-01-02 15:04:05",
		"2006-01-02",
	} {
		if parsed, err := time.Parse(layout, text); err == nil {
			*t = Time(parsed.UTC())
			return nil
		}
	}
	return fmt.Errorf("%.64q is not a time such as 2006-01-02T15:04:05Z", text)
}
