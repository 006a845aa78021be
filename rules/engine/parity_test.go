package engine

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
	"alertd/rules"
)

// What Prometheus's rule evaluation does, and the tests that hold alertd to it.
// "Parity" stands for TestParity, which compares with Prometheus's own groups.
//
//	slots an interval apart, spread by a hash         TestSlotsAreAsInPrometheus
//	missed slots are skipped and counted              TestEngineSlowQueries
//	rules of a group run in order                     Parity, TestFailingRuleAloneIsAffected
//	queries at ts - query_offset, ActiveAt at ts      Parity
//	__name__ dropped, rule labels over the series'    Parity
//	group labels under rule labels, alertname forced  Parity
//	labels and annotations are templates              Parity, TestParityTemplateFunctions
//	a template that fails leaves its error            Parity, TestParityTemplateFunctions
//	two results with the same labels: an error        Parity
//	fires at ts - ActiveAt >= for                     Parity
//	pending ends at the first absence                 Parity
//	a raised `for` makes a firing alert wait again    Parity, rules.TestStep
//	keep_firing_for from the first absence, frozen    Parity, rules.TestStep
//	a reload keeps state by name and labels, in order Parity
//	scalars are results, strings and ranges are none  TestOddResults
//	native histograms are results of value 0          TestOddResults, ruletest.TestParity
//
// Where alertd differs, and why, with both behaviours asserted:
//
//	over its limit a rule keeps its alerts            TestDifferenceLimitFreezes
//	an error never ends an alert                      TestDifferenceErrorsFreeze
//	missing data may be kept (on_missing)             TestDifferenceMissingIsKept
//	no conclusion without evidence                    TestDifferenceEvidenceFails
//	an empty annotation is none                       TestDifferenceEmptyAnnotations
//	a removed rule's alerts are told as ended         TestEngineReloadKeepsStateAndEndsRemovedRules
//	a restart goes on exactly, not only `for` >= 10m  Parity, which restarts alertd alone
//	the first evaluation is at once, not at a slot    Parity

// TestParity compares every alert's state, times, labels, annotations and value,
// and every resolution, with Prometheus's own rule groups at every evaluation of
// random histories of whole rule files: several groups and rules, reloads that
// change them, restarts of alertd, errors, duplicates, limits. Both are asked to
// read the same file and told the same answers.
//
// PARITY_HISTORIES says how many histories to compare; 25 without it.
func TestParity(t *testing.T) {
	histories := uint64(25)
	if text := os.Getenv("PARITY_HISTORIES"); text != "" {
		var err error
		if histories, err = strconv.ParseUint(text, 10, 32); err != nil {
			t.Fatalf("PARITY_HISTORIES: %v", err)
		}
	}
	var seen coverage
	for seed := range histories {
		synctest.Test(t, func(t *testing.T) {
			compare(t, seed, newFakeStore(), &seen)
		})
		if t.Failed() {
			t.Fatalf("history %d differs", seed)
		}
	}
	t.Logf("%+v", seen)
	if seen.firing == 0 || seen.resolved == 0 || seen.kept == 0 || seen.errors == 0 || seen.limited == 0 || seen.duplicates == 0 {
		t.Errorf("the histories are too tame: %+v", seen)
	}
}

// TestParityStored is the same through the real store.
func TestParityStored(t *testing.T) {
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) {
			s, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			compare(t, 1000+seed, s, &coverage{})
		})
	}
}

// coverage counts what the histories had of everything.
type coverage struct{ evaluations, pending, firing, kept, resolved, errors, limited, duplicates int }

// parity is one history under way.
type parity struct {
	*testing.T
	seed   uint64
	script script
	file   *randomFile
	store  *resolvedStore
	theirs *prometheusSide
	link   *url.URL
	engine *Engine
	seen   *coverage
	at     map[string]time.Time // by group: its last compared evaluation
	// vague has the alerts whose last value was not in the store when alertd
	// was restarted: it is known again when the rule is evaluated.
	vague map[string]bool
	stop  func()
	// looking is held while the test looks into the engine between evaluations,
	// each of which begins with a question.
	looking sync.Mutex
}

// Query answers the engine by the script.
func (p *parity) Query(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
	p.looking.Lock()
	defer p.looking.Unlock()
	return p.script.Query(ctx, expr, ts)
}

func compare(t *testing.T, seed uint64, s Store, seen *coverage) {
	link := &url.URL{Scheme: "http", Host: "prometheus:9090", Path: "/prefix"}
	file := newRandomFile(t, seed)
	p := &parity{
		T: t, seed: seed, script: script{seed}, file: file, store: &resolvedStore{Store: s}, link: link, seen: seen,
		at: map[string]time.Time{}, vague: map[string]bool{},
	}
	p.theirs = newPrometheusSide(p.script.prometheus, file.path, link)
	p.start()
	defer func() { p.stop() }()
	p.reload()
	for range 40 {
		p.next()
		switch file.r.IntN(12) {
		case 0:
			file.mutate()
			p.reload()
		case 1:
			p.restart()
		}
	}
}

// start runs a new engine on the store.
func (p *parity) start() {
	p.engine = New(Options{Store: p.store, Querier: p, Committed: func() {}, Concurrency: 4, Logger: quiet()})
	ctx, cancel := context.WithCancel(p.Context())
	done := make(chan error)
	go func() { done <- p.engine.Run(ctx) }()
	p.stop = func() {
		cancel()
		if err := <-done; err != nil {
			p.Error(err)
		}
	}
}

// reload gives both the file as it is now. Ours is evaluated at once.
func (p *parity) reload() {
	p.file.write(p.T)
	p.theirs.reload(p.T)
	p.apply()
}

// restart stops alertd and starts it again; Prometheus runs on.
func (p *parity) restart() {
	for _, r := range p.engine.runners {
		if r.group.Name == ownGroup {
			continue
		}
		for id := range r.unwritten {
			p.vague[id] = true
		}
		for rule, alerts := range r.alerts {
			for _, a := range alerts {
				p.vague[a.ID] = p.vague[a.ID] || !r.refreshed[rule]
			}
		}
	}
	p.stop()
	p.start()
	p.apply()
}

func (p *parity) apply() {
	p.Helper()
	groups, err := rules.LoadFiles([]rules.FileSpec{{Path: p.file.path}}, rules.FileOptions{Interval: time.Minute, Logger: quiet()})
	if err != nil {
		p.Fatal(err)
	}
	setup := testSetup()
	setup.Groups, setup.PrometheusURL = groups, p.link
	pass(time.Millisecond) // no two evaluations at the same instant
	p.engine.Apply(setup)
	synctest.Wait()
	p.compare()
}

// next waits for the next slot of any group.
func (p *parity) next() {
	var next time.Time
	for _, r := range p.engine.runners {
		if at := r.slotAfter(time.Now()); r.group.Name != ownGroup && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	pass(time.Until(next))
	p.compare()
}

// compare evaluates the groups that alertd has just evaluated in Prometheus too
// and compares them.
func (p *parity) compare() {
	p.Helper()
	p.looking.Lock()
	defer p.looking.Unlock()
	for _, r := range p.engine.runners {
		if r.group.Name == ownGroup {
			continue // it asks nothing
		}
		if at := r.status.LastEvaluation; !at.Equal(p.at[r.group.Name]) {
			p.at[r.group.Name] = at
			p.theirs.evaluate(p.T, r.group.Name, at)
			p.compareGroup(r, at)
		}
	}
}

func (p *parity) compareGroup(r *runner, at time.Time) {
	p.Helper()
	theirs := p.theirs.groups[r.group.Name].Rules()
	for i, rule := range r.group.Rules {
		p.seen.count(theirs[i].LastError(), r.alerts[rule.ID])
		where := fmt.Sprintf("history %d, %s, group %s, rule %d (%s, for %s, keep %s)", p.seed, at, r.group.Name, i, rule.Expr(at), rule.For, rule.KeepFiringFor)
		if theirErr, ourErr := theirs[i].LastError(), r.status.Rules[i].LastError; (theirErr == nil) != (ourErr == "") {
			p.Fatalf("%s: Prometheus says %v, alertd %q", where, theirErr, ourErr)
		}
		if theirs[i].LastError() == nil {
			for _, a := range r.alerts[rule.ID] {
				if a.KeepFiringSince.IsZero() {
					delete(p.vague, a.ID)
				}
			}
		}
		if slices.ContainsFunc(r.alerts[rule.ID], func(a alert.Alert) bool { return p.vague[a.ID] }) {
			continue
		}
		if want, got := activeIn(theirs[i]), describeOurs(r.alerts[rule.ID]); !slices.Equal(want, got) {
			p.Fatalf("%s:\nPrometheus %q\nalertd     %q", where, want, got)
		}
		ended := p.store.at(rule.ID, at)
		if slices.ContainsFunc(ended, func(a alert.Alert) bool { return p.vague[a.ID] }) {
			continue
		}
		p.seen.resolved += len(ended)
		if want, got := resolvedIn(theirs[i], at), describeOurs(ended); !slices.Equal(want, got) {
			p.Fatalf("%s: resolved\nPrometheus %q\nalertd     %q", where, want, got)
		}
	}
}

func (c *coverage) count(err error, alerts []alert.Alert) {
	c.evaluations++
	switch {
	case err == nil:
	case err.Error() == "no answer":
		c.errors++
	case err.Error() == "vector contains metrics with the same labelset after applying alert labels":
		c.duplicates++
	default:
		c.limited++
	}
	for _, a := range alerts {
		switch {
		case a.State == alert.Pending:
			c.pending++
		case a.KeepFiringSince.IsZero():
			c.firing++
		default:
			c.kept++
		}
	}
}

// resolvedStore remembers what resolved.
type resolvedStore struct {
	Store
	mu       sync.Mutex
	resolved []alert.Alert
}

func (s *resolvedStore) CommitEvaluation(ctx context.Context, e *alert.Evaluation) error {
	s.mu.Lock()
	for _, a := range e.Completed() {
		if a.State == alert.Resolved && a.Resolution != alert.RuleGone {
			s.resolved = append(s.resolved, a)
		}
	}
	s.mu.Unlock()
	return s.Store.CommitEvaluation(ctx, e)
}

// at returns the alerts of a rule that resolved at ts.
func (s *resolvedStore) at(rule string, ts time.Time) []alert.Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []alert.Alert
	for _, a := range s.resolved {
		if a.RuleID == rule && a.ResolvedAt.Equal(ts) {
			out = append(out, a)
		}
	}
	return out
}

func describeOurs(alerts []alert.Alert) []string {
	var out []string
	for _, a := range alerts {
		state := string(a.State)
		if a.State == alert.Resolved {
			state = "inactive"
		}
		out = append(out, describeAlert(state, a.ActiveAt, a.FiredAt, a.KeepFiringSince, a.Value, a.Labels, a.Annotations))
	}
	slices.Sort(out)
	return out
}

func describeAlert(state string, active, fired, keep time.Time, value float64, ls, annotations alert.Labels) string {
	clock := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return at.UTC().Format("15:04:05.000")
	}
	return fmt.Sprint(ls, " ", state, " active ", clock(active), " fired ", clock(fired), " kept ", clock(keep), " value ", value, " ", annotations)
}
