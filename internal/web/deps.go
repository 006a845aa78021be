// Package web is alertd over HTTP: Alertmanager's API v2, alertd's own API v1,
// health, metrics, and a page for people. It asks and tells the rest of alertd
// through the functions and the small interface of Deps.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

// Store is the part of the store that is served.
type Store interface {
	ActiveAlerts(ctx context.Context) ([]alert.Alert, error)
	EndedAlerts(ctx context.Context, since time.Time) ([]alert.Alert, error)
	Silences(ctx context.Context) (alert.Silences, error)
	Silence(ctx context.Context, id string) (*alert.Silence, error)
	SaveSilences(ctx context.Context, now time.Time, silences ...alert.Silence) error
	RecurringSilences(ctx context.Context) ([]alert.RecurringSilence, error)
	SaveAcks(ctx context.Context, now time.Time, acks ...alert.Ack) error
	RemoveAcks(ctx context.Context, now time.Time, by string, alertIDs ...string) error
	Deliveries(ctx context.Context, limit int, states ...alert.DeliveryState) ([]alert.Delivery, error)
	Queue(ctx context.Context) ([]alert.QueueDepth, error)
	Events(ctx context.Context, from, to time.Time, limit int) ([]alert.Event, error)
	History(ctx context.Context, q alert.EventQuery) (*alert.EventPage, error)
	Incidents(ctx context.Context, q alert.IncidentQuery) (*alert.IncidentPage, error)
	Stats(ctx context.Context, from, to time.Time) (*alert.Stats, error)
	Usage(ctx context.Context) (alert.StoreUsage, error)
}

// Recurring makes and ends recurring silences.
type Recurring interface {
	// Check tells what is wrong with one's schedule.
	Check(r *alert.RecurringSilence, now time.Time) error
	// SetRecurring creates one or changes the one of its id, with its occurrences.
	SetRecurring(ctx context.Context, r alert.RecurringSilence, now time.Time) error
	// DeleteRecurring forgets one and ends what runs of it; Deps.NotFound where
	// there is none.
	DeleteRecurring(ctx context.Context, id string, now time.Time) error
	// Timezone is that of schedules which name none.
	Timezone() string
}

// Deps is what the server needs from the rest of alertd. Functions are called
// concurrently. Store, NotFound, Groups, Receivers, Receive, Reload, Ready and
// Gatherer must be there; the rest may be left out.
type Deps struct {
	Store    Store
	NotFound error // what the store's error is where there is no such silence or alert
	// Recurring makes and ends recurring silences; left out, nobody can.
	Recurring Recurring

	// Groups tells which groups, and so receivers, an alert goes to.
	Groups func(alert.Labels) []alert.GroupRef
	// InhibitedBy tells the fingerprints of the alerts that inhibit one with
	// these labels now; nobody is inhibited where it is left out.
	InhibitedBy func(alert.Labels) []string
	// MutedBy tells the time intervals by which a route is muted; none is where
	// it is left out.
	MutedBy func(routeID string, now time.Time) []string
	// RouteLabels tells the labels of a group's route, rendered over its alerts;
	// a route has none where it is left out.
	RouteLabels func(ref alert.GroupRef, alerts []*alert.Alert, now time.Time) alert.Labels
	// Receivers lists every receiver of the configuration, in its order.
	Receivers func() []Receiver
	// Receive takes alerts that others send; it returns when they are durable.
	Receive func(context.Context, []PostedAlert) error
	// ResolveTimeout is how long an alert lasts whose sender does not say; 5
	// minutes where it is left out. What would end before it starts is refused.
	ResolveTimeout func() time.Duration
	// Reload reads the configuration again; its error has every mistake found.
	Reload func(context.Context) error
	// Ready tells why alertd cannot work yet, or nil.
	Ready func() error
	// Explain tells the story of the alert of that id, and returns the alert; its
	// error is NotFound where nothing is known of it.
	Explain func(ctx context.Context, alertID string) (*apiv1.Story, *alert.Alert, error)
	// Retention tells how long and how much history is kept.
	Retention func() Retention
	// TestReceiver tells each integration of a receiver that this is a test.
	TestReceiver func(ctx context.Context, name string) ([]TestResult, error)
	// Drills practises; there is none where Start is left out.
	Drills Drills
	// RuleGroups tells how evaluating goes.
	RuleGroups func() []RuleGroupStatus
	// Config returns the configuration in force as YAML, secrets masked, and
	// OriginalConfig as much of it as an Alertmanager would take.
	Config, OriginalConfig func() string
	// OnSilence is called after a silence or an acknowledgement was committed.
	OnSilence func()
	// Now is the clock; time.Now where it is left out. Its location is the one
	// in which the page shows times.
	Now func() time.Time

	Gatherer   prometheus.Gatherer
	Registerer prometheus.Registerer
	Logger     *slog.Logger

	Version      Version
	StartedAt    time.Time
	InstanceName string   // in cluster status; "alertd" where it is left out
	ExternalURL  *url.URL // how people reach this server
	RoutePrefix  string   // path below which everything is served; the external URL's where it is left out
	Limits       Limits
	// CORSOrigin matches the origins whose pages may use the API: their whole
	// text, such as https://karma.example.org. Nil: none.
	CORSOrigin *regexp.Regexp
}

// Limits are bounds that Alertmanager's flags set too; zero is no limit.
type Limits struct {
	Silences     int // how many are kept, ended ones included
	Recurring    int // how many recurring ones
	SilenceBytes int // the size of one: its texts together
	AllSilences  int // the size of all that are kept, in bytes
	// Gets is how many GET requests of page and API are answered at once; below
	// 1 it is the number of processors, or 8 where that is more.
	Gets    int
	Timeout time.Duration // how long answering a request may take
}

// Retention is how long history is kept, and how many bytes of it; 0 is without
// bound.
type Retention struct {
	Age  time.Duration
	Size int64
}

// Version tells what was built.
type Version struct{ Version, Commit, Date string }

// Receiver is a receiver of the configuration.
type Receiver struct {
	Name   string
	Labels alert.Labels
}

// labels returns the labels by which API clients choose receivers.
func (r Receiver) labels() alert.Labels { return r.Labels.With("name", r.Name) }

// PostedAlert is an alert that another program sent. Its labels are valid and
// not empty.
type PostedAlert struct {
	Labels, Annotations alert.Labels
	StartsAt            time.Time // never zero
	EndsAt              time.Time // zero: its sender does not say; never before StartsAt
	GeneratorURL        string
}

// TestResult is how telling one integration of a receiver went.
type TestResult struct {
	Integration string
	Error       string // "" where it went well
	Duration    time.Duration
}

// RuleGroupStatus tells how evaluating one group of rules goes.
type RuleGroupStatus struct {
	Name           string
	Interval       time.Duration
	LastEvaluation time.Time // zero: none yet
	Duration       time.Duration
	Rules          []RuleStatus
}

// RuleStatus tells how evaluating one rule goes.
type RuleStatus struct {
	Name      string
	Type      string // alerting or recording
	State     string // inactive, pending or firing; "" of a recording rule
	Health    string // ok, err or unknown
	LastError string
	Alerts    int // pending and firing
}

// completed returns the dependencies with what may be left out filled in, or
// an error that names what may not.
func (d Deps) completed() (Deps, error) {
	var errs []error
	for _, need := range []struct {
		name    string
		missing bool
	}{
		{"Store", d.Store == nil},
		{"NotFound", d.NotFound == nil},
		{"Groups", d.Groups == nil},
		{"Receivers", d.Receivers == nil},
		{"Receive", d.Receive == nil},
		{"Reload", d.Reload == nil},
		{"Ready", d.Ready == nil},
		{"Gatherer", d.Gatherer == nil},
	} {
		if need.missing {
			errs = append(errs, errors.New("web: "+need.name+" is missing"))
		}
	}
	if d.InhibitedBy == nil {
		d.InhibitedBy = func(alert.Labels) []string { return nil }
	}
	if d.MutedBy == nil {
		d.MutedBy = func(string, time.Time) []string { return nil }
	}
	if d.RouteLabels == nil {
		d.RouteLabels = func(alert.GroupRef, []*alert.Alert, time.Time) alert.Labels { return nil }
	}
	if d.RuleGroups == nil {
		d.RuleGroups = func() []RuleGroupStatus { return nil }
	}
	for _, config := range []*func() string{&d.Config, &d.OriginalConfig} {
		if *config == nil {
			*config = func() string { return "" }
		}
	}
	if d.Retention == nil {
		d.Retention = func() Retention { return Retention{} }
	}
	if d.OnSilence == nil {
		d.OnSilence = func() {}
	}
	if d.ResolveTimeout == nil {
		d.ResolveTimeout = func() time.Duration { return 5 * time.Minute }
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.StartedAt.IsZero() {
		d.StartedAt = d.Now()
	}
	if d.InstanceName == "" {
		d.InstanceName = "alertd"
	}
	return d, errors.Join(errs...)
}
