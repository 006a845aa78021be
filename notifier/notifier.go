// Package notifier decides who is told what and sees that it is told. Plan, a
// pure function, decides for one aggregation group; the planner loop feeds it
// from the store, and one outbox per integration delivers what it decided,
// again and again until the far side has it. Whatever must survive a crash is
// in the store before the next step begins.
package notifier

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Target is one integration made ready: its channel and how to treat it.
type Target struct {
	ID      string // receiver/kind/index
	Kind    string // of the channel: slack, email, ...
	Channel Channel
	Options Options
}

// Setup is everything that the configuration says of telling. It is replaced
// as a whole on reload.
type Setup struct {
	Route     *Route
	Receivers map[string][]Target // by receiver name
	Templates *Templates
	Expiry    time.Duration // how long a delivery is tried
}

// Notifier plans and delivers.
type Notifier struct {
	store   Store
	logger  *slog.Logger
	metrics *metrics
	wake    chan struct{}
	applied chan *Setup

	attempts attempts

	mu    sync.Mutex
	setup *Setup
}

// New returns a notifier that has nothing to tell anybody until Apply.
func New(store Store, logger *slog.Logger, reg prometheus.Registerer) *Notifier {
	return &Notifier{
		store:   store,
		logger:  logger,
		metrics: newMetrics(reg),
		wake:    make(chan struct{}, 1),
		applied: make(chan *Setup, 1),

		attempts: attempts{by: map[string]Health{}},
	}
}

// Apply replaces the setup. Messages under way are finished by the old one.
func (n *Notifier) Apply(s *Setup) {
	n.mu.Lock()
	n.setup = s
	n.mu.Unlock()
	select {
	case <-n.applied: // an older setup that Run has not taken up yet
	default:
	}
	n.applied <- s
	n.Wake()
}

// Wake makes the notifier look for due groups at once. Call it after anything
// that made one due was committed.
func (n *Notifier) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *Notifier) current() *Setup {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.setup
}

// Run plans and delivers until ctx ends. It returns once every delivery under
// way has come to an end.
func (n *Notifier) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	boxes := &outboxes{notifier: n, running: map[string]*outbox{}}
	group.Go(func() error { return n.planLoop(ctx, boxes) })
	group.Go(func() error {
		defer boxes.stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case s := <-n.applied:
				boxes.apply(ctx, s)
			}
		}
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("running the notifier: %w", err)
	}
	return nil
}
