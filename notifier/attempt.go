package notifier

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"alertd/internal/alert"
)

const (
	// defaultTimeout bounds one attempt where the channel does not say.
	defaultTimeout = 10 * time.Second
	shutdownGrace  = 5 * time.Second
	// maxAlerts is how many alerts one message has at most; it counts the rest. A
	// hundred thousand of them would make tens of megabytes that nobody takes.
	maxAlerts = 10_000
)

// attempt tries one delivery and commits what came of it. The error is the
// store's; the channel's is part of the outcome.
func (b *outbox) attempt(ctx context.Context, d *alert.Delivery) error {
	if err := b.limiter.Wait(ctx); err != nil {
		return nil // shutting down: it stays due
	}
	n := b.notifier
	started := time.Now()
	shown, truncated := firstOf(d.Content)
	alerts, err := n.store.DeliveryAlerts(ctx, &alert.Delivery{ID: d.ID, Content: shown})
	if err != nil {
		return err
	}
	group, told, err := n.store.DeliveryGroup(ctx, d)
	if errors.Is(err, alert.ErrNotFound) {
		return nil // forgotten meanwhile: a test that nobody waits for
	}
	if err != nil {
		return err
	}
	d.Attempts++
	message := b.templates.Message(*d, *group, alerts, truncated, told.Ref, started)
	if err := message.SetRouteLabels(n.current().labels(group.RouteID)); err != nil {
		b.logger.Error("Labels of the route cannot be rendered", "delivery", d.ID, "group", d.Group, "err", err)
	}
	ref, err := b.send(ctx, message)
	now := time.Now()
	n.metrics.duration.WithLabelValues(b.target.Kind).Observe(now.Sub(started).Seconds())
	if err == nil {
		b.succeeded()
		delivered(d, ref, now)
		b.logger.Info("Delivered", "delivery", d.ID, "group", d.Group, "reason", d.Reason,
			"firing", len(d.Content.Firing), "resolved", len(d.Content.Resolved), "attempt", d.Attempts)
		return b.commit(ctx, d, "delivered")
	}
	if ctx.Err() != nil {
		return nil // cut short by the shutdown, not by the far side
	}
	f := Classify(err)
	if f.Partial {
		b.logger.Error("Only a part of those to be told would hear it", "delivery", d.ID, "group", d.Group, "err", f)
		delivered(d, f.Progress, now)
		d.LastError = f.Error()
		return b.commit(ctx, d, "delivered")
	}
	return b.fail(ctx, d, f, now)
}

// firstOf returns as much of the content as one message has, what fires first,
// and how many alerts that leaves out.
func firstOf(c alert.Content) (shown alert.Content, truncated int) {
	shown.Firing = c.Firing[:min(len(c.Firing), maxAlerts)]
	shown.Resolved = c.Resolved[:min(len(c.Resolved), maxAlerts-len(shown.Firing))]
	return shown, len(c.Firing) + len(c.Resolved) - len(shown.Firing) - len(shown.Resolved)
}

func (b *outbox) fail(ctx context.Context, d *alert.Delivery, f *Failure, now time.Time) error {
	d.LastError = f.Error()
	if f.Progress != "" {
		d.Ref = f.Progress // whom it reached already is not told again
	}
	if f.Kind == Permanent {
		d.State, d.FinishedAt = alert.DeliveryDead, now
		b.logger.Error("The destination refused a message for good", "delivery", d.ID, "group", d.Group, "err", f)
		return b.commit(ctx, d, "refused")
	}
	d.NextAttemptAt = b.failed(f, now)
	if now.After(d.ExpiresAt) { // however late it is, it was tried once more
		d.State, d.FinishedAt = alert.DeliveryExpired, now
		b.logger.Error("Gave up a delivery", "delivery", d.ID, "group", d.Group, "attempts", d.Attempts, "last_error", d.LastError)
		return b.commit(ctx, d, "expired")
	}
	b.logger.Warn("Delivery failed; trying again", "delivery", d.ID, "group", d.Group, "attempt", d.Attempts,
		"err", f, "in", d.NextAttemptAt.Sub(now).Round(time.Millisecond))
	return b.commit(ctx, d, "failed")
}

// commit writes the outcome even while shutting down: what was told must not
// be told again.
func (b *outbox) commit(ctx context.Context, d *alert.Delivery, outcome string) error {
	b.notifier.metrics.attempts.WithLabelValues(b.target.Kind, b.target.ID, outcome).Inc()
	b.notifier.attempts.took(d, time.Now())
	if err := b.save(ctx, d); err != nil {
		b.keep(d)
		return err
	}
	return nil
}

// send bounds the attempt in time and keeps a channel's panic from taking the
// other channels down. An attempt under way when ctx ends may go on for
// shutdownGrace: one that is cut off may have been heard, and would be repeated.
func (b *outbox) send(ctx context.Context, msg *Message) (ref string, err error) {
	timeout := b.target.Options.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(shutdownGrace, cancel) })()
	defer func() {
		if p := recover(); p != nil {
			b.logger.Error("The channel panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the %s channel panicked: %v", b.target.Kind, p)
		}
	}()
	return b.target.Channel.Send(sending, msg)
}
