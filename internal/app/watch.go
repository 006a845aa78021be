package app

import (
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/config"
	"alertd/internal/prom"
	"alertd/internal/rehearsal"
	"alertd/rules"
	"alertd/rules/backtest"
)

// Sources says what Watch reads.
type Sources struct {
	Config     string        // alertd.yml; "" is the environment
	None       bool          // read no configuration at all
	Prometheus string        // URL of the Prometheus to ask instead of the configuration's
	Version    string        // of the program that asks
	Timeout    time.Duration // of one query
}

// Watched is what a configuration watches, whom it asks, and whom it tells.
type Watched struct {
	Groups     []rules.Group    // alerting rules only
	Interval   time.Duration    // of rules that do not say themselves
	Querier    backtest.Querier // nil where no Prometheus is named
	Close      func()           // the querier
	Prometheus string           // its address for people, without credentials
	Link       *url.URL
	Telling    *rehearsal.Setup // nil where there is no configuration
}

// Watch reads a configuration as Run would, but for what it would do: it may
// ask the configuration's Prometheus, and tells nobody.
func Watch(s Sources) (Watched, error) {
	settings := prom.DefaultSettings()
	w := Watched{Interval: config.DefaultInterval}
	if !s.None {
		p, err := load(offline(s.Config))
		if err != nil {
			return Watched{}, err
		}
		settings = p.config.Prometheus
		w.Groups, w.Interval = alerting(p.groups), time.Duration(p.config.Evaluation.Interval)
		telling := p.rehearsal()
		w.Telling = &telling
		w.Link = p.prometheusURL()
	}
	other := prom.DefaultSettings()
	other.URL, other.Timeout = s.Prometheus, model.Duration(s.Timeout)
	if settings = askedBy(other, settings); settings.URL == "" {
		return w, nil
	}
	settings.Version = s.Version
	client, err := prom.New(settings, nil)
	if err != nil {
		return Watched{}, err
	}
	w.Querier, w.Close, w.Prometheus = client, client.Close, settings.LinkURL()
	return w, nil
}

// alerting returns the groups without their recording rules. Those raise no
// alerts, and what they give is not in the Prometheus that is asked: alertd
// evaluates them only where it has none.
func alerting(groups []rules.Group) []rules.Group {
	var out []rules.Group
	for _, g := range groups {
		g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(r *rules.Rule) bool { return r.Record != "" })
		if len(g.Rules) > 0 {
			out = append(out, g)
		}
	}
	return out
}
