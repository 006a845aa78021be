package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestAlertmanagersFlags(t *testing.T) {
	for _, tt := range []struct {
		args    string
		refused string // a part of the error; "": it goes on
		warned  string // a part of the log; "": nothing is
	}{
		{"", "", ""},
		{"--cluster.listen-address=", "", ""},
		{"--cluster.listen-address=0.0.0.0:9094 --cluster.gossip-interval=1s", "", "--cluster.listen-address"},
		{"--cluster.peer=am-1:9094 --cluster.peer=am-2:9094", "--cluster.peer: alertd has no gossip between instances: two would", ""},
		{"--cluster.peer=", "", ""},
		{"--alerts.per-alertname-limit=0", "", ""},
		{"--alerts.per-alertname-limit=100", "set limit in the rules' groups", ""},
		{"--web.systemd-socket", "use --web.listen-address", ""},
		{"--dispatch.start-delay=30s --enable-feature=utf8-strict-mode --log.silences", "", "--log.silences"},
		{"--data.maintenance-interval=15m", "", "is stored at once"},
	} {
		flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
		registerForeign(flags)
		if err := flags.Parse(strings.Fields(tt.args)); err != nil {
			t.Fatal(err)
		}
		var logs bytes.Buffer
		err := judgeForeign(flags, slog.New(slog.NewTextHandler(&logs, nil)))
		if tt.refused == "" && err != nil || tt.refused != "" && (err == nil || !strings.Contains(err.Error(), tt.refused)) {
			t.Errorf("%s: error %v, want %q", tt.args, err, tt.refused)
		}
		if tt.warned == "" && logs.Len() > 0 || !strings.Contains(logs.String(), tt.warned) {
			t.Errorf("%s: logged %q, want %q", tt.args, logs.String(), tt.warned)
		}
	}
}
