// Package keeper looks after silences and acknowledgements as time passes. It
// makes the occurrences of recurring silences, ends silences with what they
// silenced, gives notice before a long one ends, and removes acknowledgements
// whose time is over. Whatever it must remember is in the store.
package keeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"alertd/internal/alert"
)

// Store is what the keeper needs of the store; internal/store says what each
// method promises.
type Store interface {
	ActiveAlerts(ctx context.Context) ([]alert.Alert, error)
	EndedAlerts(ctx context.Context, since time.Time) ([]alert.Alert, error)
	Silences(ctx context.Context) (alert.Silences, error)
	EndSilence(ctx context.Context, now time.Time, read *alert.Silence) error
	RecurringSilences(ctx context.Context) ([]alert.RecurringSilence, error)
	SetRecurringSilence(ctx context.Context, now time.Time, r *alert.RecurringSilence, occurrences ...alert.Silence) error
	AddOccurrences(ctx context.Context, now time.Time, id string, madeUntil time.Time, occurrences ...alert.Silence) error
	DeleteRecurringSilence(ctx context.Context, now time.Time, id string) error
	ExpireAcks(ctx context.Context, now time.Time) (expired int, next time.Time, err error)
}

const (
	// rest is how long the keeper sleeps at least between two rounds: what it
	// does is never a matter of seconds, and commits come in bursts.
	rest = 5 * time.Second
	// retry is how long it waits after the store failed it.
	retry = 5 * time.Second
	// lookEvery is how often it looks at the clock while it waits for a time of
	// day: somebody may set the clock, and no timer hears of that.
	lookEvery = 15 * time.Second
)

// Keeper looks after silences and acknowledgements. It is safe for concurrent
// use.
type Keeper struct {
	store     Store
	committed func()
	raise     func(context.Context, []Notice) error
	logger    *slog.Logger
	settings  func() Settings
	wake      chan struct{}

	// Of the one loop.
	watched   map[string]*watch
	raised    map[string]Notice // by silence; nil before the first round
	lastRound time.Time
}

// Settings is what the configuration says of silences.
type Settings struct {
	Notice   time.Duration // how long before a long silence ends notice is given; 0: never
	Long     time.Duration // a silence that lasts longer is a long one
	Location *time.Location
}

// Options is what a keeper works with. All of it must be there.
type Options struct {
	Store     Store
	Committed func()                                // called after each commit that makes groups due
	Raise     func(context.Context, []Notice) error // takes alerts in, durably
	Settings  func() Settings                       // those in force
	Logger    *slog.Logger
}

// New returns a keeper that does nothing by itself until Run.
func New(o Options) *Keeper {
	return &Keeper{
		store: o.Store, committed: o.Committed, raise: o.Raise, settings: o.Settings, logger: o.Logger,
		wake: make(chan struct{}, 1), watched: map[string]*watch{},
	}
}

// Wake makes the keeper look soon. Call it after alerts, silences or
// acknowledgements were committed.
func (k *Keeper) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run looks after everything until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		next, err := k.round(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			k.logger.Error("Silences could not be looked after; trying again", "err", err, "in", retry)
			next = time.Now().Add(retry)
		}
		if !k.sleep(ctx, next) {
			return nil
		}
	}
}

// sleep waits for a wake, or until at where it is not zero, and in any case for
// a rest. It tells whether to go on.
func (k *Keeper) sleep(ctx context.Context, at time.Time) bool {
	rested := time.NewTimer(rest)
	defer rested.Stop()
	if !k.wait(ctx, at) {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-rested.C:
		return true
	}
}

// wait waits for a wake, or until at by the time of day where it is not zero. It
// tells whether to go on.
func (k *Keeper) wait(ctx context.Context, at time.Time) bool {
	var alarm <-chan time.Time
	for {
		if !at.IsZero() {
			left := time.Until(at)
			if left <= 0 {
				return ctx.Err() == nil
			}
			alarm = time.After(min(left, lookEvery))
		}
		select {
		case <-ctx.Done():
			return false
		case <-k.wake:
			return true
		case <-alarm:
		}
	}
}

// round does what there is to do at now and returns when there is more; zero
// when only a commit can bring it.
func (k *Keeper) round(ctx context.Context, now time.Time) (time.Time, error) {
	var next earliest
	var errs []error
	for _, part := range []struct {
		doing string
		do    func(context.Context, time.Time, *earliest) error
	}{
		{"making occurrences of recurring silences", k.makeOccurrences},
		{"looking through the silences", k.lookThrough},
		{"ending acknowledgements", k.expireAcks},
	} {
		if err := part.do(ctx, now, &next); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.doing, err))
		}
	}
	return next.at, errors.Join(errs...)
}

func (k *Keeper) expireAcks(ctx context.Context, now time.Time, next *earliest) error {
	expired, at, err := k.store.ExpireAcks(ctx, now)
	if err != nil {
		return err
	}
	if expired > 0 {
		k.committed()
	}
	next.take(at)
	return nil
}

// lookThrough ends silences with what they silenced, and gives notice of the
// ends of others.
func (k *Keeper) lookThrough(ctx context.Context, now time.Time, next *earliest) error {
	all, err := k.store.Silences(ctx)
	if err != nil {
		return err
	}
	settings := k.settings()
	resolving, ending := k.chosen(all, settings, now, next)
	if len(resolving) == 0 && len(ending) == 0 && k.raised != nil && len(k.raised) == 0 {
		k.lastRound = now
		return nil
	}
	active, err := k.store.ActiveAlerts(ctx)
	if err != nil {
		return err
	}
	if err := k.endResolved(ctx, now, resolving, active, next); err != nil {
		return err
	}
	k.lastRound = now
	return k.giveNotice(ctx, now, ending, active, settings)
}

// chosen returns the silences that may end with what they silence, and those
// whose end is near.
func (k *Keeper) chosen(all alert.Silences, s Settings, now time.Time, next *earliest) (resolving, ending []*alert.Silence) {
	known := map[string]*watch{}
	for i := range all {
		sil := &all[i]
		switch sil.StateAt(now) {
		case alert.SilenceExpired:
			continue
		case alert.SilencePending:
			if sil.UntilResolved() {
				next.take(sil.StartsAt)
			}
			continue
		case alert.SilenceActive:
		}
		if sil.UntilResolved() {
			resolving = append(resolving, sil)
			if w := k.watched[sil.ID]; w != nil {
				known[sil.ID] = w
			}
		}
		if s.Notice <= 0 || sil.EndsAt.Sub(sil.StartsAt) <= s.Long {
			continue
		}
		if from := sil.EndsAt.Add(-s.Notice); now.Before(from) {
			next.take(from)
		} else {
			ending = append(ending, sil)
			next.take(sil.EndsAt)
		}
	}
	k.watched = known
	return resolving, ending
}

// earliest is the first of several moments.
type earliest struct{ at time.Time }

func (e *earliest) take(t time.Time) {
	if !t.IsZero() && (e.at.IsZero() || t.Before(e.at)) {
		e.at = t
	}
}
