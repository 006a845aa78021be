package ctl

import (
	"context"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// noComment is the comment of those who need not give one: alertd takes none
// without.
const noComment = "(no comment)"

// resolvedAtLatest is how long a silence lasts at most that ends with what it
// silences, where nobody says.
const resolvedAtLatest = 30 * 24 * time.Hour

// silenceForm is what `silence add` is told.
type silenceForm struct {
	duration        duration
	start, until    string
	comment, author string
	annotations     []string
	untilResolved   bool
	cron, timezone  string
	preview, force  bool
}

func (c *cli) silenceAddCommand() *cobra.Command {
	form := silenceForm{}
	cmd := &cobra.Command{
		Use:   "add MATCHER...",
		Short: "Silence the alerts that pass the matchers",
		Long: `Add creates a silence and tells what it silences right now. An alert is silenced
when it passes every matcher; see "alertctl help matchers".

It lasts an hour, from now, unless --for, --until or --start say otherwise; see
"alertctl help times". A comment is required, because somebody else will wonder
why it is quiet; comment_required in alertctl's configuration turns that off.

--until-resolved ends it some minutes after what it silences is over, and at the
latest when --for or --until say, or after 30 days. It stays while nothing has
fired yet.

--cron makes a recurring silence: one that begins at every moment of a cron
schedule, in --timezone, and lasts --for. "alertctl silence recurring" lists and
ends such ones.

--preview creates nothing, and tells only what would be silenced. A silence that
would match everything is refused without --force.

The silence's id is all that goes to standard output, so that a script can keep
it: id=$(alertctl silence add ...). What it silences is told on standard error.
With -o json or yaml both go to standard output, as silenceID and alerts.`,
		Example: `  alertctl silence add CronFailed cron_job=etl --for 2h --comment "migrating the database"
  alertctl silence add 'instance=~"web-[12]:.*"' --until 18:00 -c "replacing disks"
  alertctl silence add job=backup --start "tomorrow 22:00" --for 6h -c "planned outage"
  alertctl silence add HostDiskFull instance=db-1:9100 --until-resolved -c "disk is ordered"
  alertctl silence add job=etl --cron "0 22 * * SAT" --for 4h --timezone Europe/Paris -c "weekly rebuild"
  alertctl silence add 'severity!=critical' --preview`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			lasts := cmd.Flags().Changed("duration") || cmd.Flags().Changed("for")
			if cmd.Flags().Changed("until") && lasts {
				return usage("--until and --duration both say when the silence ends: give one of them")
			}
			if form.cron != "" {
				if !lasts {
					return usage("how long does each occurrence last? Say it with --for: --cron %q --for 4h", form.cron)
				}
				return c.recurringAdd(cmd.Context(), args, form)
			}
			if form.timezone != "" {
				return usage("--timezone is that of --cron, which is not given")
			}
			if form.untilResolved && !lasts {
				form.duration = duration(resolvedAtLatest)
			}
			return c.silenceAdd(cmd.Context(), args, form)
		},
	}
	fl := cmd.Flags()
	form.duration = duration(time.Hour)
	fl.VarP(&form.duration, "duration", "d", "how long it lasts: 30m, 2h, 1d, 1w")
	fl.Var(&form.duration, "for", "the same")
	fl.StringVar(&form.until, "until", "", "when it ends: "+timeForms)
	fl.StringVar(&form.start, "start", "", "when it starts, likewise (default now)")
	fl.BoolVar(&form.untilResolved, "until-resolved", false, "end it when what it silences is over")
	fl.StringVar(&form.cron, "cron", "", "begin it at every moment of a cron `SCHEDULE`: \"0 22 * * SAT\"")
	fl.StringVar(&form.timezone, "timezone", "", "the time zone of --cron, such as Europe/Paris (default alertd's)")
	fl.StringVarP(&form.comment, "comment", "c", "", "why (required)")
	fl.StringVarP(&form.author, "author", "a", "", "who says so (env ALERTCTL_AUTHOR; default user@host)")
	fl.StringArrayVar(&form.annotations, "annotation", nil, "a `NAME=VALUE` to note beside it; may be repeated")
	fl.BoolVar(&form.preview, "preview", false, "create nothing, tell what would be silenced")
	fl.BoolVar(&form.force, "force", false, "silence everything, if the matchers say so")
	cmd.MarkFlagsMutuallyExclusive("for", "duration")
	for _, other := range []string{"until", "start", "until-resolved", "annotation"} {
		cmd.MarkFlagsMutuallyExclusive("cron", other)
	}
	return cmd
}

func (c *cli) silenceAdd(ctx context.Context, args []string, form silenceForm) error {
	ms, err := form.matchers(args)
	if err != nil {
		return err
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	now := c.Now()
	s := newSilence{Matchers: ms}
	if s.StartsAt, s.EndsAt, err = form.period(now); err != nil {
		return err
	}
	if s.Annotations, err = form.noted(nil); err != nil {
		return err
	}
	if !form.preview {
		if s.CreatedBy, s.Comment, err = form.signed(server.settings); err != nil {
			return err
		}
	}
	// Before it is there, so that what is told so far is seen as such.
	alerts, matchingErr := server.matching(ctx, s.Matchers)
	id := ""
	if !form.preview {
		if id, err = server.postSilence(ctx, s); err != nil {
			return err
		}
	} else if matchingErr != nil {
		return matchingErr
	}
	return c.tellAdded(id, s, alerts, matchingErr, now)
}

// matchers reads the matchers of a new silence, and refuses everything.
func (f silenceForm) matchers(args []string) (alert.Matchers, error) {
	ms, err := parseMatchers(args)
	switch {
	case err != nil:
		return nil, err
	case len(ms) == 0:
		return nil, usage("there is no matcher to tell what to silence").
			withHint("Write it like: alertctl silence add CronFailed cron_job=etl")
	case matchesEverything(ms) && !f.force:
		return nil, refused("%s would silence everything", typed(ms)).
			withHint("Name what to silence: one matcher at least must need a label that not every alert has, like job=etl. --preview shows what it would silence, and --force does it.")
	}
	return ms, nil
}

// signed returns who makes a silence, and why.
func (f silenceForm) signed(s *settings) (author, comment string, err error) {
	author, comment = first(f.author, s.author, whoami()), strings.TrimSpace(f.comment)
	if comment != "" {
		return author, comment, nil
	}
	if s.commentRequired {
		return "", "", usage("a silence needs a comment: why should it be quiet?").
			withHint("Say it with --comment \"...\". To be asked no more, write comment_required: false into alertctl's configuration.")
	}
	return author, noComment, nil
}

// noted returns the annotations of a silence that had some before.
func (f silenceForm) noted(before alert.Labels) (alert.Labels, error) {
	noted := before
	for _, given := range f.annotations {
		name, value, ok := strings.Cut(given, "=")
		if !ok || name == "" {
			return nil, usage("--annotation %q is not like ticket=OPS-7", given)
		}
		noted = noted.With(name, value)
	}
	if f.untilResolved {
		noted = noted.With(alert.UntilResolvedAnnotation, "true")
	}
	return noted, nil
}

// tellAdded prints the id of a new silence and what it silences: the alerts, or
// why they are not known. Once it is created nothing is a failure any more.
func (c *cli) tellAdded(id string, s newSilence, alerts []*firingAlert, unknown error, now time.Time) error {
	if unknown != nil {
		c.err.printf("alertctl: the silence is there, but what it silences is not known: %s\n", neutral(unknown.Error()))
	}
	answer := struct {
		ID     string         `json:"silenceID"`
		Alerts []*firingAlert `json:"alerts"`
	}{id, alerts}
	return c.print(answer, func() {
		does := "Would silence"
		if id != "" {
			does = "Silenced"
			c.out.printf("%s\n", oneLine(id))
			_ = c.buffered.Flush() // the id goes first; a failure shows again at the end
		}
		period := "ends in " + spell(s.EndsAt.Sub(now)) + ", " + moment(s.EndsAt, now)
		pending := s.StartsAt.After(now)
		if pending {
			period = "starts in " + spell(s.StartsAt.Sub(now)) + ", " + moment(s.StartsAt, now) + ", for " + spell(s.EndsAt.Sub(s.StartsAt))
		}
		if s.Annotations.Get(alert.UntilResolvedAnnotation) == "true" {
			period = "ends when that is over; at the latest it " + period
		}
		c.err.printf("%s %s: %s.\n", does, neutral(typed(s.Matchers)), period)
		if unknown == nil {
			c.tellMatching(c.err, alerts, pending || id == "")
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
