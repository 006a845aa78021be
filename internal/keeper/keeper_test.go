package keeper_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"alertd/internal/alert"
	"alertd/internal/intake"
	"alertd/internal/keeper"
	"alertd/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a keeper that runs over a store and an intake, in simulated time.
type world struct {
	store.Store
	t      *testing.T
	keeper *keeper.Keeper
	intake *intake.Intake
	stop   func()
}

func run(t *testing.T, test func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{Store: s, t: t}
		w.start()
		test(w)
		w.stop()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// start starts the keeper, as a new process would.
func (w *world) start() {
	w.t.Helper()
	var err error
	w.intake, err = intake.Open(w.t.Context(), w.Store, func() { w.keeper.Wake() }, slog.New(slog.DiscardHandler))
	w.keeper = keeper.New(keeper.Options{
		Store: w.Store, Committed: func() {}, Logger: slog.New(slog.DiscardHandler),
		Settings: func() keeper.Settings {
			return keeper.Settings{Notice: time.Hour, Long: 24 * time.Hour, Location: time.UTC}
		},
		Raise: func(ctx context.Context, notices []keeper.Notice) error {
			posted := make([]intake.Posted, len(notices))
			for i, n := range notices {
				posted[i] = intake.Posted{Labels: n.Labels, Annotations: n.Annotations, StartsAt: n.StartsAt, EndsAt: n.EndsAt}
			}
			return w.intake.Receive(ctx, posted, time.Now())
		},
	})
	w.check(err)
	setup := intake.Setup{Route: func(alert.Labels) []alert.GroupRef { return []alert.GroupRef{{Key: "g"}} }, ResolveTimeout: time.Hour}
	w.check(w.intake.Apply(w.t.Context(), setup, time.Now()))
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error)
	for _, loop := range []func(context.Context) error{w.keeper.Run, w.intake.Run} {
		go func() { done <- loop(ctx) }()
	}
	w.stop = func() {
		cancel()
		w.check(<-done)
		w.check(<-done)
	}
	synctest.Wait()
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// sleep lets time pass, and everything settle.
func (w *world) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// put commits alerts in a state, as the engine would.
func (w *world) put(state alert.State, names ...string) {
	w.t.Helper()
	e := alert.Evaluation{Group: "g", At: time.Now(), Touched: map[string][]alert.GroupRef{}}
	for _, name := range names {
		a := alert.Alert{
			ID: name, RuleID: "rule", Labels: alert.LabelsFromStrings("alertname", name), State: state,
			ActiveAt: time.Now(), FiredAt: time.Now(), UpdatedAt: time.Now(),
		}
		if state == alert.Resolved {
			a.ResolvedAt, a.Resolution = time.Now(), alert.Recovered
		}
		e.Upserts, e.Touched[name] = append(e.Upserts, a), []alert.GroupRef{{Key: "g"}}
	}
	w.check(w.CommitEvaluation(w.t.Context(), &e))
	w.keeper.Wake()
	synctest.Wait()
}

func (w *world) matcher(name string) alert.Matchers {
	w.t.Helper()
	m, err := alert.NewMatcher(alert.AlertName, alert.MatchEqual, name)
	w.check(err)
	return alert.Matchers{m}
}

func (w *world) silence(id, name string, lasts time.Duration, annotations ...string) alert.Silence {
	w.t.Helper()
	sil := alert.Silence{
		ID: id, Matchers: w.matcher(name), StartsAt: time.Now(), EndsAt: time.Now().Add(lasts), CreatedBy: "ann", Comment: "why",
		UpdatedAt: time.Now(), Annotations: alert.LabelsFromStrings(annotations...),
	}
	w.save(sil)
	return sil
}

func (w *world) save(sil alert.Silence) {
	w.t.Helper()
	w.check(w.SaveSilences(w.t.Context(), time.Now(), sil))
	w.keeper.Wake()
	synctest.Wait()
}

// holding returns the ids of the silences that hold.
func (w *world) holding() (ids []string) {
	w.t.Helper()
	all, err := w.Silences(w.t.Context())
	w.check(err)
	for i := range all {
		if all[i].StateAt(time.Now()) == alert.SilenceActive {
			ids = append(ids, all[i].ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func (w *world) expect(what string, got, want []string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("%s at %s: got %q, want %q", what, time.Now().UTC().Format(time.RFC3339), got, want)
	}
}
