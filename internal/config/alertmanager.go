package config

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"

	"alertd/notifier"
)

// Alertmanager returns the routes and the names of the receivers as an
// alertmanager.yml: all that amtool reads of GET /api/v2/status, and nothing
// that it would refuse.
func (c *Config) Alertmanager() ([]byte, error) {
	type receiver struct {
		Name string `yaml:"name"`
	}
	root := *c.Route
	if root.GroupInterval != nil && *root.GroupInterval == 0 {
		// The default route's, which Alertmanager has no way to say.
		least := model.Duration(time.Millisecond)
		root.GroupInterval = &least
	}
	out := struct {
		Route     *notifier.RouteSpec `yaml:"route"`
		Receivers []receiver          `yaml:"receivers"`
	}{Route: &root}
	for _, r := range c.Receivers {
		out.Receivers = append(out.Receivers, receiver{r.Name})
	}
	text, err := yaml.Dump(out, yaml.WithV4Defaults())
	if err != nil {
		return nil, fmt.Errorf("writing the routes: %w", err)
	}
	return text, nil
}
