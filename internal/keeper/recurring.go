package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"alertd/internal/alert"
	"alertd/rules"
)

// The bounds of an occurrence.
const (
	shortestRun = time.Minute
	longestRun  = 31 * 24 * time.Hour
)

// Check tells what is wrong with a recurring silence's schedule, and how to mend
// it.
func Check(r *alert.RecurringSilence, now time.Time) error {
	schedule, err := rules.ParseSchedule(r.Schedule, r.Timezone)
	if err != nil {
		return err
	}
	if r.Duration < shortestRun || r.Duration > longestRun {
		return fmt.Errorf("each occurrence would last %s: make it from a minute to 31 days", r.Duration)
	}
	// One may reach into the next; more than that is a mistake.
	if shortest, _ := schedule.Gaps(now); shortest > 0 && r.Duration > 2*shortest {
		return fmt.Errorf("the occurrences of %q would pile up: they come %s apart, and each lasts %s", r.Schedule, shortest, r.Duration)
	}
	return nil
}

// SetRecurring creates a recurring silence or changes the one of its id, and
// makes its current and its next occurrence, all in one commit. Check must have
// passed it.
func (k *Keeper) SetRecurring(ctx context.Context, r alert.RecurringSilence, now time.Time) error {
	r.MadeUntil = time.Time{}
	made, err := occurrences(&r, now)
	if err != nil {
		return fmt.Errorf("recurring silence %s: %w", r.ID, err)
	}
	if len(made) > 0 {
		r.MadeUntil = made[len(made)-1].StartsAt
	}
	if err := k.store.SetRecurringSilence(ctx, now, &r, made...); err != nil {
		return err
	}
	k.changed()
	return nil
}

// DeleteRecurring forgets a recurring silence and ends its current occurrence.
func (k *Keeper) DeleteRecurring(ctx context.Context, id string, now time.Time) error {
	if err := k.store.DeleteRecurringSilence(ctx, now, id); err != nil {
		return err
	}
	k.changed()
	return nil
}

func (k *Keeper) changed() {
	k.committed()
	k.Wake()
}

// makeOccurrences sees to it that every recurring silence has its current and
// its next occurrence.
func (k *Keeper) makeOccurrences(ctx context.Context, now time.Time, next *earliest) error {
	all, err := k.store.RecurringSilences(ctx)
	if err != nil {
		return err
	}
	var failed []error // one that cannot be read holds up no other
	for i := range all {
		if err := k.advance(ctx, &all[i], now, next); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", all[i].ID, err))
		}
	}
	return errors.Join(failed...)
}

func (k *Keeper) advance(ctx context.Context, r *alert.RecurringSilence, now time.Time, next *earliest) error {
	if now.Before(r.MadeUntil) {
		next.take(r.MadeUntil)
		return nil
	}
	made, err := occurrences(r, now)
	if err != nil || len(made) == 0 {
		return err
	}
	until := made[len(made)-1].StartsAt
	switch err := k.store.AddOccurrences(ctx, now, r.ID, until, made...); {
	case errors.Is(err, alert.ErrStale): // changed or deleted meanwhile, which wakes us
		return nil
	case err != nil:
		return err
	}
	next.take(until)
	k.committed()
	return nil
}

// occurrences returns the occurrences of r that run at now and the next one, but
// those of slots up to MadeUntil.
func occurrences(r *alert.RecurringSilence, now time.Time) ([]alert.Silence, error) {
	schedule, err := rules.ParseSchedule(r.Schedule, r.Timezone)
	if err != nil {
		return nil, err
	}
	from := now.Add(-r.Duration)
	if r.MadeUntil.After(from) {
		from = r.MadeUntil
	}
	var made []alert.Silence
	for slot := schedule.Next(from); !slot.IsZero(); slot = schedule.Next(slot) {
		o, err := occurrence(r, slot, now)
		if err != nil {
			return nil, err
		}
		made = append(made, o)
		if slot.After(now) {
			break
		}
	}
	return made, nil
}

// occurrence returns the silence of one slot. Its id follows from what it is an
// occurrence of, so that making it twice makes one.
func occurrence(r *alert.RecurringSilence, slot, now time.Time) (alert.Silence, error) {
	namespace, err := uuid.Parse(r.ID)
	if err != nil {
		return alert.Silence{}, fmt.Errorf("the id %q: %w", r.ID, err)
	}
	var name strings.Builder
	fmt.Fprint(&name, slot.Unix())
	for _, m := range r.Matchers {
		name.WriteString("\xff" + m.String())
	}
	return alert.Silence{
		ID: uuid.NewSHA1(namespace, []byte(name.String())).String(), Matchers: r.Matchers,
		StartsAt: slot, EndsAt: slot.Add(r.Duration), CreatedBy: r.CreatedBy, Comment: r.Comment,
		Annotations: alert.LabelsFromStrings(alert.RecurringAnnotation, r.ID), UpdatedAt: now,
	}, nil
}
