package app

import (
	"context"
	"time"

	"alertd/internal/alert"
	"alertd/internal/intake"
	"alertd/internal/keeper"
)

// newKeeper returns who looks after silences and acknowledgements.
func (a *app) newKeeper() *keeper.Keeper {
	return keeper.New(keeper.Options{
		Store: a.store, Committed: a.notifier.Wake, Raise: a.raiseNotices, Logger: a.Logger,
		Settings: func() keeper.Settings {
			c := a.current.plan().config
			return keeper.Settings{
				Notice: time.Duration(c.Silences.EndingNotice), Long: time.Duration(c.Silences.LongerThan), Location: c.Timezone,
			}
		},
	})
}

func (a *app) raiseNotices(ctx context.Context, notices []keeper.Notice) error {
	posted := make([]intake.Posted, len(notices))
	for i, n := range notices {
		posted[i] = intake.Posted{Labels: n.Labels, Annotations: n.Annotations, StartsAt: n.StartsAt, EndsAt: n.EndsAt}
	}
	return a.intake.Receive(ctx, posted, time.Now())
}

// committed wakes whoever acts upon alerts, silences and acknowledgements that
// were committed.
func (a *app) committed() {
	a.notifier.Wake()
	a.keeper.Wake()
}

// recurring is what the HTTP server sees of recurring silences.
type recurring struct {
	*keeper.Keeper
	current *current
}

func (recurring) Check(r *alert.RecurringSilence, now time.Time) error { return keeper.Check(r, now) }

func (r recurring) Timezone() string { return r.current.plan().config.Timezone.String() }
