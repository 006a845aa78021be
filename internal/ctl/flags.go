package ctl

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"
)

// globalFlags are the flags of every command. Empty ones leave the choice to
// the environment, then to the configuration file. There is none for a
// password or a token: the list of processes shows them to everybody.
type globalFlags struct {
	url, config  string
	output       string
	timeout      duration
	username     string
	passwordFile string
	tokenFile    string
	caFile       string
}

// register adds the flags to root and all its commands.
func (f *globalFlags) register(root *cobra.Command) {
	fl := root.PersistentFlags()
	fl.StringVar(&f.url, "url", "", "where alertd is (env ALERTCTL_URL; default "+defaultURL+")")
	fl.StringVarP(&f.output, "output", "o", "", "table, json or yaml (env ALERTCTL_OUTPUT; default table)")
	fl.Var(&f.timeout, "timeout", "how long alertd may take to answer (env ALERTCTL_TIMEOUT; default 10s)")
	fl.StringVar(&f.config, "config", "", "configuration file (env ALERTCTL_CONFIG; see \"alertctl help configuration\")")
	fl.StringVar(&f.username, "username", "", "user for basic auth (env ALERTCTL_USERNAME)")
	fl.StringVar(&f.passwordFile, "password-file", "", "file that holds its password (env ALERTCTL_PASSWORD or ALERTCTL_PASSWORD_FILE)")
	fl.StringVar(&f.tokenFile, "bearer-token-file", "", "file that holds a bearer token (env ALERTCTL_BEARER_TOKEN or ALERTCTL_BEARER_TOKEN_FILE)")
	fl.StringVar(&f.caFile, "ca-file", "", "file of the authority that signed alertd's certificate (env ALERTCTL_CA_FILE)")
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(
		[]string{formatTable, formatJSON, formatYAML}, cobra.ShellCompDirectiveNoFileComp)) // fails on an unknown flag only
}

// duration is a flag in Prometheus's spelling: 30s, 5m, 2h, 1d, 1w, 1h30m.
type duration time.Duration

func (d *duration) String() string {
	if *d == 0 {
		return ""
	}
	return model.Duration(*d).String()
}

func (d *duration) Type() string { return "duration" }

func (d *duration) Set(text string) error {
	parsed, err := parseDuration(text)
	*d = duration(parsed)
	return err
}

// parseDuration reads a duration as Prometheus writes it.
func parseDuration(text string) (time.Duration, error) {
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration: write 30m, 2h, 1d or 1w", text)
	}
	return time.Duration(d), nil
}
