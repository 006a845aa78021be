package alert

import "time"

// Silence keeps the alerts that its matchers pass from being told, from
// StartsAt until EndsAt.
type Silence struct {
	ID        string
	Matchers  Matchers
	StartsAt  time.Time
	EndsAt    time.Time
	CreatedBy string
	Comment   string
	UpdatedAt time.Time
}

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
