package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// acksPath is where alertd keeps acknowledgements; an Alertmanager has none.
const acksPath = "api/v1/acks"

// ackable is an active alert of alertd's own API.
type ackable struct {
	ID          string       `json:"id"`
	Fingerprint string       `json:"fingerprint"`
	Labels      alert.Labels `json:"labels"`
	State       alert.State  `json:"state"`
	ActiveAt    time.Time    `json:"activeAt"`
	Ack         *struct {
		By      string `json:"by"`
		Comment string `json:"comment"`
	} `json:"ack"`

	raw json.RawMessage
}

// UnmarshalJSON keeps what alertd wrote beside what alertctl reads of it.
func (a *ackable) UnmarshalJSON(data []byte) error {
	type known ackable
	a.raw = bytes.Clone(data)
	return json.Unmarshal(data, (*known)(a))
}

// MarshalJSON writes the alert as alertd wrote it.
func (a *ackable) MarshalJSON() ([]byte, error) { return a.raw, nil }

// newAck is an acknowledgement as alertd takes it.
type newAck struct {
	Alerts  []string   `json:"alerts,omitempty"`
	Group   string     `json:"group,omitempty"`
	By      string     `json:"by"`
	Comment string     `json:"comment,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
}

// ackForm is what `ack` is told.
type ackForm struct {
	comment, by string
	lasts       duration
	until       string
	all, remove bool
}

func (c *cli) ackCommand() *cobra.Command {
	form := ackForm{}
	cmd := &cobra.Command{
		Use:   "ack {ALERT | GROUP | MATCHER...}",
		Short: "Acknowledge an alert: somebody looks after it",
		Long: `Ack tells everybody that somebody looks after an alert that fires: it is no longer
repeated, and messages, the page and "alertctl alerts" say who has it and why. It
ends with the incident, or before: with --for or --until, or by --remove.

ALERT is the name of an alert or the beginning of its fingerprint (four characters
at least); matchers say it as for a silence. Where more than one alert is meant
they are listed, and none is acknowledged without --all. GROUP is the key of an
aggregation group, such as {}:{alertname="CronFailed"}, which messages to webhooks
bring as groupKey: all of its alerts are meant.

What was acknowledged goes to standard output, a fingerprint a line; with -o json
or yaml the alerts of alertd's own API.`,
		Example: `  alertctl ack CronFailed --comment "restarting the job"
  alertctl ack 1c93eec3 --for 2h -c "waiting for the vendor"
  alertctl ack HostDiskFull instance=db-1:9100
  alertctl ack 'severity=critical' --all -c "the switch is down"
  alertctl ack CronFailed --remove`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usage("which alert? Give its name, its fingerprint or matchers: \"alertctl alerts\" shows them")
			case form.remove && (form.lasts != 0 || form.until != "" || form.comment != ""):
				return usage("--remove takes an acknowledgement back: --comment, --for and --until are for new ones")
			}
			return c.ack(cmd.Context(), args, form)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&form.comment, "comment", "c", "", "what is being done about it")
	fl.Var(&form.lasts, "for", "how long it holds: 30m, 2h, 1d (default until the incident ends)")
	fl.StringVar(&form.until, "until", "", "until when: "+timeForms)
	fl.StringVar(&form.by, "by", "", "who looks after it (env ALERTCTL_AUTHOR; default user@host)")
	fl.BoolVar(&form.all, "all", false, "all of the alerts that are meant, not just one")
	fl.BoolVar(&form.remove, "remove", false, "take the acknowledgement back")
	cmd.MarkFlagsMutuallyExclusive("for", "until")
	return cmd
}

func (c *cli) ack(ctx context.Context, args []string, form ackForm) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	now := c.Now()
	n := newAck{By: first(strings.TrimSpace(form.by), server.settings.author, whoami()), Comment: strings.TrimSpace(form.comment)}
	if n.Until, err = form.end(now); err != nil {
		return err
	}
	if groupKey(args) {
		n.Group = args[0]
	} else {
		meant, err := c.meant(ctx, server, args)
		if err != nil {
			return err
		}
		if len(meant) > 1 && !form.all {
			c.ackTable(meant).print(c.err)
			return usage("%s are meant, those above", count(len(meant), "alert")).
				withHint("Give the fingerprint of one, or more matchers; --all takes all of them.")
		}
		for _, a := range meant {
			n.Alerts = append(n.Alerts, a.ID)
		}
	}
	changed, err := server.setAck(ctx, n, form.remove)
	if err != nil {
		return err
	}
	return c.tellAcked(changed, n, form.remove)
}

// end returns until when an acknowledgement holds; nil: until the incident ends.
func (f ackForm) end(now time.Time) (*time.Time, error) {
	var end time.Time
	switch {
	case f.lasts != 0:
		end = now.Add(time.Duration(f.lasts))
	case f.until != "":
		var err error
		if end, err = parseTime("--until", f.until, now, now); err != nil {
			return nil, err
		}
		if !end.After(now) {
			return nil, usage("--until %s is over already", moment(end, now))
		}
	default:
		return nil, nil //nolint:nilnil // nil is "until the incident ends"
	}
	return &end, nil
}

// groupKey tells whether the arguments are the key of an aggregation group.
func groupKey(args []string) bool {
	return len(args) == 1 && strings.HasPrefix(args[0], "{") && strings.Contains(args[0], "}:{")
}

// meant returns the active alerts that the arguments mean: by name, by the
// beginning of a fingerprint, by matchers.
func (c *cli) meant(ctx context.Context, server *client, args []string) ([]*ackable, error) {
	ms, err := parseMatchers(args)
	if err != nil {
		return nil, err
	}
	all, err := server.active(ctx)
	if err != nil {
		return nil, err
	}
	meant := slices.DeleteFunc(slices.Clone(all), func(a *ackable) bool { return !ms.Matches(a.Labels) })
	if len(meant) == 0 && len(args) == 1 && regexp.MustCompile("^[0-9a-fA-F]{4,16}$").MatchString(args[0]) {
		meant = slices.DeleteFunc(all, func(a *ackable) bool { return !strings.HasPrefix(a.Fingerprint, strings.ToLower(args[0])) })
	}
	if len(meant) == 0 {
		return nil, refused("no active alert is meant by %s", strings.Join(args, " ")).
			withHint("\"alertctl alerts\" lists what fires.")
	}
	return meant, nil
}

// active returns the active alerts, as alertd's own API tells them.
func (c *client) active(ctx context.Context) ([]*ackable, error) {
	var all []*ackable
	err := c.ask(ctx, request{doing: "list the alerts of", path: "api/v1/alerts"}, &all)
	all = slices.DeleteFunc(present(all), func(a *ackable) bool { return a.State == alert.Resolved })
	return all, err
}

// setAck acknowledges alerts, or takes that back, and returns which those are.
func (c *client) setAck(ctx context.Context, n newAck, remove bool) (changed []*ackable, err error) {
	r := request{doing: "acknowledge alerts of", method: http.MethodPost, path: acksPath, body: n}
	if remove {
		query := url.Values{"by": {n.By}, "alert": n.Alerts}
		if n.Group != "" {
			query.Set("group", n.Group)
		}
		r = request{doing: "take an acknowledgement back from", method: http.MethodDelete, path: acksPath, query: query}
	}
	var answer struct {
		Alerts []*ackable `json:"alerts"`
	}
	err = c.ask(ctx, r, &answer)
	if n.Group != "" && status(err) == http.StatusNotFound {
		return nil, refused("no active alert belongs to the group %s", n.Group).withHint("\"alertctl alerts\" lists what fires.")
	}
	return present(answer.Alerts), err
}

// tellAcked prints the fingerprints of alerts whose acknowledgement changed.
func (c *cli) tellAcked(changed []*ackable, n newAck, removed bool) error {
	return c.print(changed, func() {
		for _, a := range changed {
			c.out.printf("%s\n", oneLine(a.Fingerprint))
		}
		_ = c.buffered.Flush()
		what := count(len(changed), "alert")
		switch {
		case removed && len(changed) == 0:
			c.err.printf("Nobody has acknowledged that.\n")
		case removed:
			c.err.printf("Took back the acknowledgement of %s.\n", what)
		case n.Until != nil:
			c.err.printf("Acknowledged %s by %s until %s.\n", what, neutral(n.By), moment(*n.Until, c.Now()))
		default:
			c.err.printf("Acknowledged %s by %s, until the incident ends.\n", what, neutral(n.By))
		}
	})
}

// ackTable returns the table of alerts that could be meant.
func (c *cli) ackTable(all []*ackable) *table {
	t := &table{header: []string{"FINGERPRINT", "ALERT", "STATE", "SINCE", "LABELS", "ACKNOWLEDGED"}}
	for _, a := range all {
		by := ""
		if a.Ack != nil {
			by = strings.TrimSuffix("by "+a.Ack.By+": "+a.Ack.Comment, ": ")
		}
		t.add(text(a.Fingerprint), cell{a.Labels.Get(alert.AlertName), bold}, text(string(a.State)), text(ago(a.ActiveAt, c.Now())),
			text(typedLabels(a.Labels.Without(alert.AlertName))), text(by))
	}
	return t
}
