// Package ctl is alertctl, alertd's command line. It asks a running alertd, or
// an Alertmanager, over its HTTP API and nothing else; what works offline
// (checking a configuration, checking and testing rules, running a cron job) is
// done by the packages that know how, one of them injected. Replaying rules asks a
// Prometheus.
//
// One file is one command. A command prints its answer on standard output,
// whatever else it has to say on standard error, and returns a *failure that
// carries the exit code.
package ctl

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/rehearsal"
	"alertd/rules"
)

// Build is which alertctl this is.
type Build struct {
	Version string // like 0.1.0; "" reads as "dev"
	Commit  string // "" falls back to what the Go tool recorded
	Date    string // RFC 3339; "" likewise
}

// Options is one invocation of alertctl.
type Options struct {
	Build Build
	Args  []string // without the program's name

	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// LookupEnv reads the environment; nil is an empty one.
	LookupEnv func(name string) (string, bool)
	// Now is the clock; its location is the one that times are read and
	// written in. nil is time.Now.
	Now func() time.Time

	// CheckConfig is the work of `alertctl check`.
	CheckConfig CheckConfig
	// LoadRoutes reads the routes and receivers of a configuration file, for
	// `alertctl test`. It connects to nothing.
	LoadRoutes func(configFile string) (rehearsal.Setup, error)
	// BuiltInRules returns the rules that a configuration makes, those of its
	// rule files left out, for `alertctl rules export`; "" is the environment.
	BuiltInRules func(configFile string) ([]rules.Group, error)
	// Alertmanager returns a configuration as an alertmanager.yml with secrets
	// masked, for `alertctl config routes`; "" is the environment.
	Alertmanager func(configFile string) ([]byte, error)
	// ReceiverTypes are the keys of a receiver's channels, such as slack_configs.
	ReceiverTypes []string
	// Watch reads what `alertctl backtest` replays.
	Watch Watch
}

// cli is what the commands of one invocation share.
type cli struct {
	Options
	out, err screen
	buffered *bufio.Writer // under out
	flags    globalFlags
	format   string // of the output, once the settings are loaded
}

// Run runs one alertctl command and returns the exit code for the process to
// end with: one of the Exit constants, or a cron job's own. Whatever went wrong
// has been told on Stderr.
func Run(ctx context.Context, o Options) int {
	if o.LookupEnv == nil {
		o.LookupEnv = func(string) (string, bool) { return "", false }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &cli{Options: o, buffered: bufio.NewWriter(o.Stdout)}
	c.out = screen{w: c.buffered, terminal: isTerminal(o.Stdout), color: c.colorOn(o.Stdout)}
	c.err = screen{w: o.Stderr, terminal: isTerminal(o.Stderr), color: c.colorOn(o.Stderr)}

	root := c.rootCommand() //nolint:contextcheck // the commands have theirs from cobra
	root.SetArgs(o.Args)
	root.SetIn(o.Stdin)
	root.SetOut(c.buffered)
	root.SetErr(o.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if flushErr := c.buffered.Flush(); err == nil && flushErr != nil {
		err = failed(ExitNo, "cannot write the answer", flushErr)
	}
	return c.finish(ctx, cmd, err)
}

// rootCommand returns the tree of commands.
func (c *cli) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "alertctl",
		Short: "Ask alertd what is wrong, silence it, and run cron jobs under watch",
		Long: `alertctl is the command line of alertd, the alerting sidecar for Prometheus.

It shows what is firing, silences and acknowledges it, tests receivers, checks and
imports configurations, tests rules, replays them over the past, and runs cron jobs so that alertd can
watch them. It speaks Alertmanager's API v2, so most of it works against a plain
Alertmanager too.

It asks the alertd at http://127.0.0.1:9099 unless told otherwise by --url,
ALERTCTL_URL or its configuration file: see "alertctl help configuration".`,
		Example: `  # What is wrong right now?
  alertctl alerts

  # Keep one job quiet for two hours
  alertctl silence add CronFailed cron_job=etl --for 2h --comment "migrating the database"

  # Is alertd itself well?
  alertctl status`,
		Version:           c.version().Version,
		SilenceErrors:     true, // finish prints them
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}, // completion.go has our own
	}
	root.SetVersionTemplate(c.version().String() + "\n")
	c.flags.register(root)
	group(root,
		c.alertsCommand(),
		c.explainCommand(),
		c.historyCommand(),
		c.statsCommand(),
		c.silenceCommand(),
		c.ackCommand(),
		c.receiverCommand(),
		c.drillCommand(),
		c.statusCommand(),
		c.checkCommand(),
		c.configCommand(),
		c.testCommand(),
		c.rulesCommand(),
		c.backtestCommand(),
		c.cronCommand(),
		c.completionCommand(),
		c.versionCommand(),
	)
	root.AddCommand(helpTopics()...)
	root.SetHelpCommand(helpCommand())
	root.SetUsageTemplate(usageTemplate(root.UsageTemplate()))
	return root
}

// group makes cmd a command that only holds others: alone or with an unknown
// one it is a usage mistake, where cobra would print help and succeed.
func group(cmd *cobra.Command, commands ...*cobra.Command) {
	cmd.AddCommand(commands...)
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			cmd.SetOut(cmd.ErrOrStderr())
			if err := cmd.Help(); err != nil {
				return err
			}
			return usage("%q needs a command, one of those above", cmd.CommandPath())
		}
		f := usage("%q is not a command of %q", args[0], cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			f.hint = "Did you mean \"" + cmd.CommandPath() + " " + near[0] + "\"?"
		}
		return f
	}
}
