package ctl

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// The words for where an alert stands, in the order of the list.
const (
	stateFiring    = "firing"
	stateSilenced  = "silenced"
	stateInhibited = "inhibited"
	stateMuted     = "muted"
)

// alertsQuery is what `alerts` is asked for.
type alertsQuery struct {
	receiver                           string
	firing, silenced, inhibited, muted bool // none: all
}

func (c *cli) alertsCommand() *cobra.Command {
	var q alertsQuery
	var ended string
	cmd := &cobra.Command{
		Use:     "alerts [MATCHER...]",
		Aliases: []string{"alert"},
		Short:   "List the alerts that are firing now, silenced ones included",
		Long: `Alerts lists what is firing now: those that people are told of first, the
newest on top, then those that a silence, an inhibition or a mute time keeps
quiet. Matchers narrow the list; an alert has to pass all of them.

The state is one of
  firing     people are told
  acked      somebody looks after it, and it is not repeated
  flapping   people are told; it fired and recovered so often that it is held firing
  silenced   a silence holds for it
  inhibited  another alert makes telling it pointless
  muted      its route is in a mute time

--ended 24h lists what ended in the last day instead, with the value that proved
it healthy; only alertd knows that, not a plain Alertmanager.

-o json and yaml give the objects of Alertmanager's API v2 (with --ended those of
alertd's own), label values and annotations in full. The exit code is 0 whether or not there are alerts.`,
		Example: `  alertctl alerts
  alertctl alerts CronFailed
  alertctl alerts 'severity=~"critical|warning"' job!=node
  alertctl alerts --silenced
  alertctl alerts --ended 24h
  alertctl alerts -o json | jq -r '.[].labels.alertname'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			ms, err := parseMatchers(args)
			if err != nil {
				return err
			}
			if ended != "" {
				return c.endedAlerts(cmd.Context(), ms, ended)
			}
			return c.alerts(cmd.Context(), ms, q)
		},
	}
	cmd.Flags().BoolVar(&q.firing, "firing", false, "only those that people are told of")
	cmd.Flags().BoolVar(&q.silenced, "silenced", false, "only silenced ones")
	cmd.Flags().BoolVar(&q.inhibited, "inhibited", false, "only inhibited ones")
	cmd.Flags().BoolVar(&q.muted, "muted", false, "only muted ones")
	cmd.Flags().StringVar(&q.receiver, "receiver", "", "only those that go to a receiver whose name this regular expression matches")
	cmd.Flags().StringVar(&ended, "ended", "", "those that ended in the last `DURATION`, such as 24h, in place of those that fire")
	for _, other := range []string{"firing", "silenced", "inhibited", "muted", "receiver"} {
		cmd.MarkFlagsMutuallyExclusive("ended", other)
	}
	return cmd
}

func (c *cli) alerts(ctx context.Context, ms alert.Matchers, q alertsQuery) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	query := filter(ms)
	if q.receiver != "" {
		query.Set("receiver", q.receiver)
	}
	alerts, err := server.alerts(ctx, query)
	if err != nil {
		return err
	}
	alerts = slices.DeleteFunc(alerts, func(a *firingAlert) bool { return !q.wants(a) })
	sortAlerts(alerts)
	return c.print(alerts, func() {
		if len(alerts) == 0 {
			c.err.printf("%s\n", noAlerts(ms, q))
			return
		}
		c.alertTable(alerts).print(c.out)
	})
}

// noAlerts tells that the list is empty, and whether that is the whole truth.
func noAlerts(ms alert.Matchers, q alertsQuery) string {
	if len(ms) == 0 && q == (alertsQuery{}) {
		return "Nothing is firing."
	}
	return "No alert matches what you asked for."
}

// wants tells whether the alert is in one of the wanted states.
func (q alertsQuery) wants(a *firingAlert) bool {
	if !q.firing && !q.silenced && !q.inhibited && !q.muted {
		return true
	}
	return q.firing && a.state() == stateFiring ||
		q.silenced && len(a.Status.SilencedBy) > 0 ||
		q.inhibited && len(a.Status.InhibitedBy) > 0 ||
		q.muted && len(a.Status.MutedBy) > 0
}

// state is the alert's standing in one word.
func (a *firingAlert) state() string {
	switch {
	case len(a.Status.SilencedBy) > 0:
		return stateSilenced
	case len(a.Status.InhibitedBy) > 0:
		return stateInhibited
	case len(a.Status.MutedBy) > 0:
		return stateMuted
	default:
		return stateFiring
	}
}

// sortAlerts puts those that people are told of first, and new ones first
// among them.
func sortAlerts(alerts []*firingAlert) {
	order := []string{stateFiring, stateSilenced, stateInhibited, stateMuted}
	slices.SortStableFunc(alerts, func(a, b *firingAlert) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.state()), slices.Index(order, b.state())),
			b.StartsAt.Compare(a.StartsAt),
			a.Labels.Compare(b.Labels),
		)
	})
}

// alertTable returns the table of alerts.
func (c *cli) alertTable(alerts []*firingAlert) *table {
	const severity = "severity"
	now := c.Now()
	t := &table{header: []string{"ALERT", "STATE", "SEVERITY", "SINCE", "LABELS", "SUMMARY"}}
	for _, a := range alerts {
		state := cell{a.state(), faint}
		if state.text == stateFiring {
			state.style = red
			switch {
			case a.Annotations.Has(alert.AcknowledgedAnnotation):
				state = cell{"acked", yellow}
			case a.Annotations.Has(alert.FlappingAnnotation):
				state.text = "flapping"
			}
		}
		t.add(
			cell{a.Labels.Get(alert.AlertName), bold},
			state,
			text(a.Labels.Get(severity)),
			text(ago(a.StartsAt, now)),
			text(typedLabels(a.Labels.Without(alert.AlertName, severity))),
			text(a.summary()),
		)
	}
	return t
}

// summary is what the alert says of itself, after who looks after it.
func (a *firingAlert) summary() string {
	summary := first(a.Annotations.Get("summary"), a.Annotations.Get("description"), a.Annotations.Get("message"))
	if by := a.Annotations.Get(alert.AcknowledgedAnnotation); by != "" {
		return strings.TrimSuffix("acknowledged "+by+" | "+summary, " | ")
	}
	return summary
}

// typedLabels writes labels as the matchers that one would type for them.
func typedLabels(ls alert.Labels) string {
	ms := make(alert.Matchers, len(ls))
	for i, l := range ls {
		ms[i] = alert.Matcher{Name: l.Name, Op: alert.MatchEqual, Value: l.Value}
	}
	return typed(ms)
}
