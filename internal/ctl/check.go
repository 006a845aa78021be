package ctl

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"alertd/internal/check"
	"alertd/rules"
)

// CheckConfig reads a configuration of alertd exactly as alertd would, with
// everything that it names, and has it looked through. Its error says that the
// Prometheus to hold it against could not be asked.
type CheckConfig func(context.Context, check.Request) (check.Report, error)

func (c *cli) checkCommand() *cobra.Command {
	f := &checkFlags{}
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration of alertd, rule files and templates included",
		Long: `Check reads a configuration exactly as alertd would, with everything that it
names, and lists the jobs, rules, receivers and routes that it finds. It asks
neither alertd nor Prometheus, so it can run before a change is deployed; with
--live it also holds the rules against Prometheus.

FILE is an alertd.yml or an alertmanager.yml. Without it, check reads what
alertd would find by itself: the ALERTD_* variables of the environment.

` + findingsHelp + `

A file that is called "rules" or "config" is ./rules or ./config: the words
alone are the commands below.`,
		Example: `  alertctl check alertd.yml

  # Does everything that the rules select exist, and how often would they fire?
  alertctl check alertd.yml --live

  # Rule files alone, those of any Prometheus
  alertctl check rules /etc/prometheus/rules/*.yml

  # In a GitHub workflow: annotate the lines, and fail on warnings too
  alertctl check alertd.yml -o github --strict

  # What do the environment variables of a container amount to?
  docker compose exec alertd alertctl check`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if len(args) > 0 {
				if path = args[0]; path == "" {
					return usage("the configuration's file name is empty")
				}
			}
			return c.check(cmd.Context(), path, f)
		},
		Annotations: map[string]string{runsItself: "yes"},
	}
	f.register(cmd)
	cmd.AddCommand(c.checkConfigCommand(), c.checkRulesCommand())
	return cmd
}

func (c *cli) checkConfigCommand() *cobra.Command {
	f := &checkFlags{}
	cmd := &cobra.Command{
		Use:   "config FILE",
		Short: "Check a configuration of alertd, whatever its file is called",
		Long: `Config is "alertctl check FILE" with the file named for certain, as a script
wants it.

` + findingsHelp,
		Example:           "  alertctl check config alertd.yml",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeYAML,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.check(cmd.Context(), args[0], f) },
	}
	f.register(cmd)
	return cmd
}

func (c *cli) check(ctx context.Context, path string, f *checkFlags) error {
	request, err := c.checkRequest(f)
	if err != nil {
		return err
	}
	if c.CheckConfig == nil {
		return refused("this alertctl was built without what checks a configuration")
	}
	if path != "" {
		switch info, err := os.Stat(path); {
		case err != nil:
			return failed(ExitUsage, "cannot check the configuration", err)
		case info.IsDir():
			return usage("cannot check %s: it is a directory, and a file is needed", path)
		}
	}
	request.Config = path
	report, err := c.CheckConfig(ctx, request)
	if err != nil {
		return cannotAsk(err)
	}
	if path != "" && report.Summary == "" && len(rules.CheckFile(path).Groups) > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("%s is a rule file: alertctl check rules %s", path, path))
	}
	found := f.chosen(report.Findings)
	answer := checked{File: path, OK: !hasError(found), Summary: report.Summary, Findings: found}
	return c.tell(f, report, answer, first(path, "the environment"), func() {
		if report.Summary != "" {
			c.out.printf("%s\n", neutral(strings.TrimRight(report.Summary, "\n")))
		}
	})
}
