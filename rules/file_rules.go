package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
)

func compileGroup(path string, g rulefmt.RuleGroup, onMissing OnMissing, o FileOptions) (Group, error) {
	group := Group{Name: path + ";" + g.Name, Interval: cmp.Or(time.Duration(g.Interval), o.Interval)}
	if g.QueryOffset != nil {
		group.QueryOffset = time.Duration(*g.QueryOffset)
	}
	twins := map[string]int{}
	for _, fr := range g.Rules {
		r, err := compileAny(fr, g, onMissing)
		if err != nil {
			return Group{}, err
		}
		if wanted := labelled(fr.Labels, labelled(g.Labels, onMissing)); r.Record == "" && r.OnMissing != wanted {
			o.Logger.Warn("The rule's expression tells healthy from missing in no way, so missing data resolves its alerts",
				"file", path, "group", g.Name, "rule", r.Name, "on_missing", wanted)
		}
		// Rules alike in name and labels are told apart by their order, as in Prometheus.
		identity := fmt.Sprintf("%s/%s%v", group.Name, r.Name, r.Labels)
		if r.Record != "" {
			identity = fmt.Sprintf("%s/record %s%v", group.Name, r.Name, r.Labels)
		}
		twins[identity]++
		r.ID = identity
		if n := twins[identity]; n > 1 {
			r.ID = fmt.Sprintf("%s#%d", identity, n)
		}
		group.Rules = append(group.Rules, r)
	}
	return group, nil
}

func compileAny(fr rulefmt.Rule, g rulefmt.RuleGroup, onMissing OnMissing) (*Rule, error) {
	if fr.Record == "" {
		return CompileFileRule(fr, g, onMissing)
	}
	return &Rule{Name: fr.Record, Record: fr.Record, Expr: Fixed(fr.Expr), Limit: g.Limit, Labels: ownLabels(fr, g)}, nil
}

// CompileFileRule returns the alerting rule fr of a rule file's group g. What
// missing data means to it says its label, or else the group's, or else
// onMissing. Its ID is left to the caller. An expression that does not parse is
// an error.
func CompileFileRule(fr rulefmt.Rule, g rulefmt.RuleGroup, onMissing OnMissing) (*Rule, error) {
	evidence, err := DeriveEvidence(fr.Expr)
	if err != nil {
		return nil, fmt.Errorf("rule %q: %w", fr.Alert, err)
	}
	policy := labelled(fr.Labels, labelled(g.Labels, onMissing))
	if evidence.Expr == "" {
		policy = Resolve // nothing could ever prove its alerts healthy
	}
	return &Rule{
		Name: fr.Alert, Expr: Fixed(fr.Expr), Evidence: Fixed(evidence.Expr), Threshold: evidence.Threshold,
		For: time.Duration(fr.For), KeepFiringFor: time.Duration(fr.KeepFiringFor),
		OnMissing: policy, Limit: g.Limit,
		Labels: ownLabels(fr, g), Annotations: verbatim(fr.Annotations),
	}, nil
}

// ownLabels returns the rule's labels, over those of its group.
func ownLabels(fr rulefmt.Rule, g rulefmt.RuleGroup) []Template {
	labels := maps.Clone(g.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, fr.Labels)
	return verbatim(labels)
}

// verbatim returns templates of every entry, empty ones included: an empty
// label takes the series' label away.
func verbatim(m map[string]string) []Template {
	out := make([]Template, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Template{name, m[name]})
	}
	return out
}
