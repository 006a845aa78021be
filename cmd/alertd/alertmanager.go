package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// foreignFlag is a flag of Alertmanager's that alertd does without.
type foreignFlag struct {
	name string
	why  string // it has no effect, or what to use instead
	// refused tells that going on without it would not be what was asked.
	refused func(value string) bool
	isBool  bool
}

// foreignFlags are Alertmanager's flags that a unit or compose file may give.
func foreignFlags() []foreignFlag {
	always := func(string) bool { return true }
	given := func(value string) bool { return value != "" }
	limited := func(value string) bool {
		n, err := strconv.Atoi(value)
		return err != nil || n > 0
	}
	const noCluster = "alertd has no gossip between instances"
	flags := []foreignFlag{
		{name: "cluster.peer", refused: given, why: noCluster + ": two would tell everything twice. Run one, which loses nothing when it is restarted"},
		{name: "cluster.tls-config", refused: given, why: noCluster + ": remove it"},
		{name: "alerts.per-alertname-limit", refused: limited, why: "alertd has no limit of alerts by name: set limit in the rules' groups"},
		{name: "web.systemd-socket", refused: always, why: "alertd opens its socket itself: use --web.listen-address", isBool: true},
		{name: "data.maintenance-interval", why: "what alertd promises is stored at once"},
		{name: "alerts.gc-interval", why: "alertd forgets what has ended by itself"},
		{name: "dispatch.maintenance-interval", why: "alertd forgets what has ended by itself"},
		{name: "dispatch.start-delay", why: "groups go on after a restart where they were"},
		{name: "enable-feature", why: "alertd has no such switches: matchers may be of either syntax"},
		{name: "auto-gomemlimit.ratio", why: "alertd keeps to its container's memory by itself"},
		{name: "log.silences", why: "silences are in alertd's history", isBool: true},
		{name: "cluster.allow-insecure-public-advertise-address-discovery", why: noCluster, isBool: true},
	}
	for _, name := range []string{
		"listen-address", "advertise-address", "peer-name", "peer-timeout", "peers-resolve-timeout", "gossip-interval", "pushpull-interval",
		"tcp-timeout", "probe-timeout", "probe-interval", "settle-timeout", "reconnect-interval", "reconnect-timeout", "label",
	} {
		flags = append(flags, foreignFlag{name: "cluster." + name, why: noCluster})
	}
	return flags
}

// registerForeign makes Alertmanager's flags known, though not shown.
func registerForeign(flags *pflag.FlagSet) {
	for _, f := range foreignFlags() {
		if f.isBool {
			flags.Bool(f.name, false, f.why)
		} else {
			flags.StringArray(f.name, nil, f.why)
		}
		flags.Lookup(f.name).Hidden = true
	}
}

// judgeForeign refuses those of Alertmanager's flags that matter, and warns of
// those that have no effect. An empty value asks for nothing.
func judgeForeign(flags *pflag.FlagSet, logger *slog.Logger) error {
	for _, f := range foreignFlags() {
		if !flags.Changed(f.name) {
			continue
		}
		value := flags.Lookup(f.name).Value.String()
		if !f.isBool {
			values, err := flags.GetStringArray(f.name)
			if err != nil {
				return fmt.Errorf("--%s: %w", f.name, err)
			}
			value = strings.Join(values, ",")
		}
		switch {
		case f.refused != nil && f.refused(value):
			return fmt.Errorf("--%s: %s", f.name, f.why)
		case value != "" && value != "false" && f.refused == nil:
			logger.Warn("A flag of Alertmanager's has no effect", "flag", "--"+f.name, "why", f.why)
		}
	}
	return nil
}
