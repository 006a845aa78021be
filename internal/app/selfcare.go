package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"alertd/internal/alert"
	"alertd/internal/heartbeat"
	"alertd/internal/selfcheck"
	"alertd/rules/engine"
)

const (
	// aliveEvery is how often alertd saves that it is alive, which also shows
	// whether anything can be saved.
	aliveEvery = 30 * time.Second
	// emergencyEvery is how often it looks whether there is something to tell that
	// cannot be stored.
	emergencyEvery = 5 * time.Second
	// lateBy is by how much a group's evaluation may be late beyond two of its
	// intervals.
	lateBy = time.Minute
)

// checks returns what alertd finds out about itself.
func (a *app) checks() []engine.Check {
	a.storage = &selfcheck.Storage{
		Path: a.StoragePath, Save: a.store.SaveRun, Logger: a.Logger,
		Groups: func() []engine.GroupStatus { return a.engine.Groups() },
	}
	channels := selfcheck.Channels{Health: a.notifier.Health, Queue: a.store.Queue, Limits: a.limits, Logger: a.Logger}
	checks := append(channels.Checks(), a.storage.Checks()...)
	return append(checks, storageDamaged(a.StoragePath), selfcheck.NewClock(a.clock).Check(), a.drills.Check())
}

func (a *app) limits() selfcheck.Limits {
	s := a.current.plan().config.Self
	return selfcheck.Limits{
		FailingFor: time.Duration(s.ChannelFailingFor), QueueAge: time.Duration(s.QueueAge), QueueLength: s.QueueLength,
	}
}

// stayAlive saves again and again that alertd is alive.
func (a *app) stayAlive(ctx context.Context) error {
	ticker := time.NewTicker(aliveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		// An error becomes an alert, and a line of the log, by the checks.
		_ = a.storage.Saved(ctx, alert.Run{StartedAt: a.startedAt, AliveAt: time.Now()})
	}
}

// tellFromMemory tells people what the store does not take.
func (a *app) tellFromMemory(ctx context.Context) error {
	emergency := a.notifier.NewEmergency()
	ticker := time.NewTicker(emergencyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			emergency.Tell(ctx, a.engine.Unstored(), time.Now())
		}
	}
}

func (a *app) heartbeat() (*heartbeat.Heartbeat, error) {
	return heartbeat.New(heartbeat.Options{
		Settings: func() heartbeat.Settings { return a.current.plan().config.Heartbeat },
		Well:     func() (bool, error) { return a.well(time.Now()) },
		Version:  a.Version.Version, Logger: a.Logger, Registerer: a.registry,
	})
}

// well returns why alertd does not do its work, or nil, and tells whether that can
// be judged yet.
func (a *app) well(now time.Time) (judged bool, unwell error) {
	groups := a.engine.Groups()
	for _, g := range groups {
		last := g.Ended
		if last.IsZero() {
			last = g.Since
		}
		if late := now.Sub(last); late > 2*g.Interval+lateBy {
			return true, fmt.Errorf("the rules of %s have not been evaluated for %s", g.Name, late.Round(time.Second))
		}
	}
	select {
	case <-a.engine.Ready():
	default:
		if up := now.Sub(a.startedAt); up > lateBy && len(groups) == 0 {
			return true, fmt.Errorf("it has been starting for %s", up.Round(time.Second))
		}
		return false, nil
	}
	if err := a.engine.Unreachable(); err != nil {
		return true, fmt.Errorf("no answer from Prometheus for a minute: %w", err)
	}
	if err := a.storage.Err(); err != nil {
		return true, fmt.Errorf("what happens cannot be stored: %w", err)
	}
	return true, a.mute(now)
}

// failing tells of each integration whether it fails.
func (a *app) failing(now time.Time) map[string]bool {
	failing := map[string]bool{}
	for id, h := range a.notifier.Health() {
		failing[id] = a.limits().Failing(h, now)
	}
	return failing
}

// mute tells that every channel fails, as an error.
func (a *app) mute(now time.Time) error {
	all := a.failing(now)
	for _, failing := range all {
		if !failing {
			return nil
		}
	}
	if len(all) == 0 {
		return nil // nobody is to be told
	}
	return errors.New("no channel takes messages")
}
