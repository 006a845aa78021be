package ctl

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// listQuery is what `silence list` is asked for.
type listQuery struct {
	expired, all, quiet bool
	within              duration
	author              string
}

func (c *cli) silenceListCommand() *cobra.Command {
	var q listQuery
	cmd := &cobra.Command{
		Use:     "list [MATCHER...]",
		Aliases: []string{"ls", "query"},
		Short:   "List the silences that hold now or will",
		Long: `List shows the active and the pending silences: the next to end first, then the
next to start. Matchers narrow the list to the silences that have all of them
among their own; job=etl finds neither job=~"etl|x" nor a silence of everything
on one host.

The ids are cut to what tells them apart, which is enough for every command;
-o json has the whole ones.`,
		Example: `  alertctl silence list
  alertctl silence list job=etl
  alertctl silence list --within 2h          # what will be loud again soon?
  alertctl silence list --expired --within 1d`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			ms, err := parseMatchers(args)
			if err != nil {
				return err
			}
			if q.expired && q.all {
				return usage("--expired and --all exclude each other")
			}
			return c.silenceList(cmd.Context(), ms, q)
		},
	}
	fl := cmd.Flags()
	fl.BoolVar(&q.expired, "expired", false, "only silences that are over, the last one first")
	fl.BoolVar(&q.all, "all", false, "those that are over too")
	fl.Var(&q.within, "within", "only those that end, or with --expired ended, within this time: 2h, 1d")
	fl.StringVar(&q.author, "author", "", "only those of this author")
	fl.BoolVarP(&q.quiet, "quiet", "q", false, "print ids only, whole ones")
	return cmd
}

func (c *cli) silenceList(ctx context.Context, ms alert.Matchers, q listQuery) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	silences, err := server.silences(ctx, ms)
	if err != nil {
		return err
	}
	now, ids := c.Now(), shortIDs(silences)
	if len(ms) > 0 && !c.structured() && !q.quiet {
		everything, err := server.silences(ctx, nil) // an id must be told from the hidden ones too
		if err != nil {
			return err
		}
		ids = shortIDs(everything)
	}
	silences = slices.DeleteFunc(silences, func(s *silence) bool { return !q.wants(s, now) })
	sortSilences(silences, now)
	if q.quiet && !c.structured() {
		for _, s := range silences {
			c.out.printf("%s\n", oneLine(s.ID))
		}
		return nil
	}
	return c.print(silences, func() {
		if len(silences) == 0 {
			c.err.printf("No silence to list.\n")
			return
		}
		c.silenceTable(silences, ids).print(c.out)
	})
}

// wants tells whether the silence belongs into the list.
func (q listQuery) wants(s *silence, now time.Time) bool {
	over := s.state(now) == alert.SilenceExpired
	switch {
	case q.author != "" && s.CreatedBy != q.author:
		return false
	case !q.all && over != q.expired:
		return false
	case q.within == 0:
		return true
	case over:
		return now.Sub(s.EndsAt) <= time.Duration(q.within)
	default:
		return s.EndsAt.Sub(now) <= time.Duration(q.within)
	}
}

// sortSilences puts active ones first (next to end first), then pending ones
// (next to start first), then those that are over (last ended first).
func sortSilences(silences []*silence, now time.Time) {
	order := []alert.SilenceState{alert.SilenceActive, alert.SilencePending, alert.SilenceExpired}
	slices.SortStableFunc(silences, func(a, b *silence) int {
		state := a.state(now)
		if d := slices.Index(order, state) - slices.Index(order, b.state(now)); d != 0 {
			return d
		}
		switch state {
		case alert.SilencePending:
			return a.StartsAt.Compare(b.StartsAt)
		case alert.SilenceActive:
			return a.EndsAt.Compare(b.EndsAt)
		default:
			return b.EndsAt.Compare(a.EndsAt)
		}
	})
}
