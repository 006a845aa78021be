package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"alertd/internal/check"
	"alertd/internal/invalid"
)

func (c *cli) checkRulesCommand() *cobra.Command {
	f := &checkFlags{}
	cmd := &cobra.Command{
		Use:   "rules FILE...",
		Short: "Check Prometheus rule files, without a configuration",
		Long: `Rules reads Prometheus rule files and says how many rules each has, recording
rules included. Without --strict and --live it succeeds for exactly those files
that "promtool check rules --lint=none" accepts.

` + findingsHelp,
		Example: `  alertctl check rules /etc/prometheus/rules/*.yml

  # Against the Prometheus that is to evaluate them
  alertctl check rules rules/*.yml --live --prometheus.url http://localhost:9090`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeYAML,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.checkRules(cmd.Context(), args, f) },
	}
	f.register(cmd)
	return cmd
}

func (c *cli) checkRules(ctx context.Context, paths []string, f *checkFlags) error {
	request, err := c.checkRequest(f)
	if err != nil {
		return err
	}
	request.Files = paths
	report, err := check.Rules(ctx, request)
	if err != nil {
		return cannotAsk(err)
	}
	found := f.chosen(report.Findings)
	answers := make([]checked, len(report.Files))
	wrong := map[string]bool{}
	for i, file := range report.Files {
		a := checked{File: file.Path, OK: true, Rules: &file.Rules}
		for _, one := range found {
			if one.File == file.Path {
				a.Findings = append(a.Findings, one)
			}
		}
		a.OK = !hasError(a.Findings)
		if !a.OK || f.strict && len(a.Findings) > 0 {
			wrong[file.Path] = true
		}
		answers[i] = a
	}
	return c.tell(f, report, answers, count(len(wrong), "rule file"), func() {
		for _, a := range answers {
			if a.OK {
				c.out.printf("%s: %s\n", neutral(a.File), count(*a.Rules, "rule"))
			}
		}
	})
}

func hasError(found []invalid.Finding) bool {
	for _, one := range found {
		if one.Severity == invalid.Error {
			return true
		}
	}
	return false
}
