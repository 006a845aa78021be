package apiv1

import (
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv2"
)

// RecurringSilence is a recurring silence as GET /api/v1/silences/recurring gives
// it.
type RecurringSilence struct {
	ID          string          `json:"id"`
	Matchers    []apiv2.Matcher `json:"matchers"`
	Schedule    string          `json:"schedule"`
	Timezone    string          `json:"timezone"`
	Duration    string          `json:"duration"` // as in Prometheus: 4h
	CreatedBy   string          `json:"createdBy"`
	Comment     string          `json:"comment"`
	UpdatedAt   time.Time       `json:"updatedAt"`
	Occurrences []Occurrence    `json:"occurrences"` // the one that runs, if any, and the next
}

// Occurrence is a silence that a recurring silence made.
type Occurrence struct {
	ID       string             `json:"id"`
	State    alert.SilenceState `json:"state"`
	StartsAt time.Time          `json:"startsAt"`
	EndsAt   time.Time          `json:"endsAt"`
}

// PostedRecurringSilence is the body of POST /api/v1/silences/recurring.
type PostedRecurringSilence struct {
	ID        string                   `json:"id"` // of the one to change; "" for a new one
	Matchers  []*apiv2.PostableMatcher `json:"matchers"`
	Schedule  string                   `json:"schedule"`
	Timezone  string                   `json:"timezone"` // "": alertd's
	Duration  string                   `json:"duration"`
	CreatedBy string                   `json:"createdBy"`
	Comment   string                   `json:"comment"`
}
