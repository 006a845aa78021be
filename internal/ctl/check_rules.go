package ctl

import (
	"github.com/spf13/cobra"

	"alertd/rules"
)

// checkedRules is the answer of `check rules` about one file.
type checkedRules struct {
	File     string   `json:"file"`
	OK       bool     `json:"ok"`
	Rules    int      `json:"rules"`
	Mistakes []string `json:"mistakes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

func (c *cli) checkRulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules FILE...",
		Short: "Check Prometheus rule files, without a configuration",
		Long: `Rules reads Prometheus rule files, accepts exactly those that "promtool check
rules --lint=none" accepts, and says how many rules each has, recording rules
included. It asks neither alertd nor Prometheus.

Every mistake is told as file:line:column. The exit code is 1 where there is one,
or where a file cannot be read. What Prometheus accepts and alertd does not, a
label on_missing that names no policy, is a warning here.`,
		Example: `  alertctl check rules /etc/prometheus/rules/*.yml`,
		Args:    cobra.MinimumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"yml", "yaml"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.checkRules(args) },
	}
}

func (c *cli) checkRules(paths []string) error {
	if _, err := c.load(); err != nil {
		return err
	}
	wrong := 0
	results := make([]checkedRules, len(paths))
	for i, path := range paths {
		n, mistakes, warnings := rules.CheckFile(path)
		results[i] = checkedRules{File: path, OK: len(mistakes) == 0, Rules: n, Mistakes: mistakes, Warnings: warnings}
		if len(mistakes) > 0 {
			wrong++
		}
	}
	if err := c.print(results, func() {
		for _, r := range results {
			if r.OK {
				c.out.printf("%s: %s\n", neutral(r.File), count(r.Rules, "rule"))
			}
			for _, m := range r.Mistakes {
				c.err.printf("%s\n", neutral(m))
			}
			for _, w := range r.Warnings {
				c.err.printf("warning: %s\n", neutral(w))
			}
		}
	}); err != nil {
		return err
	}
	if wrong > 0 {
		return refused("%s with mistakes", count(wrong, "rule file"))
	}
	return nil
}
