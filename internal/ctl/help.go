package ctl

import (
	"strings"

	"github.com/spf13/cobra"
)

// helpCommand is cobra's, but for that not knowing a topic is a usage mistake,
// not a success.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Help about a command or a topic",
		Long:    "Help tells about a command or one of the topics that \"alertctl --help\" lists.",
		Example: "  alertctl help silence add\n  alertctl help exit-codes",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if about, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, sub := range about.Commands() {
					if !sub.Hidden {
						names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage("there is no help on %q", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// runsItself is the annotation of a command that holds others and can be run by
// itself all the same.
const runsItself = "runs itself"

// usageTemplate is cobra's, without the line that a command which only holds
// others could be run by itself.
func usageTemplate(cobras string) string {
	const runnable = "{{if .Runnable}}\n  {{.UseLine}}{{end}}"
	return strings.Replace(cobras, runnable, "{{if and .Runnable (or (not .HasAvailableSubCommands) (index .Annotations \""+runsItself+"\"))}}\n  {{.UseLine}}{{end}}", 1)
}

// helpTopics are the pages of `alertctl help` that belong to no command.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What alertctl's exit codes mean", Long: exitCodesHelp},
		{Use: "matchers", Short: "How to say which alerts are meant", Long: matchersHelp},
		{Use: "times", Short: "How to say when and how long", Long: timesHelp},
		{Use: "configuration", Short: "Flags, environment and configuration file", Long: configurationHelp},
	}
}

const exitCodesHelp = `alertctl ends with one of these exit codes:

    0  done; the answer is yes
    1  the answer is no: errors in the configuration or in rule files (with
       --strict any finding), a rule test that failed, a rule that could not be
       replayed, a silence refused or not there, an alert to explain that is
       unknown or one of several, a receiver that did not take the
       test, alertd not ready
    2  usage mistake: flags, arguments, matchers, times, alertctl's configuration
    3  alertd, or for "check --live" and "backtest" Prometheus, cannot be reached,
       or does not answer in time
    4  something answered, but not as alertd should: not allowed (401, 403), an
       error of the server (5xx), or another program altogether
  130  interrupted

A list that is empty is 0. "alertctl cron run" ends with its job's exit code;
"alertctl cron run --help" lists those that are its own.

Answers go to standard output, everything else to standard error.`

const matchersHelp = `A matcher says what a label of an alert must be:

  label=value     equal
  label!=value    not equal
  label=~regex    the whole value matches the regular expression (RE2)
  label!~regex    the whole value does not match it

An alert has to pass all matchers that are given. A label that an alert does not
have counts as empty, so job!=etl passes alerts without a job. A bare word in
the first place is the name of the alert:

  alertctl alerts CronFailed cron_job=etl      is alertname=CronFailed cron_job=etl

Quote for the shell what it would take for itself: | & * ? ( ) < > $ spaces and
quotes. Single quotes around the whole matcher do it:

  alertctl silence add 'job=~"etl|backup"' 'path="/var lib"' --comment ...

Several matchers may stand in one argument, also in braces, as Prometheus and
alertctl's own tables print them: '{alertname="X",job="etl"}'.`

const timesHelp = `Durations are written as in Prometheus: 30s, 5m, 2h, 1d, 1w, or together: 1h30m.

Moments (--start, --until) are in this computer's time zone unless they name one:

  18:00                        the next time that the clock shows 18:00
  today 18:00, tomorrow 09:00  on that day
  fri 18:00, friday 18:00      the next Friday at 18:00
  2026-11-23 18:00             that moment
  2026-11-23T18:00:00+01:00    that moment, in that zone (RFC 3339)

Beside a --start, a clock time alone in --until is the next one after the start:
--start "tomorrow 22:00" --until 04:00 lasts six hours.

The moments of "alertctl backtest" (--from, --to), "history" and "stats" (--since,
--until, which also take how long ago: 24h) take the same forms, but are the last
such ones, with "yesterday 18:00"; a date alone is its midnight.`

const configurationHelp = `alertctl asks alertd at http://127.0.0.1:9099. Flags say otherwise, then the
environment, then the configuration file; the first one to say something counts.

  flag                  environment                  configuration file
  --url                 ALERTCTL_URL                 url
  --output, -o          ALERTCTL_OUTPUT              output
  --timeout             ALERTCTL_TIMEOUT             timeout
  --author              ALERTCTL_AUTHOR              author
                                                     comment_required
  --username            ALERTCTL_USERNAME            http_config: basic_auth: username
  --password-file       ALERTCTL_PASSWORD            http_config: basic_auth: password
                        ALERTCTL_PASSWORD_FILE       http_config: basic_auth: password_file
  --bearer-token-file   ALERTCTL_BEARER_TOKEN        http_config: authorization: credentials
                        ALERTCTL_BEARER_TOKEN_FILE   http_config: authorization: credentials_file
  --ca-file             ALERTCTL_CA_FILE             http_config: tls_config: ca_file
  --config              ALERTCTL_CONFIG

There are no flags for a password or a token themselves: the list of processes
would show them. HTTP_PROXY, HTTPS_PROXY, NO_PROXY and NO_COLOR are honoured.

The file is $XDG_CONFIG_HOME/alertctl/config.yml, or ~/.config/alertctl/config.yml:

  url: https://alerts.example.com
  author: anna
  comment_required: true
  output: table
  timeout: 10s
  http_config:            # Prometheus's http_config, with all that belongs to it
    basic_auth:
      username: anna
      password_file: alerts.password   # relative to this file
    tls_config:
      ca_file: ca.pem

Its credentials are only sent to the host of its url, whatever --url says.`
