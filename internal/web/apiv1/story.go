package apiv1

import (
	"time"

	"alertd/internal/alert"
)

// Explanation is what GET /api/v1/explain answers: a story, or the alerts that
// may have been meant.
type Explanation struct {
	Story      *Story  `json:"story,omitempty"`
	Candidates []Alert `json:"candidates,omitempty"`
}

// Story is one alert from its sample to the messages about it.
type Story struct {
	At    time.Time  `json:"at"` // when it was told
	Alert Alert      `json:"alert"`
	Rule  *StoryRule `json:"rule,omitempty"` // none: others sent it, or its rule is gone
	// RuleMissing says why there is no rule.
	RuleMissing string `json:"ruleMissing,omitempty"`

	Past        []StoryLine        `json:"past"`                  // what happened, oldest first
	Suppressed  []Suppression      `json:"suppressed,omitempty"`  // who keeps it quiet now
	Routes      []StoryRoute       `json:"routes,omitempty"`      // by the configuration in force
	Told        []StoryIntegration `json:"told,omitempty"`        // where it stands with each integration
	Next        []StoryLine        `json:"next,omitempty"`        // what happens by itself, soonest first
	NotComplete []string           `json:"notComplete,omitempty"` // what could not be found out
}

// StoryRule is the rule that an alert comes from.
type StoryRule struct {
	Name           string     `json:"name"`
	Group          string     `json:"group"`
	Expression     string     `json:"expression"`
	ForSeconds     float64    `json:"forSeconds"`
	LastError      string     `json:"lastError,omitempty"`
	LastEvaluation *time.Time `json:"lastEvaluation,omitempty"`
}

// StoryLine is one thing that happened, or will. Kind is that of an event, or of
// what is to come.
type StoryLine struct {
	At          time.Time `json:"at"`
	Kind        string    `json:"kind"`
	Text        string    `json:"text"`
	Integration string    `json:"integration,omitempty"`
	Delivery    string    `json:"delivery,omitempty"`
}

// What keeps people from being told, or told again.
const (
	BySilence    = "silence"
	ByInhibition = "inhibition"
	ByMute       = "mute"
	ByAck        = "acknowledgement"
)

// Suppression is why people are not told, or not again.
type Suppression struct {
	By      string     `json:"by"`           // one of the constants above
	ID      string     `json:"id,omitempty"` // of the silence; the fingerprint of the alert that inhibits
	Who     string     `json:"who"`          // a person, the alert that inhibits, or time intervals
	Comment string     `json:"comment,omitempty"`
	Until   *time.Time `json:"until,omitempty"` // none: nobody knows
}

// StoryRoute is a route that takes the alert.
type StoryRoute struct {
	Path                  []string     `json:"path"` // the matchers of each node from the root
	Receiver              string       `json:"receiver"`
	Group                 string       `json:"group"`
	GroupedBy             alert.Labels `json:"groupedBy"`
	GroupWaitSeconds      float64      `json:"groupWaitSeconds"`
	GroupIntervalSeconds  float64      `json:"groupIntervalSeconds"`
	RepeatIntervalSeconds float64      `json:"repeatIntervalSeconds"`
}

// StoryIntegration is where one integration stands with the alert.
type StoryIntegration struct {
	Integration string     `json:"integration"`
	Group       string     `json:"group"`
	State       string     `json:"state"` // told, waiting, under way, failing, suppressed, refused, not told
	Reason      string     `json:"reason,omitempty"`
	FirstTold   *time.Time `json:"firstTold,omitempty"`
	LastTold    *time.Time `json:"lastTold,omitempty"`
	Delivery    string     `json:"delivery,omitempty"` // the last, or the one under way
	Attempts    int        `json:"attempts,omitempty"`
	Error       string     `json:"error,omitempty"`
	NextAt      *time.Time `json:"nextAt,omitempty"` // when this changes by itself
}
