package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// recurringPath is where alertd keeps recurring silences; an Alertmanager has
// none.
const recurringPath = "api/v1/silences/recurring"

// recurringSilence is a recurring silence of alertd's own API.
type recurringSilence struct {
	ID          string         `json:"id"`
	Matchers    alert.Matchers `json:"matchers"`
	Schedule    string         `json:"schedule"`
	Timezone    string         `json:"timezone"`
	Duration    string         `json:"duration"`
	CreatedBy   string         `json:"createdBy"`
	Comment     string         `json:"comment"`
	Occurrences []struct {
		ID       string             `json:"id"`
		State    alert.SilenceState `json:"state"`
		StartsAt time.Time          `json:"startsAt"`
		EndsAt   time.Time          `json:"endsAt"`
	} `json:"occurrences"`

	raw json.RawMessage
}

// UnmarshalJSON keeps what alertd wrote beside what alertctl reads of it.
func (r *recurringSilence) UnmarshalJSON(data []byte) error {
	type known recurringSilence
	r.raw = bytes.Clone(data)
	return json.Unmarshal(data, (*known)(r))
}

// MarshalJSON writes the recurring silence as alertd wrote it.
func (r *recurringSilence) MarshalJSON() ([]byte, error) { return r.raw, nil }

// when tells what comes next of the recurring silence.
func (r *recurringSilence) when(now time.Time) string {
	for _, o := range r.Occurrences {
		if now.Before(o.StartsAt) {
			return "in " + spell(o.StartsAt.Sub(now)) + ", " + moment(o.StartsAt, now)
		}
		if now.Before(o.EndsAt) {
			return "now, for " + spell(o.EndsAt.Sub(now)) + " more"
		}
	}
	return ""
}

// schedule tells when the recurring silence comes, in words that --cron takes.
func (r *recurringSilence) schedule() string {
	return fmt.Sprintf("%q %s for %s", r.Schedule, r.Timezone, r.Duration)
}

// postedRecurring is a recurring silence as alertd takes it.
type postedRecurring struct {
	ID        string         `json:"id,omitempty"`
	Matchers  alert.Matchers `json:"matchers"`
	Schedule  string         `json:"schedule"`
	Timezone  string         `json:"timezone"`
	Duration  string         `json:"duration"`
	CreatedBy string         `json:"createdBy"`
	Comment   string         `json:"comment"`
}

// recurring returns the recurring silences.
func (c *client) recurring(ctx context.Context) ([]*recurringSilence, error) {
	var all []*recurringSilence
	err := c.ask(ctx, request{doing: "list the recurring silences of", path: recurringPath}, &all)
	return present(all), err
}

// setRecurring creates a recurring silence or changes the one of its id.
func (c *client) setRecurring(ctx context.Context, r postedRecurring) (*recurringSilence, error) {
	made := &recurringSilence{}
	err := c.ask(ctx, request{doing: "set the recurring silence of", method: http.MethodPost, path: recurringPath, body: r}, made)
	return made, err
}

// recurringAdd is `silence add --cron`.
func (c *cli) recurringAdd(ctx context.Context, args []string, form silenceForm) error {
	ms, err := form.matchers(args)
	if err != nil {
		return err
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	alerts, matchingErr := server.matching(ctx, ms)
	if form.preview {
		if matchingErr != nil {
			return matchingErr
		}
		return c.print(struct {
			Alerts []*firingAlert `json:"alerts"`
		}{alerts}, func() { c.tellMatching(c.err, alerts, true) })
	}
	posted := postedRecurring{Matchers: ms, Schedule: form.cron, Timezone: form.timezone, Duration: form.duration.String()}
	if posted.CreatedBy, posted.Comment, err = form.signed(server.settings); err != nil {
		return err
	}
	made, err := server.setRecurring(ctx, posted)
	if err != nil {
		return err
	}
	return c.tellRecurring(made, alerts, matchingErr)
}

// tellRecurring prints the id of a recurring silence, and when it comes next.
func (c *cli) tellRecurring(r *recurringSilence, alerts []*firingAlert, unknown error) error {
	return c.print(r, func() {
		c.out.printf("%s\n", oneLine(r.ID))
		_ = c.buffered.Flush() // the id goes first; a failure shows again at the end
		c.err.printf("Silences %s at %s; next: %s.\n", neutral(typed(r.Matchers)), neutral(r.schedule()), neutral(r.when(c.Now())))
		if unknown == nil {
			running := len(r.Occurrences) > 0 && !c.Now().Before(r.Occurrences[0].StartsAt)
			c.tellMatching(c.err, alerts, !running)
		}
	})
}

func (c *cli) recurringCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recurring",
		Short: "Recurring silences: list, edit, delete",
		Long: `A recurring silence comes again at every moment of a cron schedule. "alertctl
silence add --cron" makes one. The occurrence that runs and the next one are
ordinary silences, which "alertctl silence list" and every client of API v2 show;
ending one ends that one only.`,
		Example: `  alertctl silence recurring list
  alertctl silence recurring edit 5b6f1c2e --for 6h
  alertctl silence recurring delete 5b6f1c2e`,
	}
	group(cmd, c.recurringListCommand(), c.recurringEditCommand(), c.recurringDeleteCommand())
	return cmd
}

func (c *cli) recurringListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List the recurring silences",
		Long:    "List shows the recurring silences, and when each comes next.",
		Example: "  alertctl silence recurring list\n  alertctl silence recurring list -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := c.connect()
			if err != nil {
				return err
			}
			all, err := server.recurring(cmd.Context())
			if err != nil {
				return err
			}
			return c.print(all, func() { c.showRecurring(all) })
		},
	}
}

func (c *cli) showRecurring(all []*recurringSilence) {
	if len(all) == 0 {
		c.err.printf("No silence is recurring.\n")
		return
	}
	t := &table{header: []string{"ID", "SCHEDULE", "NEXT", "MATCHERS", "AUTHOR", "COMMENT"}}
	ids := shortRecurring(all)
	for _, r := range all {
		t.add(text(ids[r.ID]), text(r.schedule()), text(r.when(c.Now())), text(typed(r.Matchers)), text(r.CreatedBy), text(r.Comment))
	}
	t.print(c.out)
}

// findRecurring returns the recurring silence that an id, or the beginning of
// one, means.
func findRecurring(all []*recurringSilence, id string) (*recurringSilence, error) {
	var found []*recurringSilence
	for _, r := range all {
		if id != "" && strings.HasPrefix(r.ID, strings.ToLower(id)) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, refused("there is no recurring silence %s", id).
			withHint("\"alertctl silence recurring list\" lists those that there are.")
	case 1:
		return found[0], nil
	default:
		return nil, usage("%d recurring silences begin with %s", len(found), id).withHint("Give more of the id.")
	}
}

// shortRecurring returns, by id, as much of each as tells it from the others.
func shortRecurring(all []*recurringSilence) map[string]string {
	like := make([]*silence, len(all))
	for i, r := range all {
		like[i] = &silence{ID: r.ID}
	}
	return shortIDs(like)
}
