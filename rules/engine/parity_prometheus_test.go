package engine

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	promrules "github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"

	"alertd/internal/alert"
	"alertd/rules"
)

// prometheusSide is Prometheus's own rule manager and its groups, which the test
// evaluates when ours were.
type prometheusSide struct {
	manager *promrules.Manager
	path    string
	link    *url.URL
	groups  map[string]*promrules.Group
	options *promrules.ManagerOptions
}

func newPrometheusSide(query promrules.QueryFunc, path string, link *url.URL) *prometheusSide {
	o := &promrules.ManagerOptions{
		QueryFunc: query, ExternalURL: link, AppendableV2: nowhere{}, Logger: slog.New(slog.DiscardHandler),
		NotifyFunc: func(context.Context, string, ...*promrules.Alert) {}, Parser: rules.NewParser(),
	}
	return &prometheusSide{manager: promrules.NewManager(o), path: path, link: link, options: o}
}

func (p *prometheusSide) load(t *testing.T) map[string]*promrules.Group {
	t.Helper()
	groups, errs := p.manager.LoadGroups(time.Minute, labels.EmptyLabels(), p.link.String(), nil, false, p.path)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return groups
}

// reload reads the file again and keeps the state, as Manager.Update does.
func (p *prometheusSide) reload(t *testing.T) {
	t.Helper()
	groups := p.load(t)
	for key, g := range groups {
		switch old := p.groups[key]; {
		case old == nil:
		case old.Equals(g):
			groups[key] = old
		default:
			g.CopyState(old)
		}
	}
	p.groups = groups
}

// evaluate evaluates the group. A rule that has more alerts than its limit
// forgets them all in Prometheus and keeps them as they were in alertd: it is
// seen to do so, and given back what it forgot, so that both go on alike.
func (p *prometheusSide) evaluate(t *testing.T, key string, ts time.Time) {
	t.Helper()
	g := p.groups[key]
	if g.Limit() == 0 {
		g.Eval(t.Context(), ts)
		return
	}
	shadow := p.load(t)[key]
	shadow.CopyState(g)
	var saved []map[*promrules.Alert]promrules.Alert
	for _, rule := range shadow.Rules() {
		values := map[*promrules.Alert]promrules.Alert{}
		rule.(*promrules.AlertingRule).ForEachActiveAlert(func(a *promrules.Alert) { values[a] = *a })
		saved = append(saved, values)
	}
	g.Eval(t.Context(), ts)
	all := slices.Clone(g.Rules())
	over := false
	for i, rule := range all {
		if err := rule.LastError(); err == nil || !strings.Contains(err.Error(), "exceeded limit") {
			continue
		}
		over = true
		if left := activeIn(rule); len(left) > 0 {
			t.Fatalf("over its limit Prometheus keeps %q", left)
		}
		shadow.Rules()[i].(*promrules.AlertingRule).ForEachActiveAlert(func(a *promrules.Alert) { *a = saved[i][a] })
		shadow.Rules()[i].SetLastError(rule.LastError())
		all[i] = shadow.Rules()[i]
	}
	if over {
		p.groups[key] = promrules.NewGroup(promrules.GroupOptions{
			Name: g.Name(), File: g.File(), Interval: g.Interval(), Limit: g.Limit(), Rules: all,
			QueryOffset: new(g.QueryOffset()), Opts: p.options,
		})
	}
}

// activeIn describes the pending and firing alerts of a rule.
func activeIn(rule promrules.Rule) []string {
	return describeTheirs(rule, func(a *promrules.Alert) bool { return a.State != promrules.StateInactive })
}

// resolvedIn describes the alerts that resolved at ts.
func resolvedIn(rule promrules.Rule, ts time.Time) []string {
	return describeTheirs(rule, func(a *promrules.Alert) bool {
		return a.State == promrules.StateInactive && a.ResolvedAt.Equal(ts)
	})
}

func describeTheirs(rule promrules.Rule, wanted func(*promrules.Alert) bool) []string {
	var out []string
	rule.(*promrules.AlertingRule).ForEachActiveAlert(func(a *promrules.Alert) {
		if wanted(a) {
			out = append(out, describeAlert(a.State.String(), a.ActiveAt, a.FiredAt, a.KeepFiringSince, a.Value,
				alert.LabelsFromMap(a.Labels.Map()), alert.LabelsFromMap(a.Annotations.Map())))
		}
	})
	slices.Sort(out)
	return out
}

// nowhere takes the series ALERTS and ALERTS_FOR_STATE, which nobody asks for.
type nowhere struct{}

func (nowhere) AppenderV2(context.Context) storage.AppenderV2 { return nowhere{} }
func (nowhere) Commit() error                                 { return nil }
func (nowhere) Rollback() error                               { return nil }

func (nowhere) Append(storage.SeriesRef, labels.Labels, int64, int64, float64, *histogram.Histogram, *histogram.FloatHistogram, storage.AppendV2Options) (storage.SeriesRef, error) {
	return 0, nil
}
