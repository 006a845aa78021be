package alert

import "time"

// Silence keeps the alerts that its matchers pass from being told, from
// StartsAt until EndsAt.
type Silence struct {
	ID          string
	Matchers    Matchers
	StartsAt    time.Time
	EndsAt      time.Time
	CreatedBy   string
	Comment     string
	Annotations Labels // what clients note beside it; two names have a meaning
	UpdatedAt   time.Time
}

// The annotations of silences by which every client of API v2 can ask for what
// that API has no field for.
const (
	// UntilResolvedAnnotation ends the silence before its end, once what it
	// silenced has been over for a while; its value is "true".
	UntilResolvedAnnotation = "until_resolved"
	// RecurringAnnotation has the id of the recurring silence that this one is an
	// occurrence of.
	RecurringAnnotation = "recurring"
)

// UntilResolved tells whether the silence ends with what it silences.
func (s *Silence) UntilResolved() bool { return s.Annotations.Get(UntilResolvedAnnotation) == "true" }

// Recurring returns the id of the recurring silence that this one is an
// occurrence of, or "".
func (s *Silence) Recurring() string { return s.Annotations.Get(RecurringAnnotation) }

// SilenceState is where a silence stands at a moment.
type SilenceState string

// The states of a silence, in Alertmanager's words.
const (
	SilencePending SilenceState = "pending"
	SilenceActive  SilenceState = "active"
	SilenceExpired SilenceState = "expired"
)

// StateAt tells where the silence stands at now.
func (s *Silence) StateAt(now time.Time) SilenceState {
	switch {
	case now.Before(s.StartsAt):
		return SilencePending
	case now.Before(s.EndsAt):
		return SilenceActive
	default:
		return SilenceExpired
	}
}

// Silences is every silence that is not yet forgotten.
type Silences []Silence

// Matching returns the ids of the silences that hold for labels at now.
func (ss Silences) Matching(labels Labels, now time.Time) []string {
	var ids []string
	for i := range ss {
		if ss[i].StateAt(now) == SilenceActive && ss[i].Matchers.Matches(labels) {
			ids = append(ids, ss[i].ID)
		}
	}
	return ids
}

// RecurringSilence is a silence that comes again: at every slot of a cron
// schedule, for Duration. Its occurrences are ordinary silences.
type RecurringSilence struct {
	ID        string
	Matchers  Matchers
	Schedule  string // a cron expression
	Timezone  string // in which Schedule is meant, an IANA name
	Duration  time.Duration
	CreatedBy string
	Comment   string
	UpdatedAt time.Time
	// MadeUntil is the last slot whose occurrence was made: none is made twice,
	// so that one which somebody ended early does not come back.
	MadeUntil time.Time
}
