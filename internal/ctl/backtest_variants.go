package ctl

import (
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"alertd/rules"
	"alertd/rules/backtest"
)

// variant is one of the things that are replayed and compared.
type variant struct {
	name     string
	watched  Watched
	groups   []rules.Group
	step     time.Duration
	reports  []backtest.Report
	messages []message
}

func (v *variant) options(s span, progress func(done, total int)) backtest.Options {
	return backtest.Options{
		Groups: v.groups, From: s.from, To: s.to, Step: v.step,
		Querier: v.watched.Querier, PrometheusURL: v.watched.Link, Progress: progress,
	}
}

// check refuses flags that do not go together.
func (f *backtestForm) check() error {
	switch {
	case f.expr != "" && len(f.files) > 0:
		return usage("--expr and rule files are two things to replay: give one of them")
	case f.wait > 0 && f.expr == "":
		return usage("--for belongs to --expr; rules say themselves how long they wait")
	case f.compare != "" && len(f.thresholds) > 0:
		return usage("--compare and --threshold are two comparisons: give one of them")
	case f.compare != "" && f.expr != "":
		return usage("--compare needs a configuration or a rule file on both sides, not --expr")
	case len(f.thresholds) > 0 && len(f.only) == 0 && f.expr == "":
		return usage("--threshold: of which rule? Name it with --rule")
	case f.png == "" && (f.dark || f.width != 0):
		return usage("--dark and --width belong to --png")
	}
	return nil
}

// variants returns what is to be replayed: one thing, or those to compare.
func (c *cli) variants(f backtestForm, timeout time.Duration) ([]*variant, error) {
	base, err := c.variant(f, timeout)
	if err != nil {
		return nil, err
	}
	all := []*variant{base}
	if f.compare != "" {
		other := f
		if len(f.files) > 0 {
			other.files = []string{f.compare}
		} else {
			other.config = f.compare
		}
		second, err := c.variant(other, timeout)
		if err != nil {
			return nil, err
		}
		base.name, second.name = compared(f), f.compare
		all = append(all, second)
	}
	chosen := 0
	for _, v := range all {
		v.groups = choose(v.watched.Groups, f.only)
		chosen += len(v.groups)
	}
	if chosen == 0 && len(f.only) > 0 {
		return nil, usage("no rule has the name or id %s", strings.Join(f.only, " or ")).withHint("There are: %s.", ruleNames(base.watched.Groups))
	}
	if chosen == 0 {
		return nil, refused("there is no alerting rule to replay")
	}
	if len(f.thresholds) > 0 {
		return withThresholds(base, f.thresholds)
	}
	return all, nil
}

// compared is what the first side of a comparison is called.
func compared(f backtestForm) string {
	if len(f.files) > 0 {
		return strings.Join(f.files, ", ")
	}
	return first(f.config, "the environment")
}

// variant reads what the form says to replay.
func (c *cli) variant(f backtestForm, timeout time.Duration) (*variant, error) {
	if c.Watch == nil {
		return nil, refused("this alertctl was built without what reads a configuration")
	}
	sources := Sources{Config: f.config, Prometheus: f.prometheus, Version: c.version().Version, Timeout: timeout}
	sources.None = f.config == "" && (len(f.files) > 0 || f.expr != "")
	if f.prometheus != "" && !strings.Contains(f.prometheus, "://") {
		sources.Prometheus = "http://" + f.prometheus
	}
	w, err := c.Watch(sources)
	switch {
	case err != nil && sources.None:
		return nil, usage("--prometheus.url: %w", err)
	case err != nil:
		for line := range strings.Lines(err.Error()) {
			c.err.printf("%s\n", neutral(strings.TrimSuffix(line, "\n")))
		}
		return nil, refused("%s has mistakes", first(f.config, "the environment"))
	case w.Querier == nil:
		return nil, usage("whose history is to be replayed? Give --prometheus.url http://localhost:9090, or a configuration with prometheus.url")
	}
	v := &variant{name: "as it is", watched: w, step: time.Duration(f.step)}
	switch {
	case f.expr != "":
		g, err := expression(f.expr, time.Duration(f.wait), w.Interval)
		if err != nil {
			return nil, err
		}
		v.watched.Groups = []rules.Group{g}
	case len(f.files) > 0:
		if v.watched.Groups, err = ruleFiles(f.files, w.Interval); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// expression is the group of a rule of an expression alone.
func expression(expr string, wait, interval time.Duration) (rules.Group, error) {
	const name = "expression"
	rule, err := rules.CompileFileRule(rulefmt.Rule{Alert: name, Expr: expr}, rulefmt.RuleGroup{}, rules.Resolve)
	if err != nil {
		return rules.Group{}, usage("--expr: %w", err)
	}
	rule.ID, rule.For = name, wait
	return rules.Group{Name: name, Interval: interval, Rules: []*rules.Rule{rule}}, nil
}

// ruleFiles reads rule files, each of which must be there.
func ruleFiles(patterns []string, interval time.Duration) ([]rules.Group, error) {
	var specs []rules.FileSpec
	for _, p := range patterns {
		if found, err := filepath.Glob(p); err != nil || len(found) == 0 {
			return nil, usage("no rule file is at %s", p)
		}
		specs = append(specs, rules.FileSpec{Path: p})
	}
	groups, err := rules.LoadFiles(specs, rules.FileOptions{Interval: interval, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, failed(ExitNo, "cannot replay the rule files", err)
	}
	return groups, nil
}

// choose returns the groups with the rules that a name or id chooses; all
// rules where there is none.
func choose(groups []rules.Group, only []string) []rules.Group {
	var out []rules.Group
	for _, g := range groups {
		g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(r *rules.Rule) bool {
			return len(only) > 0 && !slices.ContainsFunc(only, func(pattern string) bool { return named(pattern, r) })
		})
		if len(g.Rules) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// named tells whether a pattern names the rule.
func named(pattern string, r *rules.Rule) bool {
	anything := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) // slashes too: ids have several
	whole := regexp.MustCompile("^(?s:" + anything + ")$")
	return pattern == r.Name || pattern == r.ID || whole.MatchString(r.Name) || whole.MatchString(r.ID)
}

// ruleNames lists the names of rules for a hint.
func ruleNames(groups []rules.Group) string {
	const most = 20
	var all []string
	for _, g := range groups {
		for _, r := range g.Rules {
			if !slices.Contains(all, r.Name) {
				all = append(all, r.Name)
			}
		}
	}
	if len(all) > most {
		all = append(all[:most], "and more")
	}
	return strings.Join(all, ", ")
}
