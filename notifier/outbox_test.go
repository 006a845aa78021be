package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertd/internal/alert"
	"alertd/internal/matchers"
	"alertd/internal/store"
	"alertd/notifier"
)

// far is a destination that the test makes fail as it likes.
type far struct {
	mu   sync.Mutex
	heed func(n int) error // what the nth attempt comes to; nil: it hears
	n    int
	said []string // "seconds status name" of what it heard
	from time.Time

	resolved int // how many recoveries it heard
}

func (f *far) Send(ctx context.Context, m *notifier.Message) (string, error) {
	f.mu.Lock()
	f.n++
	n, heed := f.n, f.heed
	f.mu.Unlock()
	if heed != nil {
		if err := heed(n); err != nil {
			return "", err
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resolved += len(m.Data.Alerts.Resolved())
	f.said = append(f.said, fmt.Sprintf("%ds %s %s", int(time.Since(f.from).Seconds()), m.Data.Status, m.Data.GroupLabels["alertname"]))
	return "ref", nil
}

func (f *far) heard() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.said, ", ")
}

// office is a notifier with a real store inside a synctest bubble.
type office struct {
	t     *testing.T
	store store.Store
	n     *notifier.Notifier
	route *notifier.Route
	setup *notifier.Setup
	stop  func()
}

func open(t *testing.T, targets map[string]*far, options notifier.Options) *office {
	t.Helper()
	s, err := store.Open(context.WithoutCancel(t.Context()), store.Options{Path: t.TempDir(), Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	route, err := notifier.NewRoute(&notifier.RouteSpec{Receiver: "team", GroupBy: []string{"alertname"}},
		notifier.RouteOptions{RepeatInterval: 4 * time.Hour}, matchers.Parse)
	if err != nil {
		t.Fatal(err)
	}
	templates, err := notifier.LoadTemplates(nil, nil, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, store: s, route: route}
	o.setup = &notifier.Setup{Route: route, Receivers: map[string][]notifier.Target{}, Templates: templates, Expiry: 24 * time.Hour}
	options.SendResolved = true
	names := make([]string, 0, len(targets))
	for name := range targets {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		targets[name].from = time.Now()
		o.setup.Receivers["team"] = append(o.setup.Receivers["team"], notifier.Target{ID: "team/" + name, Kind: name, Channel: targets[name], Options: options})
	}
	o.start()
	return o
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (o *office) start() {
	o.n = notifier.New(o.store, discard(), nil)
	o.n.Apply(o.setup)
	ctx, cancel := context.WithCancel(o.t.Context())
	done := make(chan error, 1)
	go func() { done <- o.n.Run(ctx) }()
	o.stop = func() {
		cancel()
		if err := <-done; err != nil {
			o.t.Error(err)
		}
	}
}

func (o *office) close() {
	o.stop()
	if err := o.store.Close(); err != nil {
		o.t.Error(err)
	}
}

func (o *office) put(state alert.State, names ...string) {
	o.t.Helper()
	now := time.Now()
	e := &alert.Evaluation{Group: "test", At: now, Touched: map[string][]alert.GroupRef{}}
	for _, name := range names {
		a := alert.Alert{ID: name, RuleID: "r", Labels: alert.LabelsFromStrings("alertname", name), State: state, ActiveAt: now, FiredAt: now, UpdatedAt: now}
		if state == alert.Resolved {
			a.ActiveAt, a.FiredAt, a.ResolvedAt = now.Add(-time.Minute), now.Add(-time.Minute), now
		}
		e.Upserts = append(e.Upserts, a)
		e.Touched[a.ID] = o.route.Groups(a.Labels)
	}
	if err := o.store.CommitEvaluation(o.t.Context(), e); err != nil {
		o.t.Fatal(err)
	}
	o.n.Wake()
	synctest.Wait()
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (o *office) expect(f *far, want string) {
	o.t.Helper()
	if got := f.heard(); got != want {
		o.t.Errorf("heard %q, want %q", got, want)
	}
}

func TestOutboxTellsOnceAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "A")
		pass(time.Hour)
		o.expect(f, "0s firing A")
		o.put(alert.Resolved, "A")
		pass(24 * time.Hour)
		o.expect(f, "0s firing A, 3600s resolved A")
	})
}

// A destination that was away for two minutes is told within ten seconds of
// its return, across a restart too.
func TestOutboxRetriesUntilBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := true
		f := &far{}
		f.heed = func(int) error {
			if away {
				return errors.New("connection refused")
			}
			return nil
		}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "A")
		pass(time.Minute)
		o.stop()
		o.start()
		pass(time.Minute)
		f.mu.Lock()
		away = false
		attempts := f.n
		f.mu.Unlock()
		if attempts < 10 || attempts > 60 {
			t.Errorf("%d attempts in two minutes", attempts)
		}
		pass(10 * time.Second)
		if got := f.heard(); !strings.HasSuffix(got, "firing A") {
			t.Errorf("heard %q", got)
		}
	})
}

func TestOutboxHonoursRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		f.heed = func(n int) error {
			if n == 1 {
				return &notifier.Failure{Kind: notifier.Temporary, RetryAfter: 90 * time.Second, Err: errors.New("slow down")}
			}
			return nil
		}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "A")
		pass(time.Second)
		o.put(alert.Firing, "B") // the destination asked to be left alone, not this message
		pass(5 * time.Minute)
		o.expect(f, "90s firing B, 90s firing A")
	})
}

// A message refused for good is not tried again and again, is kept as dead,
// and takes nothing else with it.
func TestOutboxRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		f.heed = func(n int) error {
			if n == 1 {
				return &notifier.Failure{Kind: notifier.Permanent, Status: 400, Err: errors.New("invalid")}
			}
			return nil
		}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "A")
		pass(time.Minute)
		o.put(alert.Firing, "B")
		pass(time.Minute)
		o.expect(f, "60s firing B")
		dead, err := o.store.Deliveries(t.Context(), 10, alert.DeliveryDead)
		if err != nil || len(dead) != 1 || !strings.Contains(dead[0].LastError, "invalid") {
			t.Errorf("dead %+v, error %v", dead, err)
		}
	})
}

func TestOutboxesAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := &far{}, &far{}
		slow.heed = func(int) error { <-time.After(8 * time.Second); return errors.New("timeout") }
		o := open(t, map[string]*far{"quick": quick, "slow": slow}, notifier.Options{Timeout: 10 * time.Second})
		defer o.close()
		o.put(alert.Firing, "A")
		pass(time.Second)
		o.put(alert.Firing, "B")
		pass(time.Second)
		o.expect(quick, "0s firing A, 1s firing B")
	})
}

func TestOutboxKeepsToTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		o := open(t, map[string]*far{"x": f}, notifier.Options{Interval: 2 * time.Second, Burst: 2})
		defer o.close()
		o.put(alert.Firing, "A", "B", "C", "D")
		pass(time.Minute)
		f.mu.Lock()
		defer f.mu.Unlock()
		var times []string
		for _, s := range f.said {
			times = append(times, strings.Fields(s)[0])
		}
		if got := strings.Join(times, " "); got != "0s 0s 2s 4s" {
			t.Errorf("told at %s", got)
		}
	})
}

func TestOutboxSurvivesAPanickingChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		f.heed = func(n int) error {
			if n == 1 {
				panic("nil map")
			}
			return nil
		}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "A")
		pass(time.Minute)
		if got := f.heard(); !strings.HasSuffix(got, "firing A") {
			t.Errorf("heard %q", got)
		}
	})
}

// A message under way when alertd stops is finished, and not repeated.
func TestOutboxFinishesOnShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		f.heed = func(int) error { <-time.After(2 * time.Second); return nil }
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "A")
		o.stop()
		o.start()
		pass(time.Minute)
		o.expect(f, "2s firing A")
	})
}

func TestOutboxExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		f.heed = func(int) error { return errors.New("away") }
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.setup.Expiry = time.Hour
		o.put(alert.Firing, "A")
		pass(61 * time.Minute)
		expired, err := o.store.Deliveries(t.Context(), 10, alert.DeliveryExpired)
		if err != nil || len(expired) != 1 {
			t.Errorf("expired %+v, error %v", expired, err)
		}
	})
}

// What expired while alertd was away is tried once more before it is given up.
func TestOutboxTriesOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := true
		f := &far{}
		f.heed = func(int) error {
			if away {
				return errors.New("away")
			}
			return nil
		}
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		o.put(alert.Firing, "A")
		o.stop()
		pass(25 * time.Hour)
		away = false
		o.start()
		pass(time.Minute)
		o.expect(f, "90000s firing A")
	})
}

// A message that a newer truth overtakes while it is under way is not told
// again with it.
func TestOutboxOvertakenUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		f.heed = func(int) error { <-time.After(3 * time.Second); return nil }
		o := open(t, map[string]*far{"x": f}, notifier.Options{})
		defer o.close()
		var err error
		o.route, err = notifier.NewRoute(&notifier.RouteSpec{Receiver: "team"}, notifier.RouteOptions{RepeatInterval: 4 * time.Hour}, matchers.Parse)
		if err != nil {
			t.Fatal(err)
		}
		o.setup.Route = o.route
		o.put(alert.Firing, "A")
		pass(10 * time.Second)
		o.put(alert.Resolved, "A")
		pass(time.Second)
		o.put(alert.Firing, "B")
		pass(time.Minute)
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.said) != 3 || f.resolved != 1 {
			t.Errorf("told %q, of %d recoveries, want three messages and one recovery", f.said, f.resolved)
		}
	})
}
