package ctl

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/web/apiv1"
)

// ownStatus is what alertd answers to GET /api/v1/status.
type ownStatus struct {
	Version struct {
		Version string `json:"version"`
		Commit  string `json:"commit"`
		Date    string `json:"date"`
	} `json:"version"`
	StartedAt  time.Time     `json:"startedAt"`
	Ready      bool          `json:"ready"`
	NotReady   string        `json:"notReady"`
	Storage    apiv1.Storage `json:"storage"`
	RuleGroups []ruleGroup   `json:"ruleGroups"`
	Queue      []queued      `json:"queue"`
	Dead       []deadLetters `json:"deadDeliveries"`

	raw json.RawMessage
}

type ruleGroup struct {
	Name              string     `json:"name"`
	LastEvaluation    *time.Time `json:"lastEvaluation"`
	EvaluationSeconds float64    `json:"evaluationSeconds"`
	Rules             []struct {
		Name      string `json:"name"`
		State     string `json:"state"`
		Health    string `json:"health"`
		LastError string `json:"lastError"`
		Alerts    int    `json:"alerts"`
	} `json:"rules"`
}

type queued struct {
	Integration      string  `json:"integration"`
	Due              int     `json:"due"`
	OldestAgeSeconds float64 `json:"oldestAgeSeconds"`
}

type deadLetters struct {
	Receiver    string    `json:"receiver"`
	Integration string    `json:"integration"`
	State       string    `json:"state"`
	Error       string    `json:"error"`
	Attempts    int       `json:"attempts"`
	FinishedAt  time.Time `json:"finishedAt"`
}

// amStatus is what any server of API v2 answers to GET /api/v2/status.
type amStatus struct {
	Uptime      time.Time `json:"uptime"`
	VersionInfo struct {
		Version  string `json:"version"`
		Revision string `json:"revision"`
	} `json:"versionInfo"`
	Cluster struct {
		Status string            `json:"status"`
		Peers  []json.RawMessage `json:"peers"`
	} `json:"cluster"`

	raw json.RawMessage
}

// alertCounts is how many alerts there are in which state.
type alertCounts struct {
	Firing    int `json:"firing"`
	Silenced  int `json:"silenced"`
	Inhibited int `json:"inhibited"`
	Muted     int `json:"muted"`
}

func (c *cli) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell whether alertd itself is well",
		Long: `Status tells which alertd answers and since when it runs, whether it is ready,
which rules cannot be evaluated, how many alerts there are, what still waits to
be told, and what could not be told for good.

The exit code is 1 while alertd is not ready, so a script can wait for it. Of an
Alertmanager it tells version, uptime, readiness and alerts.

With -o json or yaml it is the server's own status object, with one field more:
alerts, by state.`,
		Example: `  alertctl status
  until alertctl status >/dev/null 2>&1; do sleep 1; done`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return c.status(cmd.Context()) },
	}
}

// noArgs wants no arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%q takes no arguments, and got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

func (c *cli) status(ctx context.Context) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	own, err := server.ownStatus(ctx)
	switch status(err) {
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return c.amStatus(ctx, server)
	}
	if err != nil {
		return err
	}
	counts, err := server.countAlerts(ctx)
	if err != nil {
		return err
	}
	answer, err := extended(own.raw, "alerts", counts)
	if err != nil {
		return failed(ExitServer, "cannot read the status of "+server.settings.display(), err)
	}
	if err := c.print(answer, func() { c.showStatus(server, own, counts) }); err != nil {
		return err
	}
	if !own.Ready {
		return refused("alertd at %s is not ready: %s", server.settings.display(), first(own.NotReady, "it does not say why"))
	}
	return nil
}

// amStatus is status of a server that only knows API v2.
func (c *cli) amStatus(ctx context.Context, server *client) error {
	st := amStatus{}
	if err := server.ask(ctx, request{doing: "ask the status of", path: "api/v2/status"}, &st.raw); err != nil {
		return err
	}
	if err := json.Unmarshal(st.raw, &st); err != nil {
		return failed(ExitServer, "cannot read the status of "+server.settings.display(), err)
	}
	readyErr := server.ask(ctx, request{doing: "ask whether it is ready of", path: "-/ready"}, nil)
	if readyErr != nil && status(readyErr) == 0 {
		return readyErr
	}
	counts, err := server.countAlerts(ctx)
	if err != nil {
		return err
	}
	answer, err := extended(st.raw, "alerts", counts)
	if err != nil {
		return failed(ExitServer, "cannot read the status of "+server.settings.display(), err)
	}
	if err := c.print(answer, func() { c.showAMStatus(server, &st, readyErr == nil, counts) }); err != nil {
		return err
	}
	if reason, ok := errors.AsType[*statusError](readyErr); ok {
		return refused("%s is not ready: %w", server.settings.display(), reason)
	}
	return nil
}

func (c *client) ownStatus(ctx context.Context) (*ownStatus, error) {
	st := &ownStatus{}
	if err := c.ask(ctx, request{doing: "ask the status of", path: "api/v1/status"}, &st.raw); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(st.raw, st); err != nil {
		return nil, failed(ExitServer, "cannot read the status of "+c.settings.display(), err)
	}
	return st, nil
}

func (c *client) countAlerts(ctx context.Context) (alertCounts, error) {
	var n alertCounts
	alerts, err := c.alerts(ctx, url.Values{})
	for _, a := range alerts {
		switch a.state() {
		case stateSilenced:
			n.Silenced++
		case stateInhibited:
			n.Inhibited++
		case stateMuted:
			n.Muted++
		default:
			n.Firing++
		}
	}
	return n, err
}
