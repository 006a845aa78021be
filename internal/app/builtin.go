package app

import (
	"fmt"

	"alertd/rules"
)

// BuiltInRules reads the configuration file path ("" is the environment) as Run
// would, and returns the rules that it makes; those of its rule files are not
// among them. It talks to nobody.
func BuiltInRules(path string) ([]rules.Group, error) {
	p, err := load(offline(path))
	if err != nil {
		return nil, err
	}
	groups, err := p.config.Rules().Compile()
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return groups, nil
}
