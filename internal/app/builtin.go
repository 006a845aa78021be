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

// Alertmanager reads the configuration file path ("" is the environment) as Run
// would, and returns it as an alertmanager.yml with secrets masked. It talks to
// nobody.
func Alertmanager(path string) ([]byte, error) {
	p, err := load(offline(path))
	if err != nil {
		return nil, err
	}
	return p.config.Alertmanager()
}

// ReceiverTypes returns the keys of a receiver that hold channels.
func ReceiverTypes() []string {
	var keys []string
	for _, k := range kinds(offline("")) {
		keys = append(keys, k.Name+"_configs")
	}
	return keys
}
