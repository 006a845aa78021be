package ctl

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// CheckConfig reads the configuration of alertd in the file path, or, where
// path is "", the one that alertd would find by itself. It connects to nothing.
// The summary is for people: what the configuration watches and tells, without
// a newline at its end. An error has every mistake that was found, each as
// file:line:column and what to do about it; errors.Join is told apart.
type CheckConfig func(path string) (summary string, err error)

// checked is the answer of `check` in JSON and YAML.
type checked struct {
	File     string   `json:"file"` // "" for the environment
	OK       bool     `json:"ok"`
	Summary  string   `json:"summary,omitempty"`
	Mistakes []string `json:"mistakes,omitempty"`
}

func (c *cli) checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration of alertd, rule files and templates included",
		Long: `Check reads a configuration exactly as alertd would, with everything that it
names, and lists the jobs, rules, receivers and routes that it finds. It asks
neither alertd nor Prometheus, so it can run before a change is deployed.

FILE is an alertd.yml or an alertmanager.yml. Without it, check reads what
alertd would find by itself: the ALERTD_* variables of the environment.

Every mistake is told as file:line:column, with the line and how to mend it.
The exit code is 1 where there is one.

A file that is called "rules" is ./rules: "check rules" checks rule files alone.`,
		Example: `  alertctl check alertd.yml

  # Rule files alone, those of any Prometheus
  alertctl check rules /etc/prometheus/rules/*.yml

  # What do the environment variables of a container amount to?
  docker compose exec alertd alertctl check`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"yml", "yaml"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(_ *cobra.Command, args []string) error {
			path := ""
			if len(args) > 0 {
				if path = args[0]; path == "" {
					return usage("the configuration's file name is empty")
				}
			}
			return c.check(path)
		},
		Annotations: map[string]string{runsItself: "yes"},
	}
	cmd.AddCommand(c.checkRulesCommand())
	return cmd
}

func (c *cli) check(path string) error {
	if _, err := c.load(); err != nil {
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
	summary, err := c.CheckConfig(path)
	result := checked{File: path, OK: err == nil, Summary: summary, Mistakes: mistakes(err)}
	if printErr := c.print(result, func() {
		if summary != "" {
			c.out.printf("%s\n", neutral(strings.TrimRight(summary, "\n")))
		}
		for _, m := range result.Mistakes {
			c.err.printf("%s\n", neutral(m))
		}
	}); printErr != nil {
		return printErr
	}
	if err == nil {
		return nil
	}
	return refused("%s has %s", first(path, "the environment"), count(len(result.Mistakes), "mistake"))
}

// mistakes returns the texts of the errors that were joined to err.
func mistakes(err error) []string {
	if err == nil {
		return nil
	}
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return []string{strings.TrimRight(err.Error(), "\n")}
	}
	var texts []string
	for _, e := range joined.Unwrap() {
		texts = append(texts, mistakes(e)...)
	}
	return texts
}
