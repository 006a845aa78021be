package ctl

import (
	"errors"
	"net/url"
	"slices"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"alertd/internal/check"
	"alertd/internal/invalid"
	"alertd/internal/prom"
)

const findingsHelp = `Every finding is told as file:line:column with the line, its severity, how to
mend it, and the name of the check, which docs/checks.md explains:

  error    it cannot be used, or never works
  warning  it is probably not what was meant
  info     it may well be meant

With -o github they are annotations of a GitHub workflow; json and yaml have
everything. The exit code is 1 where there is an error; with --strict, where there is any
finding; 3 or 4 where --live cannot ask Prometheus. A comment turns checks off,
on or above a rule, a group or an entry, or for the whole file:

  # alertctl disable missing-runbook
  # alertctl disable-file missing-runbook missing-severity`

// formatGitHub is the output that GitHub workflows make annotations of.
const formatGitHub = "github"

// checkFlags are the flags of the check commands.
type checkFlags struct {
	live, strict   bool
	prometheus     string
	httpConfig     string
	scrapeInterval duration
	level          string
	github         bool
}

func (f *checkFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&f.live, "live", false, "hold the rules against Prometheus")
	fl.BoolVar(&f.strict, "strict", false, "fail on any finding, and not on errors alone")
	fl.StringVar(&f.prometheus, "prometheus.url", "", "the Prometheus to ask (default that of the configuration)")
	fl.StringVar(&f.httpConfig, "prometheus.http-config", "", "file with Prometheus's http_config, for --prometheus.url")
	fl.Var(&f.scrapeInterval, "scrape-interval", "how often metrics are scraped, for ranges that are too short")
	fl.StringVar(&f.level, "level", invalid.Info.String(), "least severity to tell and to count: info, warning or error")
	_ = cmd.RegisterFlagCompletionFunc("level", cobra.FixedCompletions([]string{"info", "warning", "error"}, cobra.ShellCompDirectiveNoFileComp)) // fails on an unknown flag only
}

// checkRequest reads the settings and the flags.
func (c *cli) checkRequest(f *checkFlags) (check.Request, error) {
	switch c.flags.output {
	case formatGitHub:
		f.github, c.flags.output = true, formatTable
	case "text":
		c.flags.output = formatTable
	}
	if _, err := c.load(); err != nil {
		return check.Request{}, err
	}
	if !slices.Contains([]string{"info", "warning", "error"}, f.level) {
		return check.Request{}, usage("--level %q is no severity: use info, warning or error", f.level)
	}
	r := check.Request{
		Live: f.live, ScrapeInterval: time.Duration(f.scrapeInterval), Now: c.Now(), Prometheus: prom.DefaultSettings(),
	}
	if !f.live {
		if f.prometheus != "" || f.httpConfig != "" {
			return r, usage("--prometheus.url and --prometheus.http-config are for --live")
		}
		return r, nil
	}
	r.Prometheus.Version = c.version().Version
	r.Prometheus.Timeout = model.Duration(c.flags.timeout)
	if f.httpConfig != "" {
		if f.prometheus == "" {
			return r, usage("--prometheus.http-config needs --prometheus.url: a configuration has its own")
		}
		http, _, err := promconfig.LoadHTTPConfigFile(f.httpConfig)
		if err != nil {
			return r, failed(ExitUsage, "cannot use --prometheus.http-config", err)
		}
		r.Prometheus.HTTP = *http
	}
	if f.prometheus != "" {
		u, err := url.Parse(f.prometheus)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return r, usage("--prometheus.url is no URL of a Prometheus: write it like http://localhost:9090")
		}
	}
	r.Prometheus.URL = f.prometheus
	return r, nil
}

// chosen returns the findings that are grave enough to be told.
func (f *checkFlags) chosen(all []invalid.Finding) []invalid.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(one invalid.Finding) bool {
		return f.level == "error" && one.Severity < invalid.Error || f.level == "warning" && one.Severity < invalid.Warning
	})
}

// cannotAsk returns the failure of asking Prometheus.
func cannotAsk(err error) *failure {
	const doing = "cannot hold the rules against Prometheus"
	switch {
	case errors.Is(err, check.ErrNoPrometheus):
		return usage("%w", err).withHint("Say where it is with --prometheus.url.")
	case errors.Is(err, prom.ErrPartial):
		return failed(ExitServer, doing, err)
	case errors.Is(err, prom.ErrUnreachable):
		return failed(ExitUnreachable, doing, err)
	}
	return failed(ExitUsage, doing, err)
}
