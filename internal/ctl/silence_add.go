package ctl

import (
	"context"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// noComment is the comment of those who need not give one: alertd takes none
// without.
const noComment = "(no comment)"

// silenceForm is what `silence add` is told.
type silenceForm struct {
	duration        duration
	start, until    string
	comment, author string
}

func (c *cli) silenceAddCommand() *cobra.Command {
	form := silenceForm{}
	cmd := &cobra.Command{
		Use:   "add MATCHER...",
		Short: "Silence the alerts that pass the matchers",
		Long: `Add creates a silence and tells what it silences right now. An alert is silenced
when it passes every matcher; see "alertctl help matchers".

It lasts an hour, from now, unless --duration, --until or --start say otherwise;
see "alertctl help times". A comment is required, because somebody else will
wonder why it is quiet; comment_required in alertctl's configuration turns that
off. A silence that would match everything is refused.

The silence's id is all that goes to standard output, so that a script can keep
it: id=$(alertctl silence add ...). What it silences is told on standard error.
With -o json or yaml both go to standard output, as silenceID and alerts.`,
		Example: `  alertctl silence add CronFailed cron_job=etl --duration 2h --comment "migrating the database"
  alertctl silence add 'instance=~"web-[12]:.*"' --until 18:00 -c "replacing disks"
  alertctl silence add job=backup --start "tomorrow 22:00" --duration 6h -c "planned outage"`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("until") && cmd.Flags().Changed("duration") {
				return usage("--until and --duration both say when the silence ends: give one of them")
			}
			return c.silenceAdd(cmd.Context(), args, form)
		},
	}
	fl := cmd.Flags()
	form.duration = duration(time.Hour)
	fl.VarP(&form.duration, "duration", "d", "how long it lasts: 30m, 2h, 1d, 1w")
	fl.StringVar(&form.until, "until", "", "when it ends: "+timeForms)
	fl.StringVar(&form.start, "start", "", "when it starts, likewise (default now)")
	fl.StringVarP(&form.comment, "comment", "c", "", "why (required)")
	fl.StringVarP(&form.author, "author", "a", "", "who says so (env ALERTCTL_AUTHOR; default user@host)")
	return cmd
}

func (c *cli) silenceAdd(ctx context.Context, args []string, form silenceForm) error {
	ms, err := parseMatchers(args)
	if err != nil {
		return err
	}
	if len(ms) == 0 {
		return usage("there is no matcher to tell what to silence").
			withHint("Write it like: alertctl silence add CronFailed cron_job=etl")
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	now := c.Now()
	s := newSilence{Matchers: ms, Comment: strings.TrimSpace(form.comment)}
	if s.StartsAt, s.EndsAt, err = form.period(now); err != nil {
		return err
	}
	s.CreatedBy = first(form.author, server.settings.author, whoami())
	if s.Comment == "" {
		if server.settings.commentRequired {
			return usage("a silence needs a comment: why should it be quiet?").
				withHint("Say it with --comment \"...\". To be asked no more, write comment_required: false into alertctl's configuration.")
		}
		s.Comment = noComment
	}
	if matchesEverything(ms) {
		return refused("%s would silence everything", typed(ms)).
			withHint("Name what to silence: one matcher at least must need a label that not every alert has, like job=etl.")
	}

	id, err := server.addSilence(ctx, s)
	if err != nil {
		return err
	}
	return c.tellAdded(ctx, server, id, s, now)
}

// tellAdded prints the id of a new silence and what it silences. Once it is
// created nothing is a failure any more.
func (c *cli) tellAdded(ctx context.Context, server *client, id string, s newSilence, now time.Time) error {
	alerts, err := server.matching(ctx, s.Matchers)
	if err != nil {
		c.err.printf("alertctl: the silence is there, but what it silences is not known: %s\n", neutral(err.Error()))
	}
	answer := struct {
		ID     string         `json:"silenceID"`
		Alerts []*firingAlert `json:"alerts"`
	}{id, alerts}
	return c.print(answer, func() {
		c.out.printf("%s\n", oneLine(id))
		_ = c.buffered.Flush() // the id goes first; a failure shows again at the end
		period := "ends in " + spell(s.EndsAt.Sub(now)) + ", " + moment(s.EndsAt, now)
		pending := s.StartsAt.After(now)
		if pending {
			period = "starts in " + spell(s.StartsAt.Sub(now)) + ", " + moment(s.StartsAt, now) + ", for " + spell(s.EndsAt.Sub(s.StartsAt))
		}
		c.err.printf("Silenced %s: %s.\n", neutral(typed(s.Matchers)), period)
		if err == nil {
			c.tellMatching(c.err, alerts, pending)
		}
	})
}

// tellMatching prints which alerts a silence's matchers pass now.
func (c *cli) tellMatching(s screen, alerts []*firingAlert, pending bool) {
	does := "silences"
	if pending {
		does = "would now silence"
	}
	if len(alerts) == 0 {
		s.printf("It matches no alert at the moment.\n")
		return
	}
	s.printf("It %s %s:\n\n", does, count(len(alerts), "alert"))
	c.alertTable(alerts).print(s)
}

// period returns when the silence starts and ends.
func (f silenceForm) period(now time.Time) (start, end time.Time, err error) {
	start = now
	if f.start != "" {
		if start, err = parseTime("--start", f.start, now, now); err != nil {
			return start, end, err
		}
	}
	if f.until == "" {
		end = start.Add(time.Duration(f.duration))
	} else if end, err = parseTime("--until", f.until, now, start); err != nil {
		return start, end, err
	}
	switch {
	case !end.After(start):
		return start, end, usage("the silence would end (%s) before it starts (%s)", moment(end, now), moment(start, now))
	case !end.After(now):
		return start, end, usage("the silence would have ended %s, at %s", ago(end, now), moment(end, now))
	}
	return start, end, nil
}

// whoami returns user@host as far as they are known.
func whoami() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		return name
	}
	return name + "@" + host
}
