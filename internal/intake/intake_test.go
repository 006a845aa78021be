package intake

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
)

// memory is a store that remembers.
type memory struct {
	mu      sync.Mutex
	rows    map[string]alert.Alert
	touched int
	routing string
	err     error
}

func (m *memory) Routing(context.Context, string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.routing, m.err
}

func (m *memory) ActiveAlerts(context.Context) ([]alert.Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []alert.Alert
	for _, a := range m.rows {
		if a.Active() {
			out = append(out, a)
		}
	}
	return out, m.err
}

func (m *memory) CommitEvaluation(_ context.Context, e *alert.Evaluation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	for _, a := range e.Upserts {
		m.rows[a.ID] = a
	}
	m.touched += len(e.Touched)
	m.routing = cmp.Or(e.Routing, m.routing)
	return nil
}

func (m *memory) states() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, a := range m.rows {
		out = append(out, a.Name()+" "+string(a.State)+" "+string(a.Resolution))
	}
	return strings.TrimSpace(strings.Join(out, ","))
}

func opened(t *testing.T, m *memory) *Intake {
	t.Helper()
	in, err := Open(t.Context(), m, func() {}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	route := func(alert.Labels) []alert.GroupRef { return []alert.GroupRef{{Key: "g"}} }
	if err := in.Apply(t.Context(), Setup{Route: route, ResolveTimeout: 5 * time.Minute}, time.Now()); err != nil {
		t.Fatal(err)
	}
	return in
}

func post(t *testing.T, in *Intake, name string, change func(*Posted)) {
	t.Helper()
	p := Posted{Labels: alert.LabelsFromStrings(alert.AlertName, name), StartsAt: time.Now()}
	if change != nil {
		change(&p)
	}
	if err := in.Receive(t.Context(), []Posted{p}, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func (m *memory) expect(t *testing.T, want string) {
	t.Helper()
	if got := m.states(); got != want {
		t.Errorf("the store has %q, want %q", got, want)
	}
}

func TestPostedAlertsEnd(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		change func(*Posted)
		want   string
	}{
		"by their sender":       {func(p *Posted) { p.EndsAt = now.Add(-time.Second) }, "A resolved ended by its sender"},
		"not while renewed":     {func(p *Posted) { p.EndsAt = now.Add(time.Hour) }, "A firing"},
		"not without an end":    {nil, "A firing"},
		"keeping the old start": {func(p *Posted) { p.StartsAt = now.Add(-time.Hour) }, "A firing"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{rows: map[string]alert.Alert{}}
			in := opened(t, m)
			post(t, in, "A", nil)
			post(t, in, "A", test.change)
			m.expect(t, test.want)
		})
	}
}

// Where senders differ about the end, the later one counts, and an end that was
// only assumed gives way.
func TestRenewedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, test := range map[string]struct{ first, then, want time.Duration }{
			"later":                      {first: time.Hour, then: 2 * time.Hour, want: 2 * time.Hour},
			"sooner":                     {first: 2 * time.Hour, then: time.Hour, want: 2 * time.Hour},
			"no more":                    {first: time.Hour, want: time.Hour},
			"sooner than was assumed":    {then: time.Minute, want: time.Minute},
			"later than was assumed":     {then: time.Hour, want: time.Hour},
			"assumed both times":         {want: 5 * time.Minute},
			"assumed after a sooner one": {first: time.Minute, want: 5 * time.Minute},
		} {
			in := opened(t, &memory{rows: map[string]alert.Alert{}})
			for _, end := range []time.Duration{test.first, test.then} {
				post(t, in, "A", func(p *Posted) {
					if end != 0 {
						p.EndsAt = now.Add(end)
					}
				})
			}
			for _, a := range in.active {
				if got := a.ExpiresAt.Sub(now); got != test.want {
					t.Errorf("%s: it ends after %v, want %v", name, got, test.want)
				}
			}
		}
	})
}

func TestTheEndOfSomethingUnknownIsNothing(t *testing.T) {
	m := &memory{rows: map[string]alert.Alert{}}
	in := opened(t, m)
	post(t, in, "A", func(p *Posted) { p.EndsAt = time.Now().Add(-time.Minute) })
	m.expect(t, "")
}

// A renewal that changes nothing wakes nobody.
func TestRenewalTouchesNoGroup(t *testing.T) {
	m := &memory{rows: map[string]alert.Alert{}}
	in := opened(t, m)
	post(t, in, "A", nil)
	before := m.touched
	post(t, in, "A", nil)
	if m.touched != before {
		t.Error("a mere renewal touched its group")
	}
}

func TestAlertsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{rows: map[string]alert.Alert{}}
		in := opened(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- in.Run(ctx) }()
		post(t, in, "A", nil)
		<-time.After(4 * time.Minute)
		post(t, in, "A", nil)
		<-time.After(4 * time.Minute)
		synctest.Wait()
		m.expect(t, "A firing")
		<-time.After(2 * time.Minute)
		synctest.Wait()
		m.expect(t, "A resolved expired")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// While alertd was away nobody could renew an alert: its sender gets the time
// for it.
func TestExpiredWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{rows: map[string]alert.Alert{}}
		post(t, opened(t, m), "A", nil)
		<-time.After(time.Hour)
		in := opened(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- in.Run(ctx) }()
		<-time.After(4 * time.Minute)
		synctest.Wait()
		m.expect(t, "A firing")
		post(t, in, "A", nil)
		<-time.After(4 * time.Minute)
		synctest.Wait()
		m.expect(t, "A firing")
		<-time.After(2 * time.Minute)
		synctest.Wait()
		m.expect(t, "A resolved expired")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// What its sender says after a restart counts, though it ends sooner than the time
// that everybody is given then.
func TestRenewedAfterTheRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{rows: map[string]alert.Alert{}}
		post(t, opened(t, m), "A", func(p *Posted) { p.EndsAt = time.Now().Add(2 * time.Minute) })
		in := opened(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- in.Run(ctx) }()
		post(t, in, "A", func(p *Posted) { p.EndsAt = time.Now().Add(3 * time.Minute) })
		<-time.After(3*time.Minute + time.Second)
		synctest.Wait()
		m.expect(t, "A resolved expired")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// What could not be stored was not taken in: the sender is told, and posts again.
func TestStoreAway(t *testing.T) {
	m := &memory{rows: map[string]alert.Alert{}}
	in := opened(t, m)
	m.err = errors.New("disk full")
	p := Posted{Labels: alert.LabelsFromStrings(alert.AlertName, "A"), StartsAt: time.Now()}
	if err := in.Receive(t.Context(), []Posted{p}, time.Now()); err == nil {
		t.Fatal("a post that was not stored was acknowledged")
	}
	m.err = nil
	post(t, in, "A", nil)
	m.expect(t, "A firing")
}

func TestRestartGoesOn(t *testing.T) {
	m := &memory{rows: map[string]alert.Alert{}}
	post(t, opened(t, m), "A", nil)
	post(t, opened(t, m), "A", func(p *Posted) { p.EndsAt = time.Now().Add(-time.Second) })
	m.expect(t, "A resolved ended by its sender")
}

// The alerts are handed to the routes when these are others than those that they
// follow, be it since another start.
func TestAlertsAreRoutedAnewOnlyByOtherRoutes(t *testing.T) {
	m := &memory{rows: map[string]alert.Alert{}}
	in := opened(t, m)
	post(t, in, "A", nil)
	post(t, in, "B", nil)
	for _, step := range []struct {
		routing string
		restart bool
		touched int
	}{{"one", false, 2}, {"one", false, 0}, {"one", true, 0}, {"two", true, 2}, {"one", false, 2}, {"", false, 2}, {"", true, 2}} {
		if step.restart {
			var err error
			if in, err = Open(t.Context(), m, func() {}, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
		}
		before := m.touched
		s := Setup{Route: func(alert.Labels) []alert.GroupRef { return []alert.GroupRef{{Key: "g"}} }, Routing: step.routing}
		if err := in.Apply(t.Context(), s, time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := m.touched - before; got != step.touched {
			t.Errorf("%+v touched %d", step, got)
		}
	}
	m.err = errors.New("the disk is full")
	if err := in.Apply(t.Context(), Setup{Routing: "one"}, time.Now()); !errors.Is(err, m.err) {
		t.Errorf("with a store that does not answer: %v", err)
	}
}
