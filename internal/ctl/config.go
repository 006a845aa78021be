package ctl

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"
)

func (c *cli) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show alertd's configuration and its routes, or make one of Prometheus's and Alertmanager's",
		Long: `Config is about alertd's own configuration, alertd.yml. (alertctl's is described
by "alertctl help configuration".)`,
	}
	group(cmd, c.configShowCommand(), c.configRoutesCommand(), c.configImportCommand())
	return cmd
}

func (c *cli) configShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the configuration that the running alertd has",
		Long: `Show prints the configuration in force as YAML: variables expanded, secrets
masked, without comments. Of an Alertmanager it prints what that gives of its own.`,
		Example: `  alertctl config show`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.configShow(cmd.Context()) },
	}
}

// shownConfig is what alertd answers to GET /api/v1/config.
type shownConfig struct {
	Config string `json:"config"`
}

func (c *cli) configShow(ctx context.Context) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	var answer shownConfig
	err = server.ask(ctx, request{doing: "read the configuration of", path: "api/v1/config"}, &answer)
	if code := status(err); code == http.StatusNotFound || code == http.StatusGone {
		answer.Config, err = server.alertmanagersConfig(ctx)
	}
	if err != nil {
		return err
	}
	return c.print(answer, func() { c.out.printf("%s", neutral(answer.Config)) })
}

// alertmanagersConfig asks any server of API v2 for its configuration.
func (c *client) alertmanagersConfig(ctx context.Context) (string, error) {
	var answer struct {
		Config struct {
			Original string `json:"original"`
		} `json:"config"`
	}
	err := c.ask(ctx, request{doing: "read the configuration of", path: "api/v2/status"}, &answer)
	return answer.Config.Original, err
}
