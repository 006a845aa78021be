package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"alertd/internal/config"
	"alertd/internal/inhibit"
	"alertd/notifier"
	"alertd/notifier/console"
	"alertd/notifier/discord"
	"alertd/notifier/email"
	"alertd/notifier/slack"
	"alertd/notifier/webhook"
	"alertd/rules"
)

// deliveryExpiry is how long a delivery is tried before it is given up.
const deliveryExpiry = 24 * time.Hour

// kinds is every channel that there is: a new one is one line here.
func kinds(o Options) []notifier.Kind {
	return []notifier.Kind{
		slack.Kind(),
		discord.Kind(),
		email.Kind(),
		webhook.Kind(),
		console.Kind(o.Stdout),
	}
}

// plan is a configuration with everything that can be wrong with it tried out:
// rule files read, routes and templates parsed.
type plan struct {
	config *config.Config
	groups []rules.Group
	route  *notifier.Route
	// inhibit says which alerts keep which others from being told.
	inhibit []inhibit.Rule
}

// current is the plan in force.
type current struct{ p atomic.Pointer[plan] }

func (c *current) plan() *plan     { return c.p.Load() }
func (c *current) replace(p *plan) { c.p.Store(p) }

// offline returns the options to read a configuration with ("" is the
// environment) without running it: nothing is logged, nothing is printed.
func offline(configFile string) Options {
	return Options{ConfigFile: configFile, Stdout: io.Discard, Logger: slog.New(slog.DiscardHandler)}
}

// load reads the configuration and the rule files that it names.
func load(o Options) (*plan, error) {
	cfg, err := readConfig(o)
	if err != nil {
		return nil, err
	}
	return planOf(cfg, o)
}

func readConfig(o Options) (*config.Config, error) {
	read := config.Options{Kinds: kinds(o), Logger: o.Logger}
	if o.ConfigFile == "" {
		return config.FromEnv(read)
	}
	return config.Load(o.ConfigFile, read)
}

// planOf tries out what a configuration says and names.
func planOf(cfg *config.Config, o Options) (*plan, error) {
	p := &plan{config: cfg}
	var err error
	if p.route, err = cfg.RouteTree(); err != nil {
		return nil, err
	}
	if p.inhibit, err = cfg.InhibitRules(); err != nil {
		return nil, err
	}
	if p.groups, err = cfg.Rules().Compile(); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	_, flapping := cfg.FlappingRules()
	files, err := rules.LoadFiles(cfg.RuleFiles, rules.FileOptions{
		Interval: time.Duration(cfg.Evaluation.Interval), Recording: cfg.Prometheus.URL == "", Flapping: flapping, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	p.groups = append(p.groups, files...)
	return p, nil
}

// counts tells how much the plan watches, and how many it tells.
func (p *plan) counts() (jobs, rules, receivers int) {
	for _, g := range p.groups {
		rules += len(g.Rules)
	}
	return len(p.config.Cron), rules, len(p.config.Receivers)
}

// setup opens every channel and loads the templates.
func (p *plan) setup(o Options, external *url.URL) (*notifier.Setup, error) {
	templates, err := notifier.LoadTemplates(p.config.Templates, external, p.config.Timezone)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	s := &notifier.Setup{Route: p.route, Receivers: map[string][]notifier.Target{}, Templates: templates, Expiry: deliveryExpiry}
	for _, r := range p.config.Receivers {
		for _, i := range r.Integrations {
			id := r.ID(i)
			channel, err := i.Settings.Open(notifier.Env{
				Logger: o.Logger.With("integration", id), ExternalURL: external, Version: o.Version.Version,
			})
			if err != nil {
				return nil, fmt.Errorf("receiver %s: %w", id, err)
			}
			s.Receivers[r.Name] = append(s.Receivers[r.Name], notifier.Target{
				ID: id, Kind: i.Kind, Channel: channel, Options: i.Settings.Options(),
			})
		}
	}
	return s, nil
}
