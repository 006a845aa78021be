package ruletest

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	promrules "github.com/prometheus/prometheus/rules"

	"alertd/rules"
)

// group is a rule group as Prometheus evaluates it, and our rules within it.
type group struct {
	*promrules.Group
	alerting []*alertingRule
}

// loadGroups reads the groups of the rule files, in the order in which they are
// evaluated: group_eval_order first says, then the order of files and groups.
// Groups that group_eval_order does not name count as its first, as in promtool.
func (s *simulation) loadGroups(o *promrules.ManagerOptions) ([]group, []error) {
	var groups []group
	seen := map[string]bool{}
	for _, path := range s.files {
		if seen[path] {
			continue // two patterns may match it
		}
		seen[path] = true
		parsed, errs := rulefmt.ParseFile(path, false, model.UTF8Validation, o.Parser, o.Logger)
		if len(errs) > 0 {
			return nil, errs
		}
		for _, g := range parsed.Groups {
			made, err := s.group(path, g, o)
			if err != nil {
				return nil, []error{fmt.Errorf("%s: group %q: %w", path, g.Name, err)}
			}
			groups = append(groups, made)
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(s.order[a.Name()], s.order[b.Name()]) })
	return groups, nil
}

func (s *simulation) group(path string, g rulefmt.RuleGroup, o *promrules.ManagerOptions) (group, error) {
	var made group
	var all []promrules.Rule
	for i, fr := range g.Rules {
		expr, err := o.Parser.ParseExpr(fr.Expr)
		if err != nil {
			return group{}, fmt.Errorf("rule %d: %w", i+1, err)
		}
		own := promrules.FromMaps(g.Labels, fr.Labels)
		if fr.Alert == "" {
			all = append(all, promrules.NewRecordingRule(fr.Record, expr, own))
			continue
		}
		rule, err := rules.CompileFileRule(fr, g, rules.Resolve)
		if err != nil {
			return group{}, fmt.Errorf("rule %d: %w", i+1, err)
		}
		rule.ID = fmt.Sprintf("%s;%s#%d", path, g.Name, i)
		rule.OnMissing = rules.Resolve // as to promtool, whatever a label says
		r := &alertingRule{
			AlertingRule: promrules.NewAlertingRule(fr.Alert, expr, rule.For, rule.KeepFiringFor, own,
				labels.FromMap(fr.Annotations), s.test.ExternalLabels, s.test.ExternalURL, true, slog.New(slog.DiscardHandler)),
			rule:           rule,
			externalLabels: s.test.ExternalLabels.Map(),
			externalURL:    s.test.ExternalURL,
			watcher:        s.watcher,
		}
		all, made.alerting = append(all, r), append(made.alerting, r)
	}
	made.Group = promrules.NewGroup(promrules.GroupOptions{
		Name: g.Name, File: path, Limit: g.Limit, Rules: all, Opts: o,
		Interval:    cmp.Or(time.Duration(g.Interval), time.Duration(s.test.Interval)),
		QueryOffset: (*time.Duration)(g.QueryOffset),
	})
	return made, nil
}
