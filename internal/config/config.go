// Package config makes a validated Config of alertd.yml, or of environment
// variables where there is no file. Every mistake is told at once, with its
// place and how to mend it, and never with a secret.
package config

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/config/document"
	"alertd/internal/heartbeat"
	"alertd/internal/invalid"
	"alertd/internal/mutetime"
	"alertd/internal/prom"
	"alertd/internal/standalone"
	"alertd/notifier"
	"alertd/rules"
)

// Config is what alertd is told to do. Its paths are absolute, or relative to
// the working directory where there was no file.
type Config struct {
	Global     notifier.Global
	Prometheus prom.Settings       // used when it has a URL
	Standalone standalone.Settings // used otherwise, if Watching
	Grafana    Grafana
	Runbooks   Runbooks

	// Watching is whether there is anything to watch. Where there is not, all
	// alerts come from others, as to an Alertmanager.
	Watching   bool
	Cron       []rules.CronJob
	Resources  rules.Resources
	Containers rules.Containers
	RuleFiles  []rules.FileSpec
	Evaluation Evaluation
	Flapping   Flapping

	Route     *notifier.RouteSpec // the default one where the file has none
	Routed    bool                // the file has one
	Receivers []Receiver          // at least one
	Inhibit   []InhibitRule
	// TimeIntervals are those that routes may name.
	TimeIntervals mutetime.Intervals
	Templates     []string // globs of template files
	Silences      Silences
	Timezone      *time.Location // of times in messages
	Storage       Storage
	Self          Self
	Heartbeat     heartbeat.Settings
	Notes         Notes

	intervalPaths map[string]string // where the time intervals are written, by name

	masked []byte
	source *document.Document
	beside bool // the environment says what to watch
}

// Grafana is the `grafana` section: where messages link to.
type Grafana struct {
	URL string `yaml:"url"`
	// UIDs of the dashboards; empty: no link. The defaults are those of the
	// dashboards that come with alertd.
	CronDashboard       string `yaml:"cron_dashboard"`
	HostDashboard       string `yaml:"host_dashboard"`
	ContainersDashboard string `yaml:"containers_dashboard"`
}

// dashboards returns where messages link to.
func (g Grafana) dashboards() rules.Dashboards {
	link := func(uid string) string {
		if g.URL == "" || uid == "" {
			return ""
		}
		return strings.TrimRight(g.URL, "/") + "/d/" + url.PathEscape(uid)
	}
	return rules.Dashboards{Cron: link(g.CronDashboard), Host: link(g.HostDashboard), Containers: link(g.ContainersDashboard)}
}

// Runbooks is the `runbooks` section: where the built-in alerts are explained.
type Runbooks struct {
	// URL has a page below it for every alert, of its name; empty: no link.
	URL string `yaml:"url"`
}

// Evaluation is the `evaluation` section: how rules are evaluated.
type Evaluation struct {
	Interval    model.Duration `yaml:"interval"`    // of rules that do not say themselves
	MissingFor  model.Duration `yaml:"missing_for"` // how long data may be missing before NoData
	Concurrency int            `yaml:"concurrency"` // queries under way at once
	Timeout     model.Duration `yaml:"timeout"`     // of one query
	Batch       bool           `yaml:"batch"`       // ask for many rules in one query
}

// Storage is the `storage` section.
type Storage struct {
	Retention     model.Duration `yaml:"retention"`      // of history, ended incidents and finished deliveries
	RetentionSize Size           `yaml:"retention_size"` // of the database with them; 0: no bound
}

// Receiver is a name and the integrations that are told when it is.
type Receiver struct {
	Name         string
	Labels       map[string]string // by which API clients choose it
	Integrations []Integration
}

// Integration is one channel of a receiver.
type Integration struct {
	Kind     string // slack, email, ...
	Index    int    // among the receiver's of that kind, from 0
	Settings notifier.Settings
}

// What holds when the file does not say.
const (
	DefaultInterval       = 15 * time.Second
	DefaultMissingFor     = 5 * time.Minute
	DefaultConcurrency    = 4
	DefaultRetention      = 30 * 24 * time.Hour
	DefaultResolveTimeout = 5 * time.Minute
	DefaultRetentionSize  = 512 << 20
)

// minRetentionSize is room for some thousand incidents: less would forget what
// people have just been told.
const minRetentionSize = 16 << 20

func defaults() *Config {
	return &Config{
		Global:     notifier.Global{ResolveTimeout: model.Duration(DefaultResolveTimeout)},
		Prometheus: prom.DefaultSettings(),
		Standalone: standalone.DefaultSettings(),
		Evaluation: Evaluation{
			Interval:    model.Duration(DefaultInterval),
			MissingFor:  model.Duration(DefaultMissingFor),
			Concurrency: DefaultConcurrency,
			Batch:       true,
		},
		Flapping: defaultFlapping(),
		Silences: defaultSilences(),
		Storage:  Storage{Retention: model.Duration(DefaultRetention), RetentionSize: DefaultRetentionSize},
		Self:     defaultSelf(), Heartbeat: heartbeat.DefaultSettings(),
		Grafana:  Grafana{CronDashboard: "cryptobot-cron-pipeline", ContainersDashboard: "cryptobot-containers"},
		Timezone: time.Local,
		Watching: true,
	}
}

// Rules returns what to watch, apart from rule files.
func (c *Config) Rules() rules.Spec {
	flapping, _ := c.FlappingRules()
	return rules.Spec{
		Cron:       c.Cron,
		Resources:  c.Resources,
		Containers: c.Containers,
		Interval:   time.Duration(c.Evaluation.Interval),
		MissingFor: time.Duration(c.Evaluation.MissingFor),
		Flapping:   flapping,
		Dashboards: c.Grafana.dashboards(),
		Runbooks:   strings.TrimRight(c.Runbooks.URL, "/"),
	}
}

// Masked returns the configuration as YAML, of the same form whether it came
// from a file or from variables: variables and aliases expanded, secrets
// masked, without comments.
func (c *Config) Masked() []byte { return c.masked }

// Place returns a finding with its place only: where the value at a path such as
// route.routes[0].receiver is written, its secrets masked.
func (c *Config) Place(path string) invalid.Finding { return c.source.Place(path) }

// PlaceAt is Place for a line and column of the file.
func (c *Config) PlaceAt(line, column int) invalid.Finding { return c.source.PlaceAt(line, column) }

// IntervalPath returns the path at which a time interval's name is written.
func (c *Config) IntervalPath(name string) string { return c.intervalPaths[name] }

// Lines returns the text of the configuration's file, secrets and all; nil
// where it came from variables.
func (c *Config) Lines() []string { return c.source.Lines() }

// ID returns the name of the receiver's integration, as stores and metrics
// know it.
func (r *Receiver) ID(i Integration) string {
	return fmt.Sprintf("%s/%s/%d", r.Name, i.Kind, i.Index)
}
