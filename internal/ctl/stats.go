package ctl

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"alertd/internal/web/apiv1"
)

// shownRules is how many rules the table of stats shows.
const shownRules = 15

func (c *cli) statsCommand() *cobra.Command {
	var f pastForm
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Sum up the past: incidents, how fast they were told and ended, what is noisy",
		Long: `Stats sums up the incidents that were firing in a time, the last 7 days unless
--since and --until say otherwise:

  Downtime      how long at least one incident was firing
  Told          from firing to the first message to anybody
  Acknowledged  from firing to the first acknowledgement (MTTA)
  Resolved      from firing to the end (MTTR), of those that ended in the time

Then the noisiest rules: how often they fired, the coming and going of a flapping
alert counted, and how long all their incidents lasted together. Of cron jobs it
tells their incidents, and which part of the time they had none; how often a job
ran alertd does not know, as metrics tell of a job's last run only. Of each
integration it tells what was delivered, how many attempts failed, and how long a
message took from the decision to its arrival.

Only what is still remembered counts: see storage.retention and retention_size.`,
		Example: `  alertctl stats
  alertctl stats --since 30d
  alertctl stats --since 2026-11-01 --until 2026-11-16 -o json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return c.stats(cmd.Context(), &f) },
	}
	f.register(cmd, "7d")
	return cmd
}

func (c *cli) stats(ctx context.Context, f *pastForm) error {
	query, err := f.query(c.Now())
	if err != nil {
		return err
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := server.ask(ctx, request{doing: "ask the statistics of", path: "api/v1/stats", query: query}, &raw); err != nil {
		return err
	}
	var st apiv1.Stats
	if err := json.Unmarshal(raw, &st); err != nil {
		return failed(ExitServer, "cannot read the statistics of "+server.settings.display(), err)
	}
	return c.print(raw, func() { c.showStats(&st) })
}

func (c *cli) showStats(st *apiv1.Stats) {
	now := c.Now()
	incidents := count(st.Incidents, "incident")
	if st.Firing > 0 {
		incidents += fmt.Sprintf(", %d still firing", st.Firing)
	}
	if st.Fired > st.Incidents {
		incidents += fmt.Sprintf(", fired %d times with flapping", st.Fired)
	}
	whole := st.To.Sub(st.From).Seconds()
	c.fields([]field{
		{"From", text(moment(st.From, now))},
		{"To", text(moment(st.To, now) + ", " + spell(st.To.Sub(st.From)))},
		{"Incidents", text(incidents)},
		{"Downtime", text(fmt.Sprintf("%s, %s of the time", spell(seconds(st.DowntimeSeconds)), percent(st.DowntimeSeconds, whole)))},
		{"Told", text(spreadText(st.TimeToTold))},
		{"Acknowledged", text(spreadText(st.TimeToAcknowledge))},
		{"Resolved", text(spreadText(st.TimeToResolve))},
	})
	rules := &table{header: []string{"ALERT", "INCIDENTS", "FIRED", "FIRING", "FLAPPING", "LASTED"}}
	for _, r := range st.Rules[:min(len(st.Rules), shownRules)] {
		rules.add(cell{r.Name, bold}, tally(r.Incidents), tally(r.Fired), tally(r.Firing), tally(r.Flapping), text(spell(seconds(r.LastedSeconds))))
	}
	c.section("Noisiest rules", rules)
	if more := len(st.Rules) - shownRules; more > 0 {
		c.out.printf("and %d more: -o json has them all\n", more)
	}
	jobs := &table{header: []string{"JOB", "INCIDENTS", "WELL", "WHICH"}}
	for _, j := range st.Jobs {
		var which []string
		for _, name := range slices.Sorted(maps.Keys(j.ByName)) {
			which = append(which, fmt.Sprintf("%d %s", j.ByName[name], name))
		}
		jobs.add(cell{j.Job, bold}, tally(j.Incidents), text(percent(whole-j.DowntimeSeconds, whole)), text(strings.Join(which, ", ")))
	}
	c.section("Cron jobs that had incidents", jobs)
	told := &table{header: []string{"INTEGRATION", "DELIVERED", "GAVE UP", "FAILED ATTEMPTS", "DUE", "MEDIAN", "LONGEST"}}
	for _, i := range st.Integrations {
		gaveUp := tally(i.GaveUp)
		if i.GaveUp > 0 {
			gaveUp.style = red
		}
		told.add(text(i.Integration), tally(i.Delivered), gaveUp, tally(i.Failed), tally(i.Due),
			text(latencyText(i.Latency.Median, i.Latency.Count)), text(latencyText(i.Latency.Longest, i.Latency.Count)))
	}
	c.section("Messages", told)
}

func tally(n int) cell { return text(fmt.Sprint(n)) }

// percent writes a part of the whole in per cent.
func percent(part, whole float64) string { return fmt.Sprintf("%.2f %%", 100*part/whole) }

func spreadText(s apiv1.Spread) string {
	if s.Count == 0 {
		return "none"
	}
	return fmt.Sprintf("%s; median %s, mean %s, longest %s", count(s.Count, "incident"),
		latencyText(s.Median, 1), latencyText(s.Mean, 1), latencyText(s.Longest, 1))
}

// latencyText writes seconds, with what is below one where there are few.
func latencyText(s float64, count int) string {
	switch {
	case count == 0:
		return ""
	case s < 10:
		return fmt.Sprintf("%.1fs", s)
	default:
		return spell(seconds(s))
	}
}
