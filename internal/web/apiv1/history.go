package apiv1

import (
	"time"

	"alertd/internal/alert"
)

// History is a page of what GET /api/v1/history answers, newest first. Given as
// cursor, Next leads to the page after; "" is the end. A page may be short.
type History struct {
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty"`
}

// Event is one line of history.
type Event struct {
	At          time.Time    `json:"at"`
	Kind        string       `json:"kind"`
	Alert       string       `json:"alert,omitempty"` // its id
	Labels      alert.Labels `json:"labels"`          // of the alert, or of the group
	Value       string       `json:"value"`
	Detail      string       `json:"detail,omitempty"`
	Group       string       `json:"group,omitempty"`
	Integration string       `json:"integration,omitempty"`
	Delivery    string       `json:"delivery,omitempty"`
}

// Incidents is a page of what GET /api/v1/incidents answers: those that still
// fire, the newest first, then those that ended, the last one first.
type Incidents struct {
	Incidents []Incident `json:"incidents"`
	Next      string     `json:"next,omitempty"`
}

// Incident is an alert that has fired, with whom was told of it.
type Incident struct {
	Alert
	Told []Told `json:"told"`
}

// Told is when an integration first heard of an incident.
type Told struct {
	Integration string    `json:"integration"`
	At          time.Time `json:"at"`
}

// Stats is what GET /api/v1/stats answers.
type Stats struct {
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Incidents int       `json:"incidents"` // that were firing at some time within
	Firing    int       `json:"firing"`    // that still do
	Fired     int       `json:"fired"`     // every coming and going of flapping ones counted

	// DowntimeSeconds is how long at least one was firing.
	DowntimeSeconds float64 `json:"downtimeSeconds"`

	TimeToTold        Spread `json:"timeToTold"`        // from firing to the first message
	TimeToAcknowledge Spread `json:"timeToAcknowledge"` // from firing to the first acknowledgement
	TimeToResolve     Spread `json:"timeToResolve"`     // from firing to the end

	Rules        []RuleStats        `json:"rules"` // the noisiest first
	Jobs         []JobStats         `json:"jobs"`  // cron jobs that had incidents
	Integrations []IntegrationStats `json:"integrations"`
}

// Spread tells of durations how many there are and how long they are, in seconds.
type Spread struct {
	Count   int     `json:"count"`
	Mean    float64 `json:"meanSeconds"`
	Median  float64 `json:"medianSeconds"`
	Longest float64 `json:"longestSeconds"`
}

// RuleStats sums up the incidents of one alert name.
type RuleStats struct {
	Name          string  `json:"name"`
	Incidents     int     `json:"incidents"`
	Firing        int     `json:"firing"`
	Fired         int     `json:"fired"`
	Flapping      int     `json:"flapping"`
	LastedSeconds float64 `json:"lastedSeconds"` // all of them together
}

// JobStats sums up the incidents of one cron job. How often the job ran alertd
// does not know: Prometheus may.
type JobStats struct {
	Job             string         `json:"job"`
	Incidents       int            `json:"incidents"`
	Firing          int            `json:"firing"`
	ByName          map[string]int `json:"byName"`          // incidents by alert name
	DowntimeSeconds float64        `json:"downtimeSeconds"` // how long at least one was firing
}

// IntegrationStats is how telling one integration went.
type IntegrationStats struct {
	Integration string `json:"integration"`
	Delivered   int    `json:"delivered"`
	GaveUp      int    `json:"gaveUp"` // refused for good, or expired
	Superseded  int    `json:"superseded"`
	Due         int    `json:"due"`            // not yet delivered
	Failed      int    `json:"failedAttempts"` // attempts
	Latency     Spread `json:"latency"`        // from deciding to telling
}
