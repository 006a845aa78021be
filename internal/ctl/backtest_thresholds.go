package ctl

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"alertd/rules"
)

// withThresholds returns the variant and, for each threshold that it does not
// have yet, one of all its rules with that.
func withThresholds(base *variant, texts []string) ([]*variant, error) {
	all := []*variant{base}
	for i, text := range texts {
		value, err := parseThreshold(text)
		if err != nil {
			return nil, err
		}
		v := *base
		v.groups = nil
		changed := false
		for _, g := range base.groups {
			g.Rules = slices.Clone(g.Rules)
			for n, r := range g.Rules {
				bound, _ := r.Bound(time.Unix(0, 0))
				other, err := r.WithBound(value)
				if err != nil {
					return nil, usage("--threshold: %w", err)
				}
				changed = changed || bound.Value != value
				g.Rules[n] = other
			}
			v.groups = append(v.groups, g)
		}
		if !changed || slices.Contains(texts[:i], text) {
			continue // it is there already
		}
		v.name = variantName(v.groups, value)
		all = append(all, &v)
	}
	if len(all) == 1 {
		return nil, usage("--threshold %s is what the rule has already: there is nothing to compare", strings.Join(texts, ", "))
	}
	if one := oneRule(base.groups); one != nil {
		base.name = one.Threshold + " (as it is)"
	}
	return all, nil
}

func variantName(groups []rules.Group, value float64) string {
	if one := oneRule(groups); one != nil {
		return one.Threshold
	}
	return "threshold " + strconv.FormatFloat(value, 'f', -1, 64)
}

// oneRule returns the rule, where there is one only.
func oneRule(groups []rules.Group) *rules.Rule {
	if len(groups) == 1 && len(groups[0].Rules) == 1 {
		return groups[0].Rules[0]
	}
	return nil
}

// parseThreshold reads a number, which may bear a percent sign, or a duration,
// which is its seconds.
func parseThreshold(text string) (float64, error) {
	number := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if v, err := strconv.ParseFloat(number, 64); err == nil {
		return v, nil
	}
	if d, err := parseDuration(text); err == nil {
		return d.Seconds(), nil
	}
	return 0, usage("--threshold %q is not a number: write 85, 0.5, 1.5e9, or a duration such as 26h", text)
}
