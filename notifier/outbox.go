package notifier

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"alertd/internal/alert"
)

const (
	// outboxBatch is how many deliveries of an integration are under way at
	// once, and limitedBatch where its destination takes few in a time; no two of
	// them are of the same group.
	outboxBatch  = 32
	limitedBatch = 4
	// firstBackoff, doubled with every failure in a row up to the longest, is
	// how long a failing destination is left alone. The longest is short, so
	// that one that was away is told soon after its return.
	firstBackoff         = time.Second
	longestBackoff       = 10 * time.Second
	longestMisconfigured = 5 * time.Minute
)

// outboxes runs one outbox for every integration that the setup knows.
type outboxes struct {
	notifier *Notifier
	mu       sync.Mutex
	running  map[string]*outbox
}

// apply starts, stops and replaces outboxes. One that stops finishes the
// deliveries that it has under way.
func (b *outboxes) apply(ctx context.Context, s *Setup) {
	stopped := b.stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, targets := range s.Receivers {
		for _, t := range targets {
			box := newOutbox(b.notifier, t, s.Templates)
			if before := stopped[t.ID]; before != nil {
				box.unsaved = before.unsaved
			}
			b.running[t.ID] = box
			boxCtx, cancel := context.WithCancel(ctx)
			box.cancel = cancel
			box.done.Go(func() { box.run(boxCtx) })
		}
	}
}

func (b *outboxes) stop() (stopped map[string]*outbox) {
	b.mu.Lock()
	stopping := b.running
	b.running = map[string]*outbox{}
	b.mu.Unlock()
	for _, box := range stopping {
		box.cancel()
	}
	for _, box := range stopping {
		box.done.Wait()
	}
	return stopping
}

func (b *outboxes) wake(integration string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if box := b.running[integration]; box != nil {
		box.wake()
	}
}

func (b *outboxes) wakeAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, box := range b.running {
		box.wake()
	}
}

func (b *outbox) wake() {
	select {
	case b.wakeUp <- struct{}{}:
	default:
	}
}

// outbox delivers to one integration. A destination that fails is left alone
// for a while, and then tried with a single delivery before the rest follow.
type outbox struct {
	notifier  *Notifier
	target    Target
	templates *Templates
	logger    *slog.Logger
	limiter   *rate.Limiter
	wakeUp    chan struct{}
	cancel    context.CancelFunc
	done      sync.WaitGroup

	mu        sync.Mutex
	failures  int       // in a row
	holdUntil time.Time // the destination is left alone until then
	unsaved   unsaved
}

func newOutbox(n *Notifier, t Target, templates *Templates) *outbox {
	limit := rate.Inf
	if t.Options.Interval > 0 {
		limit = rate.Every(t.Options.Interval)
	}
	return &outbox{
		notifier: n, target: t, templates: templates,
		logger:  n.logger.With("integration", t.ID),
		limiter: rate.NewLimiter(limit, max(t.Options.Burst, 1)),
		wakeUp:  make(chan struct{}, 1),
		unsaved: unsaved{},
	}
}

func (b *outbox) run(ctx context.Context) {
	for {
		next, err := b.deliverDue(ctx)
		if err != nil && ctx.Err() == nil {
			b.logger.Error("The outbox cannot use the store; trying again", "err", err, "in", storeRetry)
			next = time.Now().Add(storeRetry)
		}
		if !sleep(ctx, b.wakeUp, next) {
			return
		}
	}
}

// deliverDue attempts what is due until nothing is, and returns when to look
// again.
func (b *outbox) deliverDue(ctx context.Context) (time.Time, error) {
	for {
		unsettled := b.settle(ctx)
		limit, hold := b.allowance()
		if time.Now().Before(hold) {
			return hold, unsettled
		}
		due, next, err := b.due(ctx, limit)
		if err != nil || len(due) == 0 {
			return next, errors.Join(err, unsettled)
		}
		errs := make([]error, len(due))
		var attempts sync.WaitGroup
		for i := range due {
			attempts.Go(func() { errs[i] = b.attempt(ctx, &due[i]) })
		}
		attempts.Wait()
		for _, err := range errs {
			if err != nil {
				return time.Time{}, err
			}
		}
		if ctx.Err() != nil {
			return time.Time{}, nil
		}
	}
}

// allowance returns how many deliveries may be attempted, and not before when.
func (b *outbox) allowance() (int, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures > 0 {
		return 1, b.holdUntil
	}
	if b.target.Options.Interval > 0 {
		return limitedBatch, b.holdUntil
	}
	return outboxBatch, b.holdUntil
}

// succeeded and failed keep the destination's health; failed returns until
// when to leave it alone.
func (b *outbox) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.holdUntil = 0, time.Time{}
}

func (b *outbox) failed(f *Failure, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	wait := backoff(b.failures, f)
	if until := now.Add(wait); until.After(b.holdUntil) {
		b.holdUntil = until
	}
	return b.holdUntil
}

// backoff is exponential with jitter of up to a half, unless the far side said
// how long to wait.
func backoff(failures int, f *Failure) time.Duration {
	if f.RetryAfter > 0 {
		return f.RetryAfter
	}
	longest := longestBackoff
	if f.Kind == Misconfigured {
		longest = longestMisconfigured
	}
	wait := longest
	if failures < 10 {
		wait = min(longest, firstBackoff<<(failures-1))
	}
	return wait/2 + rand.N(wait/2+1)
}

func delivered(d *alert.Delivery, ref string, now time.Time) {
	d.State, d.Ref, d.FinishedAt, d.LastError = alert.DeliveryDelivered, ref, now, ""
}
