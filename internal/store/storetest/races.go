package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
)

func raceTests() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"EndConsistent":           testRaces,
		"OnePlanWins":             testPlanRace,
		"OthersHoldWhereOneFails": testFailingAmongOthers,
		"ClosingWaitsForOthers":   testCloseRace,
	}
}

const (
	raceGroups = 3
	raceRounds = 15
)

// world is everybody at once on one store: evaluators, planners, deliverers
// and someone who silences, and what the receivers heard.
type world struct {
	*fixture
	clock        atomic.Int64
	evaluating   atomic.Bool
	integrations []string

	mu    sync.Mutex
	heard map[string]alert.State // by integration and alert: the last word
	fires map[string]bool        // alerts that fire for ever
}

func (w *world) now() time.Time { return at(0).Add(time.Duration(w.clock.Add(1))) }

// testRaces lets everybody work at once and then come to rest. In the end
// every receiver knows what fires, and of nothing that does not.
func testRaces(t *testing.T, s *fixture) {
	w := &world{fixture: s, integrations: []string{"mail", "slack"}, heard: map[string]alert.State{}, fires: map[string]bool{}}
	w.evaluating.Store(true)
	ctx := t.Context()
	var evaluators, others sync.WaitGroup
	for i := range 3 {
		evaluators.Go(func() { w.fail(w.evaluate(ctx, i)) })
	}
	evaluators.Go(func() { w.fail(w.silenceAll(ctx)) })
	for range 2 {
		others.Go(func() { w.fail(w.whileEvaluating(ctx, w.planDue)) })
		for _, integration := range w.integrations {
			others.Go(func() {
				w.fail(w.whileEvaluating(ctx, func(ctx context.Context) (int, error) { return w.deliverDue(ctx, integration) }))
			})
		}
	}
	evaluators.Wait()
	w.evaluating.Store(false)
	others.Wait()
	w.rest(ctx)

	for i := range raceGroups {
		v := s.view(alert.GroupKey(fmt.Sprint(i)))
		for _, a := range v.Alerts {
			if a.State != alert.Firing {
				t.Errorf("group %d still has %s, which is %s", i, a.ID, a.State)
			}
		}
		for _, told := range v.Told {
			slices.Sort(told.Firing)
			same(t, told.Integration+" believes to be firing", told.Firing, ids(v.Alerts))
		}
	}
	for what, state := range w.heard {
		_, id, _ := strings.Cut(what, " ")
		if w.fires[id] != (state == alert.Firing) {
			t.Errorf("%s: the last word was %q", what, state)
		}
	}
	for id := range w.fires {
		for _, integration := range w.integrations {
			if w.heard[integration+" "+id] != alert.Firing {
				t.Errorf("%s never heard of %s", integration, id)
			}
		}
	}
}

func (w *world) fail(err error) {
	if err != nil {
		w.t.Error(err)
	}
}

// evaluate fires and resolves alerts in every group; the last ones stay.
func (w *world) evaluate(ctx context.Context, n int) error {
	for round := range raceRounds {
		id := fmt.Sprintf("%d-%d", n, round)
		for _, state := range []alert.State{alert.Pending, alert.Firing, alert.Resolved} {
			if state == alert.Resolved && round == raceRounds-1 {
				w.mu.Lock()
				w.fires[id] = true
				w.mu.Unlock()
				break
			}
			now := w.now()
			err := w.CommitEvaluation(ctx, &alert.Evaluation{
				Group: "test", At: now, Upserts: []alert.Alert{newAlert(id, state, now)},
				Touched: map[string][]alert.GroupRef{id: {ref(alert.GroupKey(fmt.Sprint(round % raceGroups))), ref(alert.GroupKey(fmt.Sprint(n)))}},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) silenceAll(ctx context.Context) error {
	for range raceRounds {
		now := w.now()
		m, err := alert.NewMatcher("job", alert.MatchRegexp, "b.*")
		if err != nil {
			return err
		}
		sil := alert.Silence{ID: "all", Matchers: alert.Matchers{m}, StartsAt: now, EndsAt: now.Add(1)}
		if err := w.SaveSilences(ctx, now, sil); err != nil {
			return err
		}
		if _, err := w.ActiveAlerts(ctx); err != nil {
			return err
		}
		if _, err := w.Queue(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) whileEvaluating(ctx context.Context, work func(context.Context) (int, error)) error {
	for w.evaluating.Load() {
		if _, err := work(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rest plans and delivers until there is nothing left to do.
func (w *world) rest(ctx context.Context) {
	w.t.Helper()
	for range 1000 {
		done, err := w.planDue(ctx)
		w.check("planning", err)
		for _, integration := range w.integrations {
			n, err := w.deliverDue(ctx, integration)
			w.check("delivering", err)
			done += n
		}
		if done == 0 {
			return
		}
	}
	w.t.Fatal("it never comes to rest")
}

// testPlanRace lets many carry out a plan of the same view.
func testPlanRace(t *testing.T, s *fixture) {
	s.fire(0, "g", "a")
	v := s.view("g")
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			id := fmt.Sprint(i)
			err := s.CommitPlan(t.Context(), &alert.PlanResult{Key: "g", Revision: v.Revision, Create: []alert.Delivery{newDelivery(1, "g", id, id)}})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, store.ErrStale):
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "plans carried out", won.Load(), int64(1))
	same(t, "open deliveries", len(s.view("g").Open), 1)
}

// testFailingAmongOthers lets many write at once, of whom some must fail: the
// others are kept, and nothing of those that failed.
func testFailingAmongOthers(t *testing.T, s *fixture) {
	const n = 60
	plans := make([]alert.PlanResult, n)
	for i := range plans {
		key := alert.GroupKey(fmt.Sprint(i))
		s.fire(0, key, "a"+fmt.Sprint(i))
		plans[i] = alert.PlanResult{
			Key: key, Revision: s.view(key).Revision, FlushedAt: at(1),
			Create: []alert.Delivery{newDelivery(1, key, fmt.Sprint(i), "mail")},
			Events: []alert.Event{{At: at(1), Detail: fmt.Sprint(i)}},
		}
		if i%3 == 1 { // two open deliveries to one integration
			plans[i].Create = append(plans[i].Create, newDelivery(1, key, fmt.Sprint(i, "again"), "mail"))
		}
		if i%3 == 2 {
			plans[i].Revision--
		}
	}
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range plans {
		all.Go(func() { errs[i] = s.CommitPlan(t.Context(), &plans[i]) })
	}
	all.Wait()
	s.reopen()
	events, err := s.Events(t.Context(), at(0), at(2), n)
	s.check("reading the history", err)
	same(t, "lines of the history", len(events), n/3)
	for i, err := range errs {
		v := s.view(plans[i].Key)
		switch i % 3 {
		case 0:
			s.check("a plan that can be carried out", err)
			same(t, "its delivery", deliveryIDs(v.Open), []string{fmt.Sprint(i)})
		case 1:
			if err == nil {
				t.Error("an impossible plan was carried out")
			}
			fallthrough
		default:
			same(t, "what failed", v.Group, alert.Group{GroupRef: ref(v.Key), CreatedAt: at(0), DueAt: at(0)})
			same(t, "its deliveries", deliveryIDs(v.Open), []string{})
		}
		if i%3 == 2 {
			s.want("a stale plan", err, store.ErrStale)
		}
	}
}

// testCloseRace closes the store while others write: what they were told is
// written is there, and the rest is refused.
func testCloseRace(t *testing.T, s *fixture) {
	var mu sync.Mutex
	var promised []string
	var all sync.WaitGroup
	begun := make(chan struct{}, 64)
	for n := range 4 {
		all.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", n, i)
				e := alert.Evaluation{Group: "g", At: at(0), Upserts: []alert.Alert{newAlert(id, alert.Firing, at(0))}}
				err := s.CommitEvaluation(t.Context(), &e)
				if err != nil {
					if !errors.Is(err, store.ErrClosed) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				promised = append(promised, id)
				mu.Unlock()
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 8 {
		<-begun
	}
	s.check("closing", s.Close())
	all.Wait()
	s.check("closing again", s.Close())
	_, err := s.ActiveAlerts(t.Context())
	s.want("reading from a closed store", err, store.ErrClosed)
	s.open()
	active, err := s.ActiveAlerts(t.Context())
	s.check("reading", err)
	slices.Sort(promised)
	same(t, "kept", ids(active), promised)
}
