package apiv2

import (
	"io"
	"time"

	"alertd/internal/alert"
)

// writeSize is how much of an answer is written at once, in bytes.
const writeSize = 64 << 10

// Alerts is a list of alerts. There may be very many of them: they are written
// as they are encoded.
type Alerts []Alert

// WriteJSON writes the list as JSON, with the line's end that encoding/json's
// Encoder writes.
func (all Alerts) WriteJSON(w io.Writer) error {
	b := make([]byte, 0, writeSize+writeSize/4)
	b = append(b, '[')
	for i := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = all[i].appendJSON(b)
		if len(b) >= writeSize {
			if _, err := w.Write(b); err != nil {
				return err //nolint:wrapcheck // the writer's own
			}
			b = b[:0]
		}
	}
	_, err := w.Write(append(b, "]\n"...))
	return err //nolint:wrapcheck // the writer's own
}

// appendJSON appends what encoding/json makes of the alert.
func (a *Alert) appendJSON(b []byte) []byte {
	b = append(b, `{"annotations":`...)
	b = a.Annotations.AppendJSON(b)
	b = append(b, `,"endsAt":`...)
	b = a.EndsAt.appendJSON(b)
	b = append(b, `,"fingerprint":`...)
	b = alert.AppendQuoted(b, a.Fingerprint)
	b = append(b, `,"receivers":[`...)
	for i := range a.Receivers {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = append(alert.AppendQuoted(b, a.Receivers[i].Name), '}')
	}
	b = append(b, `],"startsAt":`...)
	b = a.StartsAt.appendJSON(b)
	b = append(b, `,"status":{"inhibitedBy":`...)
	b = appendList(b, a.Status.InhibitedBy)
	b = append(b, `,"mutedBy":`...)
	b = appendList(b, a.Status.MutedBy)
	b = append(b, `,"silencedBy":`...)
	b = appendList(b, a.Status.SilencedBy)
	b = append(b, `,"state":`...)
	b = alert.AppendQuoted(b, a.Status.State)
	b = append(b, `},"updatedAt":`...)
	b = a.UpdatedAt.appendJSON(b)
	if a.GeneratorURL != "" {
		b = append(b, `,"generatorURL":`...)
		b = alert.AppendQuoted(b, a.GeneratorURL)
	}
	b = append(b, `,"labels":`...)
	return append(a.Labels.AppendJSON(b), '}')
}

func (t Time) appendJSON(b []byte) []byte {
	return time.Time(t).UTC().AppendFormat(b, `"2006-01-02T15:04:05.000Z07:00"`)
}

func appendList(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, text := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = alert.AppendQuoted(b, text)
	}
	return append(b, ']')
}
