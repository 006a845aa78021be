package app

import (
	"alertd/internal/rehearsal"
	"alertd/notifier"
)

// Routes reads the configuration file path as Run would, and returns its routes
// and receivers for a rehearsal. It talks to nobody.
func Routes(path string) (rehearsal.Setup, error) {
	p, err := load(offline(path))
	if err != nil {
		return rehearsal.Setup{}, err
	}
	return p.rehearsal(), nil
}

// rehearsal returns whom the plan tells, without the channels to tell them by.
func (p *plan) rehearsal() rehearsal.Setup {
	s := rehearsal.Setup{Route: p.route, Receivers: map[string][]notifier.Integration{}, Inhibit: p.inhibit, Expiry: deliveryExpiry}
	for _, r := range p.config.Receivers {
		all := make([]notifier.Integration, len(r.Integrations))
		for i, integration := range r.Integrations {
			all[i] = notifier.Integration{ID: r.ID(integration), SendResolved: integration.Settings.Options().SendResolved}
		}
		s.Receivers[r.Name] = all
	}
	return s
}
