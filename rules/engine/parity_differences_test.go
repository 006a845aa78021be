package engine

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	promrules "github.com/prometheus/prometheus/rules"

	"alertd/internal/alert"
	"alertd/rules"
)

// told answers what the test says, alike to both.
type told struct {
	samples map[string][]alert.Sample // by expression
	errs    map[string]error
}

func (q *told) Query(_ context.Context, expr string, _ time.Time) ([]alert.Sample, error) {
	return q.samples[expr], q.errs[expr]
}

func (q *told) prometheus(ctx context.Context, expr string, ts time.Time) (promql.Vector, error) {
	samples, err := q.Query(ctx, expr, ts)
	var v promql.Vector
	for _, s := range samples {
		v = append(v, promql.Sample{T: ts.UnixMilli(), F: s.Value, Metric: labels.FromMap(s.Labels.Map())})
	}
	return v, err
}

// hosts are samples of hosts of these names, each with the value 1.
func hosts(names ...string) []alert.Sample {
	var out []alert.Sample
	for _, name := range names {
		out = append(out, alert.Sample{Labels: alert.LabelsFromStrings("instance", name), Value: 1})
	}
	return out
}

// both evaluates one rule group in Prometheus and in alertd.
type both struct {
	*testing.T
	told   *told
	theirs *prometheusSide
	sent   []*promrules.Alert // what Prometheus told Alertmanager last
	ours   *runner
	store  *fakeStore
	key    string
	now    time.Time
}

// newBoth reads the rules of one group, as YAML in a line each.
func newBoth(t *testing.T, onMissing rules.OnMissing, settings string, lines ...string) *both {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yml")
	text := "groups: [{name: g, " + settings + " rules: [\n" + strings.Join(lines, ",\n") + "\n]}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	groups, err := rules.LoadFiles([]rules.FileSpec{{Path: path, OnMissing: onMissing}}, rules.FileOptions{Interval: 15 * time.Second, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	b := &both{
		T: t, told: &told{samples: map[string][]alert.Sample{}, errs: map[string]error{}}, store: newFakeStore(),
		key: path + ";g", now: time.Unix(1_700_000_000, 0).UTC(),
	}
	b.theirs = newPrometheusSide(b.told.prometheus, path, &url.URL{})
	b.theirs.options.NotifyFunc = func(_ context.Context, _ string, alerts ...*promrules.Alert) { b.sent = alerts }
	b.theirs.reload(t)
	e := New(Options{Store: b.store, Querier: b.told, Committed: func() {}, Concurrency: 1, Logger: quiet()})
	e.setup = testSetup()
	b.ours = newRunner(e, groups[0])
	return b
}

// evaluate evaluates both, 15 s after the time before.
func (b *both) evaluate() {
	b.now, b.sent = b.now.Add(15*time.Second), nil
	b.theirs.groups[b.key].Eval(b.Context(), b.now)
	b.ours.evaluate(b.Context(), b.now)
}

// states returns the active alerts of both, as "instance state".
func (b *both) states() (theirs, ours []string) {
	for _, r := range b.theirs.groups[b.key].Rules() {
		r.(*promrules.AlertingRule).ForEachActiveAlert(func(a *promrules.Alert) {
			if a.State != promrules.StateInactive {
				theirs = append(theirs, a.Labels.Get("instance")+" "+a.State.String())
			}
		})
	}
	for _, alerts := range b.ours.alerts {
		for _, a := range alerts {
			ours = append(ours, a.Labels.Get("instance")+" "+string(a.State))
		}
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	return theirs, ours
}

func (b *both) want(what, theirs, ours string) {
	b.Helper()
	t, o := b.states()
	if got := strings.Join(t, ", "); got != theirs {
		b.Errorf("%s: Prometheus has %q, want %q", what, got, theirs)
	}
	if got := strings.Join(o, ", "); got != ours {
		b.Errorf("%s: alertd has %q, want %q", what, got, ours)
	}
}

// An error freezes both, but Prometheus falls silent, so that Alertmanager takes
// the alert for resolved once its end has passed; in alertd it stays an alert.
func TestDifferenceErrorsFreeze(t *testing.T) {
	b := newBoth(t, "", "", "{alert: X, expr: up == 0}")
	b.told.samples["up == 0"] = hosts("a")
	b.evaluate()
	b.want("firing", "a firing", "a firing")
	if len(b.sent) != 1 {
		t.Fatalf("Prometheus sent %d alerts", len(b.sent))
	}
	expires := b.sent[0].ValidUntil
	b.told.errs["up == 0"] = errors.New("no answer")
	for b.now.Before(expires) {
		b.evaluate()
		if b.sent != nil {
			t.Fatal("Prometheus sends while it has errors: the difference is none")
		}
	}
	b.want("past the end that Alertmanager was told", "a firing", "a firing")
	if got := b.store.told(); got != "X firing" {
		t.Errorf("alertd told %q", got)
	}
}

// More alerts than the limit: Prometheus forgets all, and the `for` of all starts
// anew; alertd keeps what it had, and tells that the rule fails.
func TestDifferenceLimitFreezes(t *testing.T) {
	b := newBoth(t, "", "limit: 1,", "{alert: X, expr: up == 0, for: 15s}")
	b.told.samples["up == 0"] = hosts("a")
	b.evaluate()
	b.evaluate()
	b.want("firing", "a firing", "a firing")
	b.told.samples["up == 0"] = hosts("a", "b")
	b.evaluate()
	b.want("over the limit", "", "a firing")
	if got := b.ours.status.Rules[0].LastError; !strings.Contains(got, "2, limit 1") {
		t.Errorf("status %q", got)
	}
	b.told.samples["up == 0"] = hosts("a")
	b.evaluate()
	b.want("below again", "a pending", "a firing")
}

// Missing data resolves in Prometheus, and in alertd with on_missing: resolve,
// its default for rule files; with keep the alert stays.
func TestDifferenceMissingIsKept(t *testing.T) {
	for policy, ours := range map[rules.OnMissing]string{"": "", rules.Resolve: "", rules.Keep: "a firing", rules.AlertOnMissing: "a firing"} {
		b := newBoth(t, policy, "", "{alert: X, expr: up == 0}")
		b.told.samples["up == 0"] = hosts("a")
		b.evaluate()
		b.told.samples["up == 0"] = nil
		b.evaluate()
		b.want("missing under "+string(policy), "", ours)
		b.told.samples["up"] = hosts("a")
		b.evaluate()
		b.want("healthy under "+string(policy), "", "")
	}
}

// alertd asks how an alert that is not in the result is doing. Where that
// question has no answer it concludes nothing, unless missing data resolves, as
// in Prometheus, which does not ask.
func TestDifferenceEvidenceFails(t *testing.T) {
	for policy, ours := range map[rules.OnMissing]string{rules.Resolve: "", rules.Keep: "a firing"} {
		b := newBoth(t, policy, "", "{alert: X, expr: up == 0}")
		b.told.samples["up == 0"] = hosts("a")
		b.evaluate()
		b.told.samples["up == 0"], b.told.errs["up"] = nil, errors.New("no answer")
		b.evaluate()
		b.want("no evidence under "+string(policy), "", ours)
		delete(b.told.errs, "up")
		b.told.samples["up"] = hosts("a")
		b.evaluate()
		b.want("answered under "+string(policy), "", "")
	}
}

// An annotation whose text is empty is none in alertd.
func TestDifferenceEmptyAnnotations(t *testing.T) {
	b := newBoth(t, "", "", `{alert: X, expr: up == 0, annotations: {none: "{{ $labels.nothing }}", some: x}}`)
	b.told.samples["up == 0"] = hosts("a")
	b.evaluate()
	theirs := b.theirs.groups[b.key].Rules()[0].(*promrules.AlertingRule).ActiveAlerts()[0]
	if !theirs.Annotations.Has("none") {
		t.Error("Prometheus leaves it out too: the difference is none")
	}
	for _, alerts := range b.ours.alerts {
		if got := alerts[0].Annotations; len(got) != 1 || got.Get("some") != "x" {
			t.Errorf("annotations %v", got)
		}
	}
}

// A rule that fails affects itself alone, in both: the rules before and after it
// in its group go on, and its own alerts stay as they were.
func TestFailingRuleAloneIsAffected(t *testing.T) {
	b := newBoth(t, "", "", "{alert: A, expr: a == 0}", "{alert: B, expr: b == 0}", "{alert: C, expr: c == 0}")
	b.told.samples["b == 0"] = hosts("b1", "b2")
	b.evaluate()
	b.want("firing", "b1 firing, b2 firing", "b1 firing, b2 firing")
	b.told.errs["b == 0"] = errors.New("no answer")
	b.told.samples["a == 0"], b.told.samples["c == 0"] = hosts("a1"), hosts("c1")
	b.evaluate()
	b.want("the neighbours go on", "a1 firing, b1 firing, b2 firing, c1 firing", "a1 firing, b1 firing, b2 firing, c1 firing")
	b.told.samples["a == 0"], b.told.samples["c == 0"] = nil, nil
	b.evaluate()
	b.want("and resolve", "b1 firing, b2 firing", "b1 firing, b2 firing")
	delete(b.told.errs, "b == 0")
	b.told.samples["b == 0"] = hosts("b2")
	b.evaluate()
	b.want("answered again", "b2 firing", "b2 firing")
	for i, want := range []string{"A", "B", "C"} {
		if got := b.ours.status.Rules[i]; got.Name != want || got.LastError != "" {
			t.Errorf("status %+v", got)
		}
	}
}
