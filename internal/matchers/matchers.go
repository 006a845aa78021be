// Package matchers reads label matchers as people type them, in Alertmanager's
// syntax.
package matchers

import (
	"fmt"
	"reflect"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"

	"alertd/internal/alert"
)

// Parse reads zero or more matchers, such as foo="bar" or
// {foo="bar",baz=~"a|b"}. It understands UTF-8 names, and what only
// Alertmanager's older parser takes; where both parsers take a text but not
// for the same matchers, the older one decides, as it does in Alertmanager.
func Parse(input string) (alert.Matchers, error) {
	parsed, err := parse.Matchers(input)
	classic, classicErr := labels.ParseMatchers(input)
	switch {
	case err != nil && classicErr != nil:
		return nil, fmt.Errorf("matchers %q: %w", input, err)
	case classicErr == nil && (err != nil || !reflect.DeepEqual(parsed, labels.Matchers(classic))):
		parsed = classic
	}
	out := make(alert.Matchers, 0, len(parsed))
	for _, m := range parsed {
		own, err := alert.NewMatcher(m.Name, alert.MatchOp(m.Type.String()), m.Value)
		if err != nil {
			return nil, fmt.Errorf("matchers %q: %w", input, err)
		}
		out = append(out, own)
	}
	return out, nil
}
