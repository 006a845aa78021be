package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Suppression is what keeps a firing alert from being told in one group.
type Suppression struct {
	Silences   []string      `json:"silences,omitempty"`   // ids
	Inhibitors []Fingerprint `json:"inhibitors,omitempty"` // of the alerts that inhibit it
	Until      time.Time     `json:"until,omitzero"`       // when the first of the silences ends; zero: nobody knows
	// UninhibitedAt is when alerts last ceased to inhibit it, kept until everyone
	// was told since.
	UninhibitedAt time.Time `json:"uninhibited_at,omitzero"`
}

// Holds tells whether there is anything that suppresses.
func (s Suppression) Holds() bool { return len(s.Silences) > 0 || len(s.Inhibitors) > 0 }

// IsZero tells whether there is nothing to record.
func (s Suppression) IsZero() bool { return !s.Holds() && s.UninhibitedAt.IsZero() }

// Equal tells whether both say the same.
func (s Suppression) Equal(o Suppression) bool {
	return s.SameCause(o) && s.UninhibitedAt.Equal(o.UninhibitedAt)
}

// SameCause tells whether the same suppresses until the same moment.
func (s Suppression) SameCause(o Suppression) bool {
	return slices.Equal(s.Silences, o.Silences) && slices.Equal(s.Inhibitors, o.Inhibitors) && s.Until.Equal(o.Until)
}

// String says by what the alert is suppressed and until when.
func (s Suppression) String() string {
	var parts []string
	if len(s.Silences) > 0 {
		parts = append(parts, fmt.Sprintf("silenced by %s until %s", strings.Join(s.Silences, ", "), s.Until.UTC().Format(time.RFC3339)))
	}
	if len(s.Inhibitors) > 0 {
		by := make([]string, len(s.Inhibitors))
		for i, f := range s.Inhibitors {
			by[i] = f.String()
		}
		parts = append(parts, "inhibited by "+strings.Join(by, ", "))
	}
	return strings.Join(parts, "; ")
}
