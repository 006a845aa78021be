package ctl

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func (c *cli) silenceEditCommand() *cobra.Command {
	form := silenceForm{}
	cmd := &cobra.Command{
		Use:     "edit ID [MATCHER...]",
		Aliases: []string{"update"},
		Short:   "Change a silence: its end, its comment, what it silences",
		Long: `Edit changes what is said and leaves the rest as it is. Of the id, as many
characters suffice as tell it from the others.

--for counts from now, or from the start of a silence that has not begun. Matchers
replace all that the silence has. What was silenced until now is not rewritten:
with other matchers, or another start once it has begun, a new silence takes the
place of the old one, which ends.

The id under which the silence now is goes to standard output, what it silences to
standard error.`,
		Example: `  alertctl silence edit 5b6f1c2e --for 1d
  alertctl silence edit 5b6f1c2e --until "fri 18:00" -c "the disk comes on Friday"
  alertctl silence edit 5b6f1c2e CronFailed cron_job=etl`,
		ValidArgsFunction: firstArg(c.silenceIDs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("which silence? Give its id: \"alertctl silence list\" tells it")
			}
			changed := len(args) > 1
			for _, name := range []string{"duration", "for", "until", "start", "comment", "author", "annotation", "until-resolved"} {
				changed = changed || cmd.Flags().Changed(name)
			}
			if !changed {
				return usage("what is to change? Say it with --for, --until, --comment or matchers")
			}
			return c.silenceEdit(cmd.Context(), args[0], args[1:], form)
		},
	}
	fl := cmd.Flags()
	fl.VarP(&form.duration, "duration", "d", "how long it lasts from now on: 30m, 2h, 1d, 1w")
	fl.Var(&form.duration, "for", "the same")
	fl.StringVar(&form.until, "until", "", "when it ends: "+timeForms)
	fl.StringVar(&form.start, "start", "", "when it starts, likewise")
	fl.BoolVar(&form.untilResolved, "until-resolved", false, "end it when what it silences is over")
	fl.StringVarP(&form.comment, "comment", "c", "", "why")
	fl.StringVarP(&form.author, "author", "a", "", "who says so")
	fl.StringArrayVar(&form.annotations, "annotation", nil, "a `NAME=VALUE` to note beside it, an empty value removes one; may be repeated")
	fl.BoolVar(&form.force, "force", false, "silence everything, if the matchers say so")
	cmd.MarkFlagsMutuallyExclusive("for", "duration", "until")
	return cmd
}

func (c *cli) silenceEdit(ctx context.Context, id string, args []string, form silenceForm) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	silences, err := server.silences(ctx, nil)
	if err != nil {
		return err
	}
	old, err := find(silences, id)
	if err != nil {
		return err
	}
	now := c.Now()
	s, err := form.change(old, args, now)
	if err != nil {
		return err
	}
	alerts, matchingErr := server.matching(ctx, s.Matchers)
	newID, err := server.postSilence(ctx, s)
	if err != nil {
		return err
	}
	return c.tellAdded(newID, s, alerts, matchingErr, now)
}

// change returns the silence with what the form says of it.
func (f silenceForm) change(old *silence, args []string, now time.Time) (s newSilence, err error) {
	s = newSilence{
		ID: old.ID, Matchers: old.Matchers, StartsAt: old.StartsAt, EndsAt: old.EndsAt,
		CreatedBy: first(f.author, old.CreatedBy), Comment: first(strings.TrimSpace(f.comment), old.Comment),
	}
	if s.Annotations, err = f.noted(old.Annotations); err != nil {
		return s, err
	}
	if len(args) > 0 {
		if s.Matchers, err = f.matchers(args); err != nil {
			return s, err
		}
	}
	if f.start != "" {
		if s.StartsAt, err = parseTime("--start", f.start, now, now); err != nil {
			return s, err
		}
	}
	from := s.StartsAt
	if from.Before(now) {
		from = now
	}
	switch {
	case f.until != "":
		if s.EndsAt, err = parseTime("--until", f.until, now, from); err != nil {
			return s, err
		}
	case f.duration != 0:
		s.EndsAt = from.Add(time.Duration(f.duration))
	}
	switch {
	case !s.EndsAt.After(now):
		return s, usage("the silence would have ended %s, at %s", ago(s.EndsAt, now), moment(s.EndsAt, now)).
			withHint("Say when it ends with --for or --until. To end it now: alertctl silence expire %s", old.ID)
	case !s.EndsAt.After(s.StartsAt):
		return s, usage("the silence would end (%s) before it starts (%s)", moment(s.EndsAt, now), moment(s.StartsAt, now))
	}
	return s, nil
}
