package alert

import (
	"fmt"
	"time"
)

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

// Validate tells what is wrong with the silence, in words for its author.
func (s *Silence) Validate() error {
	switch {
	case len(s.Matchers) == 0:
		return fmt.Errorf("a silence needs at least one matcher")
	case s.Matchers.MatchesEmpty():
		return fmt.Errorf("at least one matcher must not match the empty string: this one would silence everything")
	case s.StartsAt.IsZero() || s.EndsAt.IsZero():
		return fmt.Errorf("a silence needs a start and an end")
	case !s.EndsAt.After(s.StartsAt):
		return fmt.Errorf("the silence ends (%s) before it starts (%s)",
			s.EndsAt.Format(time.RFC3339), s.StartsAt.Format(time.RFC3339))
	case s.CreatedBy == "":
		return fmt.Errorf("a silence needs an author")
	case s.Comment == "":
		return fmt.Errorf("a silence needs a comment: say why")
	}
	return nil
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
