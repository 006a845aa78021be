package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"alertd/internal/alert"
)

const (
	// resolvedFor is how long nothing must be active that a silence matches before
	// it ends by itself: an alert that comes and goes has gaps.
	resolvedFor = 5 * time.Minute
	// late is by how much an alert's end may be committed after it ended.
	late = 10 * time.Minute
)

// watch is what is known of a silence that ends with what it silences.
type watch struct {
	holds bool      // something that it matches was active when last looked
	last  time.Time // when the last such thing ended; zero: there was none yet
}

// endResolved ends the silences that have silenced something which has been over
// for a while. One that has matched nothing yet stays.
func (k *Keeper) endResolved(ctx context.Context, now time.Time, silences []*alert.Silence, active []alert.Alert, next *earliest) error {
	for _, sil := range silences {
		w, err := k.look(ctx, now, sil, active)
		switch {
		case err != nil:
			return fmt.Errorf("silence %s: %w", sil.ID, err)
		case w.holds || w.last.IsZero():
			continue
		case now.Before(w.last.Add(resolvedFor)):
			next.take(w.last.Add(resolvedFor))
			continue
		}
		err = k.store.EndSilence(ctx, now, sil)
		switch {
		case errors.Is(err, alert.ErrStale): // changed meanwhile, which wakes us
			continue
		case err != nil:
			return err
		}
		k.logger.Info("A silence ended with what it silenced", "silence", sil.ID, "by", sil.CreatedBy, "resolved", w.last)
		delete(k.watched, sil.ID)
		k.committed()
	}
	return nil
}

// look brings what is known of a silence up to date.
func (k *Keeper) look(ctx context.Context, now time.Time, sil *alert.Silence, active []alert.Alert) (*watch, error) {
	w, known := k.watched[sil.ID]
	if !known {
		w = &watch{}
		k.watched[sil.ID] = w
	}
	switch holds := slices.ContainsFunc(active, func(a alert.Alert) bool { return sil.Matchers.Matches(a.Labels) }); {
	case holds:
		w.holds = true
		return w, nil
	case w.holds:
		w.holds, w.last = false, now
		return w, nil
	case known && !w.last.IsZero():
		return w, nil
	}
	// The history knows of what ended before we looked, or between two looks.
	since := sil.StartsAt
	if from := k.lastRound.Add(-late); known && from.After(since) {
		since = from
	}
	ended, err := k.store.EndedAlerts(ctx, since)
	if err != nil {
		return nil, err
	}
	for i := range ended {
		if a := &ended[i]; sil.Matchers.Matches(a.Labels) && a.ResolvedAt.After(w.last) {
			w.last = a.ResolvedAt
		}
	}
	return w, nil
}
