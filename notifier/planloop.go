package notifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"alertd/internal/alert"
)

const (
	planBatch = 100
	// planAtOnce is how many groups are planned beside each other: the store
	// commits plans that come at once together.
	planAtOnce = 32
	// storeRetry is how long the loops wait after the store failed them.
	storeRetry = 2 * time.Second
	// longestSleep is how long the loops sleep at most, for what they wait for is
	// a time of day, and somebody may set the clock.
	longestSleep = 15 * time.Second
)

// planLoop plans groups as they become due.
func (n *Notifier) planLoop(ctx context.Context, boxes *outboxes) error {
	clock := &clock{}
	for {
		next, err := n.planAt(ctx, clock, boxes)
		if err != nil && ctx.Err() == nil {
			n.logger.Error("Planning failed; trying again", "err", err, "in", storeRetry)
			next = time.Now().Add(storeRetry)
		}
		if !sleep(ctx, n.wake, next) {
			return nil
		}
	}
}

// planAt sees to it that nothing waits for a time that a clock which was set,
// now or while alertd was away, has put far off; then it plans what is due.
func (n *Notifier) planAt(ctx context.Context, clock *clock, boxes *outboxes) (time.Time, error) {
	now := time.Now()
	if by, jumped := clock.jump(now); jumped {
		if by != 0 {
			n.logger.Warn("The clock was set; looking at everything that waits for a time", "by", by)
		}
		if err := n.store.Reschedule(ctx, now, by); err != nil {
			return time.Time{}, err
		}
		boxes.wakeAll()
	}
	clock.read(now)
	return n.planDue(ctx, boxes)
}

// planDue plans every group that is due and returns when the next one will be.
func (n *Notifier) planDue(ctx context.Context, boxes *outboxes) (time.Time, error) {
	setup := n.current()
	if setup == nil {
		return time.Time{}, nil
	}
	for {
		keys, next, err := n.store.DueGroups(ctx, time.Now(), planBatch)
		if err != nil || len(keys) == 0 {
			return next, err
		}
		silences, err := n.store.Silences(ctx)
		if err != nil {
			return time.Time{}, err
		}
		failed := make([]error, len(keys)) // one group that cannot be planned holds up no other
		var planning errgroup.Group
		planning.SetLimit(planAtOnce)
		for i, key := range keys {
			planning.Go(func() error {
				if err := n.planGroup(ctx, setup, silences, key, boxes); err != nil {
					failed[i] = fmt.Errorf("group %s: %w", key, err)
				}
				return nil
			})
		}
		_ = planning.Wait()
		if err := errors.Join(failed...); err != nil {
			return time.Time{}, err
		}
	}
}

func (n *Notifier) planGroup(ctx context.Context, setup *Setup, silences alert.Silences, key alert.GroupKey, boxes *outboxes) error {
	view, err := n.store.GroupView(ctx, key)
	if errors.Is(err, alert.ErrNotFound) {
		return nil // dropped meanwhile
	}
	if err != nil {
		return err
	}
	result, decisions := Plan(setup.input(view, silences, time.Now()))
	if err := n.store.CommitPlan(ctx, &result); errors.Is(err, alert.ErrStale) {
		return nil // it changed meanwhile and is still due: the next round takes it
	} else if err != nil {
		return err
	}
	for _, d := range decisions {
		n.logger.Debug("Planned", "group", key, "integration", d.Integration, "reason", d.Reason, "until", d.Until, "delivery", d.Delivery)
		if d.Delivery != "" { // made, or held back until its group was planned
			boxes.wake(d.Integration)
		}
	}
	return nil
}

// sleep waits for a wake, or until at where it is not zero. It tells whether
// to go on.
func sleep(ctx context.Context, wake <-chan struct{}, at time.Time) bool {
	var alarm <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(min(time.Until(at), longestSleep))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-alarm:
	}
	return true
}

func (s *Setup) input(view *alert.GroupView, silences alert.Silences, now time.Time) PlanInput {
	if view.RouteID == alert.DirectRoute {
		silences, view.Inhibited = nil, nil // it was asked for by name
	}
	return PlanInput{
		View:         *view,
		Route:        s.options(view.RouteID),
		Integrations: s.integrations(view.Receiver),
		Silences:     silences,
		Now:          now,
		Expiry:       s.Expiry,
	}
}

// options returns the options of a route, or nil where there is none of that id.
func (s *Setup) options(routeID string) *RouteOptions {
	if routeID == alert.DirectRoute {
		return &RouteOptions{RepeatInterval: s.Expiry}
	}
	var found *RouteOptions
	s.Route.Walk(func(r *Route) {
		if r.ID == routeID {
			found = &r.Options
		}
	})
	return found
}

// labels returns the labels of a route, unrendered.
func (s *Setup) labels(routeID string) map[string]string {
	if options := s.options(routeID); options != nil {
		return options.Labels
	}
	return nil
}

func (s *Setup) integrations(receiver string) []Integration {
	targets := s.Receivers[receiver]
	out := make([]Integration, len(targets))
	for i, t := range targets {
		out[i] = Integration{ID: t.ID, SendResolved: t.Options.SendResolved}
	}
	return out
}
