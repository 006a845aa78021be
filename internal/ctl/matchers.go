package ctl

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/matchers"
)

// parseMatchers reads matchers as they are typed, one or more an argument. As
// for amtool, a bare word in the first place is the name of an alert. Errors
// are usage mistakes.
func parseMatchers(args []string) (alert.Matchers, error) {
	var all alert.Matchers
	for i, arg := range args {
		if i == 0 && arg != "" && !strings.ContainsAny(arg, "=~!{}\"',") {
			m, err := alert.NewMatcher(alert.AlertName, alert.MatchEqual, arg)
			if err != nil {
				return nil, usage("%w", err)
			}
			all = append(all, m)
			continue
		}
		ms, err := parseMatcherArg(arg)
		if err != nil {
			return nil, usage("%q is no matcher: %w", arg, err).
				withHint("Write label=value, label!=value, label=~regex or label!~regex: see \"alertctl help matchers\".")
		}
		all = append(all, ms...)
	}
	return all, nil
}

// parseMatcherArg reads one argument.
func parseMatcherArg(arg string) (alert.Matchers, error) {
	ms, err := matchers.Parse(arg)
	switch {
	case err == nil && len(ms) == 0:
		return nil, errors.New("it is empty")
	case err == nil:
		return ms, nil
	}
	// One matcher whose value has a comma in it, the shell having taken its
	// quotes: amtool reads it so.
	single, singleErr := labels.ParseMatcher(arg)
	if singleErr != nil {
		return nil, errors.Unwrap(err) // the text has been said
	}
	m, err := alert.NewMatcher(single.Name, alert.MatchOp(single.Type.String()), single.Value)
	return alert.Matchers{m}, err
}

// typed writes matchers as one would type them, between spaces.
func typed(ms alert.Matchers) string {
	texts := make([]string, len(ms))
	for i, m := range ms {
		texts[i] = typedMatcher(m)
	}
	return strings.Join(texts, " ")
}

func typedMatcher(m alert.Matcher) string {
	if !model.LegacyValidation.IsValidLabelName(m.Name) {
		m.Name = strconv.Quote(m.Name)
	}
	return m.String()
}

// filter returns the query that asks for what passes all of ms.
func filter(ms alert.Matchers) url.Values {
	q := url.Values{}
	for _, m := range ms {
		q.Add("filter", typedMatcher(m))
	}
	return q
}

// matchesEverything tells whether there can hardly be an alert that ms would
// not pass: every matcher either passes what has no such label, or passes any
// name, and every alert has one.
func matchesEverything(ms alert.Matchers) bool {
	for _, m := range ms {
		if !m.Matches("") && (m.Name != alert.AlertName || !passesAnything(m)) {
			return false
		}
	}
	return true
}

// passesAnything tells whether m passes names that nobody gave a thought.
func passesAnything(m alert.Matcher) bool {
	for _, odd := range []string{"x", "\u00b6 7/Qz", "no-Alert_is:called.this"} {
		if !m.Matches(odd) {
			return false
		}
	}
	return true
}
