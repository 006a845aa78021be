package ctl

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

func (c *cli) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ALERT",
		Short: "Tell one alert's story: why it fires, who was told, what is next",
		Long: `Explain tells the story of one alert, from its first breach to the messages about
it: its rule, when it fired and ended, who keeps it quiet and until when, which
routes take it, where each integration stands (told, waiting, failing with what
error), and what happens next by itself: the next evaluation, a group's flush, a
repetition, the end of a silence.

ALERT is a name, the beginning of a fingerprint (four digits or more), an alert's
id, or matchers. What is active is meant first, then what ended. Where several
alerts fit, they are listed, and the exit code is 1.

What is told of the present is what planning would decide at this moment, by the
configuration in force. Times are in this computer's time zone. Only alertd can
explain, not a plain Alertmanager.`,
		Example: `  alertctl explain CronFailed
  alertctl explain 5d41402a
  alertctl explain 'alertname=DiskFull' instance=db-1:9100
  alertctl explain CronFailed -o json | jq '.next'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.explain(cmd.Context(), args)
		},
	}
}

func (c *cli) explain(ctx context.Context, args []string) error {
	r := request{doing: "explain the alert by", path: "api/v1/explain"}
	ms, err := parseMatchers(args)
	if len(args) == 1 && !strings.ContainsAny(args[0], "=~!{}\"',") {
		r.path += "/" + url.PathEscape(args[0])
	} else if err != nil {
		return err
	} else {
		r.query = filter(ms)
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	var answer struct {
		Story      json.RawMessage   `json:"story"`
		Candidates []json.RawMessage `json:"candidates"`
	}
	err = server.ask(ctx, r, &answer)
	if status(err) == http.StatusNotFound && server.explains(ctx) {
		return refused("%s", "no alert like "+strings.Join(args, " ")+" is active, and none is in the history").
			withHint("%s", "alertctl alerts lists what is active, alertctl history what has been.")
	}
	if err != nil {
		return err
	}
	if len(answer.Candidates) > 0 {
		return c.chooseAlert(answer.Candidates)
	}
	var story apiv1.Story
	if err := json.Unmarshal(answer.Story, &story); err != nil {
		return failed(ExitServer, "cannot read the story that "+server.settings.display()+" tells", err)
	}
	return c.print(answer.Story, func() { c.showStory(&story) })
}

// explains tells whether it is alertd's own API that answers.
func (c *client) explains(ctx context.Context) bool {
	_, err := c.ownStatus(ctx)
	return err == nil
}

// chooseAlert lists the alerts that may have been meant.
func (c *cli) chooseAlert(candidates []json.RawMessage) error {
	now := c.Now()
	t := &table{header: []string{"FINGERPRINT", "ALERT", "STATE", "SINCE", "LABELS"}}
	for _, raw := range candidates {
		var a apiv1.Alert
		if err := json.Unmarshal(raw, &a); err != nil {
			return failed(ExitServer, "cannot read the alerts that may be meant", err)
		}
		since := a.ActiveAt
		if a.ResolvedAt != nil {
			since = *a.ResolvedAt
		}
		t.add(text(a.Fingerprint), cell{a.Labels.Get(alert.AlertName), bold}, text(a.State), text(ago(since, now)),
			text(typedLabels(a.Labels.Without(alert.AlertName))))
	}
	if err := c.print(candidates, func() { t.print(c.out) }); err != nil {
		return err
	}
	return refused("%s may be meant", count(len(candidates), "alert")).
		withHint("Name one by the beginning of its fingerprint.")
}
