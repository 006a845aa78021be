package ctl

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/rehearsal"
	"alertd/rules"
	"alertd/rules/backtest"
)

// Sources says what `backtest` wants to know of alertd's configuration.
type Sources struct {
	Config     string // alertd.yml; "" is the environment
	None       bool   // no configuration at all
	Prometheus string // URL of the Prometheus to ask instead of the configuration's; "" is that
	Version    string // of alertctl
	Timeout    time.Duration
}

// Watched is what a configuration watches, whom it asks, and whom it tells.
type Watched struct {
	Groups     []rules.Group    // alerting rules only
	Interval   time.Duration    // of rules that do not say themselves
	Querier    backtest.Querier // nil where no Prometheus is named
	Close      func()           // the querier
	Prometheus string           // its address for people, without credentials
	Link       *url.URL         // where people find it; may be nil
	Telling    *rehearsal.Setup // nil where there is no configuration
}

// Watch reads a configuration and opens its Prometheus. An error has every
// mistake that was found, as that of CheckConfig.
type Watch func(Sources) (Watched, error)

// backtestForm is what `backtest` is told.
type backtestForm struct {
	config     string
	files      []string // rule files
	expr       string
	wait       duration // for
	only       []string // names or ids of rules
	from, to   string
	since      duration
	step       duration
	prometheus string
	compare    string
	thresholds []string
	png        string
	dark       bool
	width      int
}

func (c *cli) backtestCommand() *cobra.Command {
	var form backtestForm
	cmd := &cobra.Command{
		Use:   "backtest [RULE-FILE...]",
		Short: "Replay rules over the past: what would have fired, and whom it would have told",
		Long: `Backtest evaluates rules at every moment of a past range, exactly as alertd does,
with the history that a Prometheus has of it. It tells what would have fired,
when and for how long, and with a configuration also which messages would have
gone to whom. Nobody is told anything, and nothing is stored.

What is replayed is one of
  - everything that a configuration watches: --config.file, or without it what
    alertd would find by itself in the ALERTD_* variables of the environment;
  - Prometheus rule files: RULE-FILE, or --rules;
  - one expression: --expr, with --for.
--config.file beside rule files or --expr gives their Prometheus and receivers.

--threshold replays the rules that --rule names with other thresholds too,
--compare with another configuration or rule file, and both sides are shown side
by side. A clear threshold stays as it is configured.

Where the history begins within the range, or an alert was active before it, the
first incidents may have begun earlier than told. Silences are not replayed.`,
		Example: `  # What would this rule file have told us last month?
  alertctl backtest rules/disks.yml --since 30d --prometheus.url http://localhost:9090

  # What did last week look like, messages included?
  alertctl backtest --config.file alertd.yml --since 7d

  # Would 85 instead of 90 have been quieter? With a picture
  alertctl backtest --config.file alertd.yml --rule HostHighCPU --threshold 85 --since 7d --png cpu.png

  # Is the new file quieter than the old one?
  alertctl backtest rules/disks.yml --compare rules/disks.new.yml --since 7d --prometheus.url http://localhost:9090

  # Before there is a rule at all
  alertctl backtest --expr 'rate(http_errors_total[5m]) > 5' --for 10m --from "yesterday 09:00" --to "yesterday 18:00" --prometheus.url http://localhost:9090`,
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			form.files = append(form.files, args...)
			return c.backtest(cmd.Context(), form)
		},
	}
	form.register(cmd)
	return cmd
}

func (f *backtestForm) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.config, "config.file", "", "configuration of alertd: what it watches, asks and tells")
	fl.StringArrayVar(&f.files, "rules", nil, "Prometheus rule file, or a pattern (may be repeated)")
	fl.StringVar(&f.expr, "expr", "", "PromQL expression to replay as a rule")
	fl.Var(&f.wait, "for", "how long --expr must hold before it fires")
	fl.StringArrayVar(&f.only, "rule", nil, "only the rules of this name or id; * and ? stand for any characters (may be repeated)")
	fl.Var(&f.since, "since", "replay this long until --to (default 24h)")
	fl.StringVar(&f.from, "from", "", "replay from this moment: \"2026-11-16 18:00\", \"yesterday 18:00\", \"fri 18:00\", 2026-11-16")
	fl.StringVar(&f.to, "to", "", "replay until this moment (default now)")
	fl.Var(&f.step, "step", "time between evaluations (default: the interval of each rule's group)")
	fl.StringVar(&f.prometheus, "prometheus.url", "", "Prometheus to ask (default: the configuration's)")
	fl.StringVar(&f.compare, "compare", "", "replay this configuration, or rule file, too and compare")
	fl.StringArrayVar(&f.thresholds, "threshold", nil, "replay the rules of --rule with this threshold too and compare (may be repeated)")
	fl.StringVar(&f.png, "png", "", "draw a picture into this file too")
	fl.BoolVar(&f.dark, "dark", false, "draw the picture of --png light on dark")
	fl.IntVar(&f.width, "width", 0, "width of the picture of --png in points, each of two pixels (default 720)")
}

func (c *cli) backtest(ctx context.Context, form backtestForm) error {
	settings, err := c.load()
	if err != nil {
		return err
	}
	if err := form.check(); err != nil {
		return err
	}
	span, err := form.span(c.Now())
	if err != nil {
		return err
	}
	timeout := time.Minute // a range takes longer than alertd's own questions
	if settings.timeoutGiven {
		timeout = settings.timeout
	}
	variants, err := c.variants(form, timeout)
	if err != nil {
		return err
	}
	for _, v := range variants {
		if v.watched.Close != nil {
			defer v.watched.Close()
		}
	}
	for i, v := range variants {
		doing := "replaying the past"
		if len(variants) > 1 {
			doing = fmt.Sprintf("replaying %s (%d of %d)", v.name, i+1, len(variants))
		}
		if err := c.replay(ctx, v, span, doing); err != nil {
			return err
		}
	}
	if form.png != "" {
		if err := c.writeChart(ctx, form, variants, span); err != nil {
			return err
		}
	}
	if err := c.print(backtestAnswer(variants, span), func() { c.printBacktest(variants, span) }); err != nil {
		return err
	}
	return failedRules(variants)
}

// replay replays one variant and rehearses its messages; doing is for the line
// that tells how far it is.
func (c *cli) replay(ctx context.Context, v *variant, s span, doing string) error {
	progress := c.progress(doing)
	reports, err := backtest.Run(ctx, v.options(s, progress.show))
	progress.done()
	if errors.Is(err, backtest.ErrTooMany) {
		return usage("cannot replay the past: %w", err)
	}
	if err != nil {
		return failed(ExitUnreachable, "cannot replay the past", err).
			withHint("Mend the address with --prometheus.url. A range that is too much for Prometheus: give a shorter one, a larger --step, fewer rules by --rule, or more time by --timeout.")
	}
	v.reports = reports
	if v.watched.Telling == nil {
		return nil
	}
	v.messages, err = rehearse(v, s)
	return err
}

// failedRules tells of rules that could not be evaluated at all.
func failedRules(variants []*variant) error {
	broken := 0
	for _, v := range variants {
		for _, r := range v.reports {
			if r.Failed == r.Evaluations {
				broken++
			}
		}
	}
	if broken == 0 {
		return nil
	}
	return refused("%s could not be evaluated", count(broken, "rule"))
}
