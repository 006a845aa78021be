package notifier

import (
	"time"

	"github.com/prometheus/alertmanager/template"

	"alertd/internal/alert"
)

// Message is one delivery made ready to be told: what every channel renders.
type Message struct {
	ID          string // the delivery's: stable over retries
	Group       alert.GroupKey
	Receiver    string
	Integration string
	SentAt      time.Time
	Data        *Data
	PreviousRef string // the channel's reference to what it last told of this group
	// Progress is what an earlier attempt at this delivery left in
	// Failure.Progress; "" at the first attempt.
	Progress string
	// Truncated is how many alerts of the delivery are not in Data.
	Truncated int

	templates *Templates
}

// Data is what templates see: Alertmanager's data by its usual names, and
// alertd's own view of the same alerts, cleaned and shortened for people.
type Data struct {
	*template.Data
	GroupKey string
	Title    string // what broke and where, in under 60 characters where possible
	Icon     string // one character that tells the worst state: 🔴 🟠 🔵 ✅ ⚪
	Severity string // the worst among what is firing
	// Problems has one entry per alert, firing ones first, worst and oldest first.
	Problems []Problem
	// Topics are the same problems by alert name, as many as people read.
	Topics []Topic
	More   int // how many alerts Topics leave out
	// Resolved tells that nothing in this message is firing any more.
	Resolved bool
	// Recovered tells that all that ended did so by a sample that proved it.
	Recovered bool

	routeLabel func(name string) (string, error) // while route labels are rendered
}

// Topic is the problems that share an alert name: they are told as one.
type Topic struct {
	Name     string
	Severity string
	Icon     string
	// What is the same for all of them; "" where they differ.
	Summary     string
	Description string
	Where       string
	Threshold   string
	Links       []Link
	SilenceWith string // the command that silences all of them
	Problems    []Problem
	More        int  // how many alerts are left out after these
	Only        bool // it is the message's only topic, whose name the title says
}

// Single tells that the topic is about one problem only.
func (t Topic) Single() bool { return len(t.Problems) == 1 }

// Firing tells whether any of the topic's problems is.
func (t Topic) Firing() bool { return len(t.Problems) > 0 && t.Problems[0].Firing }

// Problem is one alert in words.
type Problem struct {
	Labels      template.KV
	Annotations template.KV
	Firing      bool
	Icon        string
	Name        string // alertname
	Severity    string // critical, warning, info or ""
	Summary     string // annotation `summary`, or one made from the labels
	Description string
	Where       string // the labels that tell where: instance, name, mountpoint, ...
	Since       string // since when it has been so, with the time zone
	Duration    string // how long it lasted, or has lasted
	EndedAt     string // "" while firing
	Value       string // the value with its unit; after recovery the recovered one
	Threshold   string // what it is held against
	Reading     string // the value against the threshold, in one phrase
	NoData      string // "no data since ..." while its series is missing
	Flapping    string // "flapping: fired 4 times since ...", where it came and went so often
	// Acknowledged is "acknowledged by ann at ...: why", while somebody looks after it.
	Acknowledged string
	Resolution   string // why it ended, where that was not a proven recovery
	Line         string // all of it in one line, for lists
	Links        []Link
	SilenceWith  string // the command that silences it

	sinceShort string // Since, for lists: without the date where it is today's
}

// Link is something to click.
type Link struct{ Text, URL string }
