package ctl

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// shortID is how many characters of an id are shown, at least.
const shortID = 8

func (c *cli) silenceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "silence",
		Aliases: []string{"silences"},
		Short:   "Keep alerts quiet for a while: add, list, show, edit, expire, import",
		Long: `A silence keeps every alert that its matchers pass from being told, from its
start until its end. The alerts stay visible in "alertctl alerts", and an alert
that outlives its silence is told when the silence ends.

Before a long silence ends over something that still fires, alertd gives notice:
the alert SilenceEnding, an hour before, of those that last longer than a day.`,
		Example: `  alertctl silence add CronFailed cron_job=etl --duration 2h --comment "migrating the database"
  alertctl silence list
  alertctl silence expire 5b6f1c2e`,
	}
	group(cmd, c.silenceAddCommand(), c.silenceListCommand(), c.silenceShowCommand(), c.silenceEditCommand(),
		c.silenceExpireCommand(), c.silenceImportCommand(), c.recurringCommand())
	return cmd
}

// find returns the silence that an id, or the beginning of one, means.
func find(silences []*silence, id string) (*silence, error) {
	if id == "" {
		return nil, usage("the silence's id is empty")
	}
	var found []*silence
	for _, s := range silences {
		if s.ID == id {
			return s, nil
		}
		if strings.HasPrefix(s.ID, strings.ToLower(id)) {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return nil, refused("there is no silence %s", id).
			withHint("\"alertctl silence list --all\" lists those that there are.")
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, s := range found {
		ids[i] = s.ID
	}
	slices.Sort(ids)
	return nil, usage("%d silences begin with %s: %s", len(found), id, strings.Join(ids, ", ")).
		withHint("Give more of the id.")
}

// shortIDs returns, by id, as much of each as tells it from the others.
func shortIDs(silences []*silence) map[string]string {
	ids := make([]string, len(silences))
	for i, s := range silences {
		ids[i] = s.ID
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	short := make(map[string]string, len(ids))
	for i, id := range ids {
		n := shortID
		for _, j := range []int{i - 1, i + 1} { // in order, the neighbours are the likest
			for j >= 0 && j < len(ids) && n < len(id) && strings.HasPrefix(ids[j], id[:n]) {
				n++
			}
		}
		short[id] = id[:min(n, len(id))]
	}
	return short
}

// state returns where the silence stands at now: alertd's own word may be a
// moment old.
func (s *silence) state(now time.Time) alert.SilenceState {
	if s.Status.State == alert.SilenceExpired {
		return alert.SilenceExpired
	}
	return (&alert.Silence{StartsAt: s.StartsAt, EndsAt: s.EndsAt}).StateAt(now)
}

// when tells what comes next for the silence.
func (s *silence) when(now time.Time) string {
	switch s.state(now) {
	case alert.SilencePending:
		return fmt.Sprintf("starts in %s, for %s", spell(s.StartsAt.Sub(now)), spell(s.EndsAt.Sub(s.StartsAt)))
	case alert.SilenceActive:
		ends := "ends in " + spell(s.EndsAt.Sub(now))
		if s.Annotations.Get(alert.UntilResolvedAnnotation) == "true" {
			ends += ", or when resolved"
		}
		return ends
	default:
		return "ended " + ago(s.EndsAt, now)
	}
}

// stateStyle is the colour of a silence's state.
func stateStyle(state alert.SilenceState) style {
	switch state {
	case alert.SilenceActive:
		return green
	case alert.SilencePending:
		return yellow
	default:
		return faint
	}
}

// silenceTable returns the table of silences, with their ids as shortIDs says.
func (c *cli) silenceTable(silences []*silence, ids map[string]string) *table {
	now := c.Now()
	t := &table{header: []string{"ID", "STATE", "WHEN", "MATCHERS", "AUTHOR", "COMMENT"}}
	for _, s := range silences {
		state := s.state(now)
		t.add(
			text(ids[s.ID]),
			cell{string(state), stateStyle(state)},
			text(s.when(now)),
			text(typed(s.Matchers)),
			text(s.CreatedBy),
			text(s.Comment),
		)
	}
	return t
}

// silenceIDs completes the ids of the silences that are not over.
func (c *cli) silenceIDs(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	server, err := c.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	silences, err := server.silences(ctx, nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	short, now := shortIDs(silences), c.Now()
	var ids []string
	for _, s := range silences {
		id := oneLine(short[s.ID])
		if s.state(now) != alert.SilenceExpired && !slices.Contains(args, id) {
			ids = append(ids, cobra.CompletionWithDesc(id, oneLine(clip(typed(s.Matchers)+" "+s.when(now), cellLimit))))
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
