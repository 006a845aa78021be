package ctl

import (
	"github.com/spf13/cobra"

	"alertd/rules"
)

func (c *cli) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Take alertd's built-in rules elsewhere",
		Long: `Rules is about the rules that alertd makes of its configuration: of cron jobs, of
the host and of containers.`,
	}
	group(cmd, c.rulesExportCommand())
	return cmd
}

func (c *cli) rulesExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export [FILE]",
		Short: "Print the built-in rules as a Prometheus rule file",
		Long: `Export prints the rules that a configuration makes as a rule file, for Prometheus
to evaluate, for "promtool check rules" or for unit tests. FILE is an alertd.yml;
without it the ALERTD_* variables of the environment say what to watch. The
configuration's rule_files are rule files already and are left out.

Some of what alertd does cannot be said in a rule file. Missing data ends an alert
there, thresholds to clear at are lost, and rules that follow a schedule are left
out: a comment stands in their place, and standard error names them.

It asks neither alertd nor Prometheus.`,
		Example: `  alertctl rules export alertd.yml > alertd.rules.yml
  promtool check rules alertd.rules.yml`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE: func(_ *cobra.Command, args []string) error {
			path := ""
			if len(args) > 0 {
				if path = args[0]; path == "" {
					return usage("the configuration's file name is empty")
				}
			}
			return c.exportRules(path)
		},
	}
}

func (c *cli) exportRules(path string) error {
	if _, err := c.load(); err != nil {
		return err
	}
	groups, err := c.BuiltInRules(path)
	if err != nil {
		return failed(ExitNo, "cannot read the configuration", err)
	}
	text, left, err := rules.Export(groups)
	if err != nil {
		return failed(ExitNo, "cannot write the rules", err)
	}
	c.out.printf("%s", neutral(string(text)))
	for _, l := range left {
		c.err.printf("%s is left out: %s\n", neutral(l.String()), l.Why)
	}
	return nil
}
