package config_test

import (
	"testing"
	"time"

	"alertd/internal/config"
)

func TestSelfcareDefaults(t *testing.T) {
	c := mustLoad(t, "receivers: [{name: ops}]\nnotes: {start: true}\n")
	if c.Heartbeat.Enabled() || time.Duration(c.Heartbeat.Interval) != time.Minute || !c.Heartbeat.Fail {
		t.Errorf("heartbeat %+v", c.Heartbeat)
	}
	if c.Notes != (config.Notes{Start: true, Receiver: "ops"}) {
		t.Errorf("notes %+v", c.Notes)
	}
	if time.Duration(c.Self.ChannelFailingFor) != 5*time.Minute || time.Duration(c.Self.QueueAge) != 15*time.Minute || c.Self.QueueLength != 100 {
		t.Errorf("self %+v", c.Self)
	}
}

// The only receiver that there is may be the one of the environment.
func TestHeartbeatFromTheEnvironment(t *testing.T) {
	c, err := config.FromEnv(config.Options{Kinds: fakeKinds(), Environ: []string{"ALERTD_HEARTBEAT_URL=https://hc-ping.com/0123456789abcdef"}})
	if err != nil || string(c.Heartbeat.URL) != "https://hc-ping.com/0123456789abcdef" {
		t.Errorf("heartbeat %+v, %v", c, err)
	}
	if _, err := config.FromEnv(config.Options{Kinds: fakeKinds(), Environ: []string{"ALERTD_HEARTBEAT_URL=0123456789abcdef"}}); err == nil {
		t.Error("an address that is none is taken")
	} else {
		told(t, "the environment", err)
	}
}
