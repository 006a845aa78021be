package config

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
	"alertd/rules"
)

// Flapping is the `flapping` section: when an alert that comes and goes is told
// once, and held.
type Flapping struct {
	Enabled   bool           `yaml:"enabled"`    // for all but rule files, which say for themselves
	Firings   int            `yaml:"firings"`    // so many within Window are flapping
	Window    model.Duration `yaml:"window"`     // how far back firings count
	StableFor model.Duration `yaml:"stable_for"` // how long it must be well to resolve
}

// What makes an alert flap when the file does not say.
const (
	DefaultFirings   = 4
	DefaultWindow    = time.Hour
	DefaultStableFor = 15 * time.Minute
)

// longestWindow bounds how many ended alerts are kept in mind.
const longestWindow = 24 * time.Hour

func defaultFlapping() Flapping {
	return Flapping{Enabled: true, Firings: DefaultFirings, Window: model.Duration(DefaultWindow), StableFor: model.Duration(DefaultStableFor)}
}

// Check tells what is wrong with the section.
func (f Flapping) Check() []invalid.Field {
	var wrong []invalid.Field
	if f.Firings < 2 {
		wrong = append(wrong, invalid.Field{
			Path: "firings", Problem: fmt.Sprintf("%d is too few to come and go", f.Firings),
			Mend: "write 2 or more; enabled: false turns it off",
		})
	}
	if w := time.Duration(f.Window); w < time.Minute || w > longestWindow {
		wrong = append(wrong, invalid.Field{Path: "window", Problem: fmt.Sprintf("%s is not from a minute to a day", f.Window), Mend: "write a duration such as 1h"})
	}
	if f.StableFor <= 0 {
		wrong = append(wrong, notPositive("stable_for", "15m"))
	}
	return wrong
}

// FlappingRules returns when alerts flap: those of jobs, the host and containers,
// and those of the rule files that ask for it.
func (c *Config) FlappingRules() (builtIn, files rules.Flapping) {
	files = rules.Flapping{Firings: c.Flapping.Firings, Window: time.Duration(c.Flapping.Window), Stable: time.Duration(c.Flapping.StableFor)}
	if c.Flapping.Enabled {
		builtIn = files
	}
	return builtIn, files
}
