package ctl

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
	"alertd/internal/routetree"
)

// routesForm is what `config routes` is told.
type routesForm struct {
	file   string // "": ask the server
	verify string // receivers that there must be
}

func (c *cli) configRoutesCommand() *cobra.Command {
	var f routesForm
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "Draw the routing tree, or tell where an alert goes",
		Long: `Routes is about who is told: of the running alertd, or with --file of a
configuration that does not run yet.`,
	}
	show := &cobra.Command{
		Use:   "show",
		Short: "Draw the routing tree",
		Long: `Show draws the routing tree: of each route its matchers, whom it tells, and what
it says of grouping and timing. What it does not say, it has from the route above.`,
		Example: `  alertctl config routes show
  alertctl config routes show --file alertd.yml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tree, err := c.routes(cmd.Context(), f)
			if err != nil {
				return err
			}
			answer := struct {
				Routes string `json:"routes"`
			}{tree.Draw()}
			return c.print(answer, func() { c.out.printf("%s", neutral(answer.Routes)) })
		},
	}
	test := &cobra.Command{
		Use:   "test LABEL=VALUE...",
		Short: "Tell where an alert with these labels goes",
		Long: `Test tells which receivers an alert with these labels goes to, by which route,
with which others it shares a message, and after which times. With
--verify.receivers the exit code is 1 unless it goes to those, in this order.`,
		Example: `  alertctl config routes test severity=critical team=data
  alertctl config routes test --file alertd.yml --verify.receivers pager,chat severity=critical`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.routesTest(cmd.Context(), f, args) },
	}
	test.Flags().StringVar(&f.verify, "verify.receivers", "", "receivers that it must go to, with commas between them")
	for _, sub := range []*cobra.Command{show, test} {
		sub.Flags().StringVar(&f.file, "file", "", "read this alertd.yml or alertmanager.yml, and ask no server")
		_ = sub.MarkFlagFilename("file", "yml", "yaml") // fails on an unknown flag only
	}
	group(cmd, show, test)
	return cmd
}

// routes reads the routing tree of a file, or of the server.
func (c *cli) routes(ctx context.Context, f routesForm) (*routetree.Tree, error) {
	text, from := "", f.file
	if f.file != "" {
		if _, err := c.load(); err != nil {
			return nil, err
		}
		own, err := c.Alertmanager(f.file)
		if err != nil {
			return nil, failed(ExitNo, "cannot read the configuration", err)
		}
		text = string(own)
	} else {
		server, err := c.connect()
		if err != nil {
			return nil, err
		}
		if text, err = server.alertmanagersConfig(ctx); err != nil {
			return nil, err
		}
		from = server.settings.display()
	}
	tree, err := routetree.Parse([]byte(text))
	if err != nil {
		return nil, failed(ExitServer, "cannot read the routes of "+from, err)
	}
	return tree, nil
}

func (c *cli) routesTest(ctx context.Context, f routesForm, args []string) error {
	labels, err := parseLabels(args)
	if err != nil {
		return err
	}
	tree, err := c.routes(ctx, f)
	if err != nil {
		return err
	}
	destinations := tree.Destinations(labels)
	t := &table{header: []string{"RECEIVER", "SHARES A MESSAGE BY", "WAIT", "INTERVAL", "REPEAT", "ROUTE"}}
	var names []string
	for _, d := range destinations {
		names = append(names, d.Receiver)
		t.add(text(d.Receiver), text(d.GroupLabels.String()), text(d.GroupWait), text(d.GroupInterval), text(d.RepeatInterval), text(d.Route))
	}
	if err := c.print(destinations, func() { t.print(c.out) }); err != nil {
		return err
	}
	if want := strings.Split(f.verify, ","); f.verify != "" && !slices.Equal(want, names) {
		return refused("the alert goes to %s, and not to %s", strings.Join(names, ","), f.verify)
	}
	return nil
}

// parseLabels reads the labels of an alert as they are typed: name=value.
func parseLabels(args []string) (alert.Labels, error) {
	ms, err := parseMatchers(args)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{}
	for _, m := range ms {
		if m.Op != alert.MatchEqual {
			return nil, usage("%s is no label: write name=value", m)
		}
		labels[m.Name] = m.Value
	}
	return alert.LabelsFromMap(labels), nil
}
