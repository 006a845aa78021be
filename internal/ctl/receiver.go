package ctl

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// testPatience is how long a receiver's test may take unless --timeout says
// otherwise: a mail server may think for a while.
const testPatience = time.Minute

// receiverTest is what alertd answers to a test.
type receiverTest struct {
	Receiver string `json:"receiver"`
	Results  []struct {
		Integration string  `json:"integration"`
		OK          bool    `json:"ok"`
		Error       string  `json:"error"`
		Seconds     float64 `json:"seconds"`
	} `json:"results"`
}

func (c *cli) receiverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "receiver",
		Aliases: []string{"receivers"},
		Short:   "Try out whether messages arrive",
		Example: `  alertctl receiver test team-slack`,
	}
	group(cmd, &cobra.Command{
		Use:   "test NAME",
		Short: "Send a test message to every channel of a receiver",
		Long: `Test has one alert, marked as a test, told to each integration of a receiver: by
the way of every alert, through the engine, the store and the queue, but past
silences and waiting times. It tells how each took the first attempt, and leaves
nothing behind. The exit code is 1 where
one of them did not take it. The receiver that alertd makes of the ALERTD_*
variables alone is called default.

Only alertd can do this, not a plain Alertmanager.`,
		Example: `  alertctl receiver test team-slack
  alertctl receiver test oncall -o json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("the name of one receiver is needed, as it is written in alertd's configuration")
			}
			return nil
		},
		ValidArgsFunction: firstArg(c.receiverNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.receiverTest(cmd.Context(), args[0])
		},
	})
	return cmd
}

func (c *cli) receiverTest(ctx context.Context, name string) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	err = server.patient(testPatience).ask(ctx, request{
		doing: fmt.Sprintf("test the receiver %q of", name), method: http.MethodPost,
		path: "api/v1/receivers/" + url.PathEscape(name) + "/test",
	}, &raw)
	if err != nil {
		return c.noReceiver(ctx, server, name, err)
	}
	var answer receiverTest
	if err := json.Unmarshal(raw, &answer); err != nil {
		return failed(ExitServer, "cannot read how the test of "+name+" went", err)
	}
	bad := 0
	t := &table{header: []string{"INTEGRATION", "RESULT", "TOOK", errorColumn}}
	for _, r := range answer.Results {
		result := cell{"ok", green}
		if !r.OK {
			bad++
			result = cell{"failed", red}
		}
		took := seconds(r.Seconds).Round(time.Millisecond)
		t.add(text(r.Integration), result, text(took.String()), text(r.Error))
	}
	if err := c.print(raw, func() { t.print(c.out) }); err != nil {
		return err
	}
	switch {
	case len(answer.Results) == 0:
		return refused("the receiver %s has no integration: whatever it is sent goes nowhere", name)
	case bad > 0:
		return refused("%d of %s of the receiver %s did not take the test", bad, count(len(answer.Results), "integration"), name)
	}
	return nil
}

// noReceiver explains why a test was not made: a 404 is of a receiver or of a
// server that knows no such test.
func (c *cli) noReceiver(ctx context.Context, server *client, name string, err error) error {
	if code := status(err); code != http.StatusNotFound && code != http.StatusGone && code != http.StatusMethodNotAllowed {
		return err
	}
	if _, aliveErr := server.ownStatus(ctx); status(aliveErr) != 0 {
		return refused("%s is no alertd, perhaps an Alertmanager: it cannot test receivers", server.settings.display())
	}
	f := refused("there is no receiver %q", name)
	if names, err := server.receivers(ctx); err == nil && len(names) > 0 {
		return f.withHint("There are: %s", quotedList(names))
	}
	return f
}

// receivers returns the names of all receivers.
func (c *client) receivers(ctx context.Context) ([]string, error) {
	var list []struct {
		Name string `json:"name"`
	}
	if err := c.ask(ctx, request{doing: "list the receivers of", path: "api/v2/receivers"}, &list); err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = r.Name
	}
	return names, nil
}

// receiverNames completes the names of receivers.
func (c *cli) receiverNames(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	server, err := c.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := server.receivers(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// quotedList writes names for a message.
func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return strings.Join(quoted, ", ")
}
