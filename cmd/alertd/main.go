// Command alertd watches cron jobs, hosts and containers through Prometheus
// and tells people what breaks and what is well again.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	_ "time/tzdata" // containers have no time zones of their own

	"github.com/spf13/cobra"

	"alertd/internal/app"
	"alertd/internal/web"
)

// Set by -ldflags "-X main.version=...".
var version, commit, date = "dev", "unknown", "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "alertd: %v\n", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	var o app.Options
	var logLevel, logFormat string
	cmd := &cobra.Command{
		Use:   "alertd",
		Short: "Watch cron jobs, hosts and containers through Prometheus, and tell people",
		Long: `alertd runs beside Prometheus, asks it how cron jobs, the host and its
containers are doing, and tells people on Slack, Discord, e-mail or a webhook:
once when something breaks, and once when it is well again.

Without --config.file the ALERTD_* environment variables say what to do; with
no Prometheus URL at all, alertd measures this host by itself. Every flag can
be given as a variable too: --web.listen-address is ALERTD_WEB_LISTEN_ADDRESS.`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       fmt.Sprintf("%s (commit %s, built %s, %s)", version, commit, date, runtime.Version()),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flagsFromEnvironment(cmd.Flags(), os.LookupEnv); err != nil {
				return err
			}
			logger, err := app.NewLogger(os.Stderr, logLevel, logFormat)
			if err != nil {
				return err
			}
			if err := judgeForeign(cmd.Flags(), logger); err != nil {
				return err
			}
			if o.SilenceRetention <= 0 {
				return fmt.Errorf("--data.retention %s: write a duration above zero, such as 120h", o.SilenceRetention)
			}
			reloads := make(chan os.Signal, 1)
			signal.Notify(reloads, syscall.SIGHUP)
			o.Logger, o.Reloads, o.Stdout = logger, reloads, os.Stdout
			o.Version = web.Version{Version: version, Commit: commit, Date: date}
			logger.Info("Starting alertd", "version", version, "commit", commit, "go", runtime.Version())
			if err := app.Run(cmd.Context(), o); err != nil {
				return err
			}
			logger.Info("Stopped")
			return nil
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return fmt.Errorf("%w: see \"alertd --help\"", err)
	})
	f := cmd.Flags()
	f.StringVar(&o.ConfigFile, "config.file", "", "configuration `file`: alertd.yml or alertmanager.yml (default: the environment)")
	f.StringVar(&o.StoragePath, "storage.path", "data", "`directory` for alertd's state")
	f.DurationVar(&o.SilenceRetention, "data.retention", app.DefaultSilenceRetention, "how long silences are listed after their end")
	f.IntVar(&o.MaxSilences, "silences.max-silences", app.DefaultMaxSilences, "how many silences are kept, ended ones included; 0 or less is no limit")
	f.IntVar(&o.MaxSilenceBytes, "silences.max-silence-size-bytes", app.DefaultMaxSilenceBytes, "`size` of one silence in bytes; 0 or less is no limit")
	f.StringVar(&o.ListenAddress, "web.listen-address", web.DefaultAddress, "`address` to serve API and page on")
	f.StringVar(&o.ExternalURL, "web.external-url", "", "`URL` under which people reach alertd, for links in messages")
	f.StringVar(&o.RoutePrefix, "web.route-prefix", "", "`path` below which everything is served (default: the external URL's)")
	f.StringVar(&o.WebConfigFile, "web.config.file", "", "`file` with TLS and basic auth settings, in the Prometheus exporters' format")
	f.StringVar(&o.CORSOrigin, "web.cors.origin", "", "`regexp` of origins whose web pages may use the API; it must match the whole origin, such as https://karma\\.example\\.org")
	f.IntVar(&o.GetConcurrency, "web.get-concurrency", 0, "`number` of GET requests answered at once (default: of processors, but at least 8)")
	f.IntVar(&o.MaxConnections, "web.max-connections", web.DefaultConnections, "`number` of connections at once; more wait")
	f.DurationVar(&o.WebTimeout, "web.timeout", 0, "`time` that answering a request may take (default: no bound)")
	f.StringVar(&logLevel, "log.level", "info", "debug, info, warn or error")
	f.StringVar(&logFormat, "log.format", "logfmt", "logfmt or json")
	registerForeign(f)
	cmd.AddCommand(healthcheck())
	cmd.CompletionOptions.DisableDefaultCmd = true
	return cmd
}
