package ctl

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"
)

func (c *cli) recurringEditCommand() *cobra.Command {
	form := silenceForm{}
	cmd := &cobra.Command{
		Use:   "edit ID [MATCHER...]",
		Short: "Change a recurring silence",
		Long: `Edit changes what is said and leaves the rest as it is. Matchers replace all that
it has. The occurrence that runs is changed with it, at once.`,
		Example: `  alertctl silence recurring edit 5b6f1c2e --cron "0 21 * * SAT" --for 6h
  alertctl silence recurring edit 5b6f1c2e job=etl -c "only the rebuild"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("which recurring silence? Give its id: \"alertctl silence recurring list\" tells it")
			}
			if cmd.Flags().NFlag() == 0 && len(args) == 1 {
				return usage("what is to change? Say it with --cron, --for, --timezone, --comment or matchers")
			}
			return c.recurringEdit(cmd.Context(), args[0], args[1:], form)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&form.cron, "cron", "", "the cron `SCHEDULE` at which it begins")
	fl.StringVar(&form.timezone, "timezone", "", "that of the schedule, such as Europe/Paris")
	fl.Var(&form.duration, "for", "how long each occurrence lasts: 30m, 2h, 1d")
	fl.StringVarP(&form.comment, "comment", "c", "", "why")
	fl.StringVarP(&form.author, "author", "a", "", "who says so")
	fl.BoolVar(&form.force, "force", false, "silence everything, if the matchers say so")
	return cmd
}

func (c *cli) recurringEdit(ctx context.Context, id string, args []string, form silenceForm) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	all, err := server.recurring(ctx)
	if err != nil {
		return err
	}
	old, err := findRecurring(all, id)
	if err != nil {
		return err
	}
	posted := postedRecurring{
		ID: old.ID, Matchers: old.Matchers, Schedule: first(form.cron, old.Schedule), Timezone: first(form.timezone, old.Timezone),
		Duration: first(form.duration.String(), old.Duration), CreatedBy: first(form.author, old.CreatedBy), Comment: first(form.comment, old.Comment),
	}
	if len(args) > 0 {
		if posted.Matchers, err = form.matchers(args); err != nil {
			return err
		}
	}
	alerts, matchingErr := server.matching(ctx, posted.Matchers)
	made, err := server.setRecurring(ctx, posted)
	if err != nil {
		return err
	}
	return c.tellRecurring(made, alerts, matchingErr)
}

func (c *cli) recurringDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID...", Aliases: []string{"rm"}, Short: "End recurring silences",
		Long: `Delete ends recurring silences, and the occurrence of each that runs now: what it
kept quiet is told again. One that does not exist is a mistake, and then none is
deleted.`,
		Example: "  alertctl silence recurring delete 5b6f1c2e",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("which recurring silence? Give its id: \"alertctl silence recurring list\" tells it")
			}
			return c.recurringDelete(cmd.Context(), args)
		},
	}
}

func (c *cli) recurringDelete(ctx context.Context, ids []string) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	all, err := server.recurring(ctx)
	if err != nil {
		return err
	}
	deleted := struct {
		IDs []string `json:"deleted"`
	}{[]string{}}
	for _, id := range ids {
		r, err := findRecurring(all, id)
		if err != nil {
			return err
		}
		if !slices.Contains(deleted.IDs, r.ID) {
			deleted.IDs = append(deleted.IDs, r.ID)
		}
	}
	for _, id := range deleted.IDs {
		err := server.ask(ctx, request{
			doing: "delete the recurring silence " + id + " of", method: http.MethodDelete, path: recurringPath + "/" + url.PathEscape(id),
		}, nil)
		if err != nil && status(err) != http.StatusNotFound { // gone meanwhile is as well
			return err
		}
	}
	return c.print(deleted, func() {
		for _, id := range deleted.IDs {
			c.out.printf("%s\n", oneLine(id))
		}
	})
}
