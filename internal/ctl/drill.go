package ctl

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// drillName is the alertname of a drill that was given none.
const drillName = "AlertdDrill"

// drillLook is how often alertd is asked how far a drill has come.
const drillLook = 250 * time.Millisecond

// drillForm is what `drill` is told.
type drillForm struct {
	receiver string
	lasts    duration
	wait     duration
}

// drillAnswer is a drill as alertd tells of it.
type drillAnswer struct {
	ID           string       `json:"id"`
	Labels       alert.Labels `json:"labels"`
	StartedAt    time.Time    `json:"startedAt"`
	EvaluatedAt  *time.Time   `json:"evaluatedAt"`
	CommittedAt  *time.Time   `json:"committedAt"`
	EndedAt      *time.Time   `json:"endedAt"`
	RecoveredAt  *time.Time   `json:"recoveredAt"`
	Over         bool         `json:"over"`
	Integrations []string     `json:"integrations"`
	Deliveries   []struct {
		ID          string     `json:"id"`
		Integration string     `json:"integration"`
		Tells       string     `json:"tells"`
		State       string     `json:"state"`
		Reason      string     `json:"reason"`
		Error       string     `json:"error"`
		Attempts    int        `json:"attempts"`
		PlannedAt   time.Time  `json:"plannedAt"`
		FinishedAt  *time.Time `json:"finishedAt"`
	} `json:"deliveries"`

	raw json.RawMessage
}

// UnmarshalJSON keeps what alertd wrote beside what alertctl reads of it.
func (d *drillAnswer) UnmarshalJSON(data []byte) error {
	type known drillAnswer
	d.raw = append(d.raw[:0], data...)
	return json.Unmarshal(data, (*known)(d))
}

func (c *cli) drillCommand() *cobra.Command {
	form := drillForm{lasts: duration(2 * time.Minute), wait: duration(10 * time.Minute)}
	cmd := &cobra.Command{
		Use:   "drill [ALERTNAME] [LABEL=VALUE...]",
		Short: "Practise: fire an alert that means nothing, and follow it to its recovery",
		Long: `Drill has the running alertd fire a practice alert and follows it hop by hop:
evaluated, committed, planned, delivered to whom, and likewise its recovery. It
goes through the same engine, store, routes, waiting times, silences and channels
as a real alert with these labels would.

Whoever is told reads [DRILL] first; in the API and in the history the alert has
the label alertd_drill. It never shares a message with a real alert. It recovers
after --for, or on Ctrl-C; press it again to leave without waiting.

With --receiver that receiver alone is told, at once, whatever the routes and
silences say. The exit code is 1 where somebody could not be told, or nobody was.
Only alertd can do this, not a plain Alertmanager.`,
		Example: `  alertctl drill CronFailed cron_job=etl severity=critical
  alertctl drill --receiver oncall --for 30s
  alertctl drill HostDiskFull instance=web-1 severity=warning --for 10m`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			labels, err := drillLabels(args)
			if err != nil {
				return err
			}
			return c.drill(cmd.Context(), labels, form)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&form.receiver, "receiver", "", "tell this receiver only, past routes and silences")
	fl.Var(&form.lasts, "for", "how long it fires")
	fl.Var(&form.wait, "wait", "how long to wait for its recovery being told")
	_ = cmd.RegisterFlagCompletionFunc("receiver", c.receiverNames) // fails on an unknown flag only
	return cmd
}

// drillLabels reads labels as people type them; a first word without = is the
// alert's name.
func drillLabels(args []string) (alert.Labels, error) {
	labels := map[string]string{alert.AlertName: drillName}
	for i, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		switch {
		case ok && name != "" && value != "":
			labels[name] = value
		case i == 0 && !ok && arg != "":
			labels[alert.AlertName] = arg
		default:
			return nil, usage("%q is not a label", arg).withHint("Write it like: alertctl drill CronFailed cron_job=etl severity=critical")
		}
	}
	return alert.LabelsFromMap(labels), nil
}

func (c *cli) drill(ctx context.Context, labels alert.Labels, form drillForm) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	var d drillAnswer
	err = server.ask(ctx, request{
		doing: "begin a drill at", method: http.MethodPost, path: "api/v1/drills",
		body: map[string]any{"labels": labels, "receiver": form.receiver, "for": form.lasts.String()},
	}, &d)
	if err != nil {
		if form.receiver != "" {
			return c.noReceiver(ctx, server, form.receiver, err)
		}
		return c.noDrills(ctx, server, err)
	}
	told := &drillStory{cli: c, seen: map[string]bool{}}
	if err := c.follow(ctx, server, &d, told, time.Duration(form.wait)); err != nil {
		return err
	}
	if err := c.print(d.raw, func() {}); err != nil {
		return err
	}
	return d.verdict()
}

// noDrills explains why a drill was not begun.
func (c *cli) noDrills(ctx context.Context, server *client, err error) error {
	if code := status(err); code != http.StatusNotFound && code != http.StatusGone && code != http.StatusMethodNotAllowed {
		return err
	}
	if _, aliveErr := server.ownStatus(ctx); status(aliveErr) != 0 {
		return refused("%s is no alertd, perhaps an Alertmanager: it cannot practise", server.settings.display())
	}
	return err
}

// follow asks how far the drill has come until it is over, or for as long as wait
// after its end.
func (c *cli) follow(ctx context.Context, server *client, d *drillAnswer, told *drillStory, wait time.Duration) error {
	interrupted, again := ctx.Done(), make(chan os.Signal, 1)
	ctx = context.WithoutCancel(ctx)
	path := "api/v1/drills/" + url.PathEscape(d.ID)
	ticker := time.NewTicker(drillLook)
	defer ticker.Stop()
	for {
		told.tell(d)
		if d.Over || d.EndedAt != nil && c.Now().Sub(*d.EndedAt) > wait {
			return nil
		}
		ask := request{doing: "follow the drill at", path: path}
		select {
		case <-interrupted:
			interrupted = nil
			ask = request{doing: "end the drill at", method: http.MethodDelete, path: path}
			c.err.printf("Ending the drill; press Ctrl-C again to leave without waiting for its recovery being told.\n")
			signal.Notify(again, os.Interrupt, syscall.SIGTERM)
			defer signal.Stop(again)
		case <-again:
			return refused("left before the recovery was told: alertd goes on")
		case <-ticker.C:
		}
		next := drillAnswer{}
		if err := server.ask(ctx, ask, &next); err != nil {
			return err
		}
		*d = next
	}
}

// drillStory tells each hop of a drill once.
type drillStory struct {
	cli  *cli
	seen map[string]bool
}

// tell tells what is new.
func (s *drillStory) tell(d *drillAnswer) {
	hop := func(key string, at *time.Time, what string) {
		if at == nil || s.seen[key] {
			return
		}
		s.seen[key] = true
		if s.cli.format == formatTable {
			s.cli.out.printf("%10.3fs  %s\n", at.Sub(d.StartedAt).Seconds(), neutral(what))
			_ = s.cli.buffered.Flush() // a failure comes again at the end
		}
	}
	whom := "nobody: its receivers have no integration"
	if len(d.Integrations) > 0 {
		whom = strings.Join(d.Integrations, ", ")
	}
	hop("asked", &d.StartedAt, fmt.Sprintf("%s %s is to reach %s", d.ID, d.Labels, whom))
	hop("evaluated", d.EvaluatedAt, "evaluated")
	hop("committed", d.CommittedAt, "committed")
	deliveries := func(tells string) {
		for _, v := range d.Deliveries {
			if v.Tells != tells {
				continue
			}
			hop(v.ID+" planned", &v.PlannedAt, fmt.Sprintf("planned     %s: %s (%s)", v.Integration, v.Tells, v.Reason))
			if v.Error != "" && v.State == "due" {
				now := s.cli.Now()
				hop(fmt.Sprint(v.ID, v.Attempts), &now, fmt.Sprintf("failed      %s: %s, attempt %d: %s", v.Integration, v.Tells, v.Attempts, v.Error))
			}
			what := fmt.Sprintf("%-11s %s: %s, attempt %d", v.State, v.Integration, v.Tells, v.Attempts)
			if v.Error != "" {
				what += ": " + v.Error
			}
			hop(v.ID+" finished", v.FinishedAt, what)
		}
	}
	deliveries("firing")
	hop("ended", d.EndedAt, "taken back")
	hop("recovered", d.RecoveredAt, "recovery committed")
	deliveries("recovered")
}

// verdict tells who could not be told.
func (d *drillAnswer) verdict() error {
	delivered, bad := 0, map[string]bool{}
	for _, v := range d.Deliveries {
		if v.State == "delivered" {
			delivered++
		} else {
			bad[v.Integration] = true
		}
	}
	switch {
	case len(bad) > 0:
		return refused("%s could not be told everything", count(len(bad), "integration"))
	case delivered == 0:
		return refused("nobody was told").
			withHint("A silence matches the labels, or it recovered before the route's group_wait had passed (--for), or its receivers have no integration.")
	case !d.Over:
		return refused("its recovery was not told to everybody in time").withHint("The route's group_interval may be longer than --wait.")
	}
	return nil
}
