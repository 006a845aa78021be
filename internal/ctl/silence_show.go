package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

func (c *cli) silenceShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one silence and what it matches now",
		Long: `Show tells everything about one silence, and which of the alerts that are firing
now its matchers pass. Of the id, as many characters suffice as tell it from the
others.

With -o json or yaml it is the silence as alertd keeps it, with one field more:
alerts.`,
		Example: `  alertctl silence show 5b6f1c2e
  alertctl silence show 5b6f1c2e -o json | jq -r .comment`,
		Args:              oneID,
		ValidArgsFunction: firstArg(c.silenceIDs),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.silenceShow(cmd.Context(), args[0])
		},
	}
}

// oneID wants one argument, a silence's id.
func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("the id of one silence is needed: \"alertctl silence list\" tells it")
	}
	return nil
}

func (c *cli) silenceShow(ctx context.Context, id string) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	silences, err := server.silences(ctx, nil)
	if err != nil {
		return err
	}
	s, err := find(silences, id)
	if err != nil {
		return err
	}
	alerts, err := server.matching(ctx, s.Matchers)
	if err != nil {
		return err
	}
	answer, err := extended(s.raw, "alerts", alerts)
	if err != nil {
		return failed(ExitServer, "cannot read the silence "+s.ID, err)
	}
	return c.print(answer, func() { c.showSilence(s, alerts) })
}

func (c *cli) showSilence(s *silence, alerts []*firingAlert) {
	now := c.Now()
	state := s.state(now)
	c.fields([]field{
		{"ID", text(s.ID)},
		{"State", cell{string(state) + ", " + s.when(now), stateStyle(state)}},
		{"Matchers", text(typed(s.Matchers))},
		{"Starts", text(moment(s.StartsAt, now))},
		{"Ends", text(moment(s.EndsAt, now))},
		{"Author", text(s.CreatedBy)},
		{"Comment", text(s.Comment)},
		{"Repeats", text(s.Annotations.Get(alert.RecurringAnnotation))},
		{"Notes", text(typedLabels(s.Annotations.Without(alert.RecurringAnnotation, alert.UntilResolvedAnnotation)))},
		{"Updated", text(moment(s.UpdatedAt, now))},
	})
	c.out.printf("\n")
	if state == alert.SilenceExpired {
		c.out.printf("It is over. Of the alerts that are firing now it would match %s", count(len(alerts), "alert"))
		if len(alerts) == 0 {
			c.out.printf(".\n")
			return
		}
		c.out.printf(":\n\n")
		c.alertTable(alerts).print(c.out)
		return
	}
	c.tellMatching(c.out, alerts, state == alert.SilencePending)
}
