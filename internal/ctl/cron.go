package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/cronrun"
)

// cronForm is what `cron run` is told.
type cronForm struct {
	name, prefix, dir string
	noOverlap         bool
	timeout           duration
}

func (c *cli) cronCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cron",
		Short:   "Run cron jobs so that alertd can watch them",
		Example: `  alertctl cron run --name etl -- /opt/etl/run.sh`,
	}
	group(cmd, c.cronRunCommand())
	return cmd
}

func (c *cli) cronRunCommand() *cobra.Command {
	var form cronForm
	cmd := &cobra.Command{
		Use:   "run --name NAME [flags] -- COMMAND [ARG...]",
		Short: "Run a job and leave its outcome to node_exporter",
		Long: `Run runs a command as cron would, and writes when it started, how it ended and
how long it took as metrics into the textfile collector's directory of
node_exporter, from where Prometheus and alertd get them:

  PREFIX_last_start_timestamp    PREFIX_last_run_status (1 or 0)
  PREFIX_last_success_timestamp  PREFIX_last_exit_code
  PREFIX_last_failure_timestamp  PREFIX_last_duration_seconds
  PREFIX_consecutive_failures    PREFIX_running (1 while it runs)
  PREFIX_overlapped (1 after a run that started beside another)

Standard streams, signals and the exit code are the job's own. Where the metrics
cannot be written a line on standard error says why, and the job runs all the
same. Neither alertd nor alertctl's configuration is needed.

Exit codes of its own: 2 usage mistake, 75 refused by --no-overlap, 124 ended at
the --timeout, 126 cannot be executed, 127 not found, 128+N killed by signal N.`,
		Example: `  # in a crontab
  0 */6 * * *  alertctl cron run --name etl -- /opt/etl/run.sh --full
  30 2 * * *   alertctl cron run --name backup --no-overlap --timeout 3h -- restic backup /srv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.cronRun(cmd.Context(), args, form)
		},
	}
	fl := cmd.Flags()
	fl.SetInterspersed(false) // the job's flags are the job's
	fl.StringVar(&form.name, "name", "", "the job's name, for people (required)")
	fl.StringVar(&form.prefix, "prefix", "", "what its metrics' names begin with (default: made of the name)")
	fl.StringVar(&form.dir, "textfile-dir", "", "the textfile collector's directory (env ALERTCTL_TEXTFILE_DIR; default "+cronrun.DefaultDir+")")
	fl.BoolVar(&form.noOverlap, "no-overlap", false, "do not run while the job's previous run is not over")
	fl.Var(&form.timeout, "timeout", "end the job after this long: 30m, 3h (default: never)")
	return cmd
}

func (c *cli) cronRun(ctx context.Context, command []string, form cronForm) error {
	code, err := cronrun.Run(ctx, cronrun.Options{
		Name:      form.name,
		Prefix:    form.prefix,
		Dir:       first(form.dir, c.env("ALERTCTL_TEXTFILE_DIR")),
		NoOverlap: form.noOverlap,
		Timeout:   time.Duration(form.timeout),
		Command:   command,
		Stdin:     c.Stdin,
		Stdout:    c.Stdout,
		Stderr:    c.Stderr,
		Now:       c.Now,
	})
	if code == ExitOK && err == nil {
		return nil
	}
	return &jobEnded{code, err}
}
