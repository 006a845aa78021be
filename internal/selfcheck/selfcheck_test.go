package selfcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/notifier"
	"alertd/rules/engine"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// looked returns what the check of that name finds, as "integration" or
// "integration?" where it is unsure.
func looked(t *testing.T, checks []engine.Check, name string, now time.Time) string {
	t.Helper()
	i := slices.IndexFunc(checks, func(c engine.Check) bool { return c.Name == name })
	found, err := checks[i].Look(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		mark := f.Labels.Get(alert.IntegrationLabel) + f.Labels.Get("path")
		if f.Labels.Get(alert.AlertName) != name || f.Labels.Get("severity") == "" || f.Labels.Get("component") == "" {
			t.Errorf("labels %s", f.Labels)
		}
		if f.Unsure {
			mark += "?"
		} else if f.Summary == "" || f.Description == "" {
			t.Errorf("%s has no words: %+v", mark, f)
		}
		out = append(out, mark)
	}
	return strings.Join(out, " ")
}

func TestChannels(t *testing.T) {
	now := noon()
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	for name, test := range map[string]struct {
		health  notifier.Health
		failing string
	}{
		"unknown":                      {notifier.Health{}, "x?"},
		"works":                        {notifier.Health{DeliveredAt: ago(1)}, ""},
		"fails for a moment":           {notifier.Health{DeliveredAt: ago(9), FailingSince: ago(4), LastError: "e"}, "x?"},
		"fails":                        {notifier.Health{DeliveredAt: ago(9), FailingSince: ago(5), LastError: "e"}, "x"},
		"fails since the start":        {notifier.Health{FailingSince: ago(5), LastError: "e"}, "x"},
		"just began, as far as known":  {notifier.Health{FailingSince: ago(1), LastError: "e"}, "x?"},
		"lost a message":               {notifier.Health{DeliveredAt: ago(1), Lost: 1, LastError: "e"}, "x"},
		"lost some, and fails briefly": {notifier.Health{Lost: 3, FailingSince: ago(1), LastError: "e"}, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			checks := Channels{
				Health: func() map[string]notifier.Health { return map[string]notifier.Health{"x": test.health} },
				Limits: func() Limits { return Limits{FailingFor: 5 * time.Minute, QueueAge: time.Hour, QueueLength: 10} },
				Logger: slog.New(slog.DiscardHandler),
			}.Checks()
			if got := looked(t, checks, "ChannelFailing", now); got != test.failing {
				t.Errorf("found %q, want %q", got, test.failing)
			}
		})
	}
}

func TestQueues(t *testing.T) {
	now := noon()
	checks := Channels{
		Health: func() map[string]notifier.Health {
			return map[string]notifier.Health{"slow": {}, "busy": {}, "well": {}, "failing": {FailingSince: now.Add(-time.Hour)}}
		},
		Queue: func(context.Context) ([]alert.QueueDepth, error) {
			return []alert.QueueDepth{
				{Integration: "slow", Due: 1, Oldest: now.Add(-15 * time.Minute)},
				{Integration: "busy", Due: 100, Oldest: now.Add(-time.Minute)},
				{Integration: "well", Due: 99, Oldest: now.Add(-14 * time.Minute)},
				{Integration: "failing", Due: 500, Oldest: now.Add(-time.Hour)},
				{Integration: "gone", Due: 500, Oldest: now.Add(-time.Hour)},
			}, nil
		},
		Limits: func() Limits {
			return Limits{FailingFor: 5 * time.Minute, QueueAge: 15 * time.Minute, QueueLength: 100}
		},
		Logger: slog.New(slog.DiscardHandler),
	}.Checks()
	if got := looked(t, checks, "QueueTooOld", now); got != "slow" {
		t.Errorf("too old: %q", got)
	}
	if got := looked(t, checks, "QueueTooLong", now); got != "busy" {
		t.Errorf("too long: %q", got)
	}
}

// The log says once that something is wrong, and once that it ended.
func TestLogged(t *testing.T) {
	var log bytes.Buffer
	health := notifier.Health{Lost: 1, LastError: "404"}
	checks := Channels{
		Health: func() map[string]notifier.Health { return map[string]notifier.Health{"x": health} },
		Limits: func() Limits { return Limits{FailingFor: time.Minute} },
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}.Checks()
	looked(t, checks, "ChannelFailing", noon())
	looked(t, checks, "ChannelFailing", noon())
	health = notifier.Health{DeliveredAt: noon()}
	looked(t, checks, "ChannelFailing", noon())
	looked(t, checks, "ChannelFailing", noon())
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "404") {
		t.Errorf("the log says\n%s", log.String())
	}
}

func TestStorage(t *testing.T) {
	var saveErr error
	var saved []alert.Run
	groups := []engine.GroupStatus{{Name: "cron"}, {Name: alert.OwnGroup}}
	s := &Storage{
		Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler),
		Save: func(_ context.Context, run alert.Run) error {
			saved = append(saved, run)
			return saveErr
		},
		Groups: func() []engine.GroupStatus { return groups },
	}
	checks := s.Checks()
	unavailable := func() string { return looked(t, checks, alert.StorageUnavailable, noon()) }
	if got := unavailable(); got != "" {
		t.Errorf("at first %q", got)
	}
	groups[0].StoreError = "no space"
	if got := unavailable(); got != s.Path {
		t.Errorf("with an evaluation that is not stored: %q", got)
	}
	groups[0].StoreError, groups[1].StoreError = "", "no space"
	if got := unavailable(); got != "" {
		t.Errorf("with the finding itself not stored yet: %q", got)
	}
	saveErr = errors.New("read-only")
	run := alert.Run{StartedAt: noon().Add(-time.Hour), AliveAt: noon().Add(-time.Minute)}
	if err := s.Saved(t.Context(), run); !errors.Is(err, saveErr) {
		t.Errorf("error %v", err)
	}
	if got := unavailable(); got != s.Path {
		t.Errorf("where nothing can be saved: %q", got)
	}
	saveErr = nil
	if got := unavailable(); got != "" {
		t.Errorf("saved again: %q", got)
	}
	if last := saved[len(saved)-1]; !last.StartedAt.Equal(run.StartedAt) || !last.AliveAt.Equal(noon()) {
		t.Errorf("saved %+v", last)
	}
}

func TestTooLittle(t *testing.T) {
	for size, want := range map[uint64]uint64{10 << 20: 16 << 20, 64 << 20: 16 << 20, 500 << 20: 50 << 20, 1 << 40: 100 << 20} {
		if got := tooLittle(size); got != want {
			t.Errorf("of %s: %s", inBytes(size), inBytes(got))
		}
	}
}

func TestStorageLowNeedsItsDirectory(t *testing.T) {
	s := &Storage{Path: "/nowhere/at/all"}
	if _, err := s.low(t.Context(), noon()); err == nil || !strings.Contains(err.Error(), s.Path) {
		t.Errorf("error %v", err)
	}
}

// The clock's jump is told for a quarter of an hour.
func TestClock(t *testing.T) {
	reading := engine.Reading{Wall: noon()}
	pass := func(elapsed, jump time.Duration) {
		reading.Elapsed += elapsed
		reading.Wall = reading.Wall.Add(elapsed + jump)
	}
	c := NewClock(func() engine.Reading { return reading }).Check()
	look := func() string {
		found, err := c.Look(t.Context(), reading.Wall)
		if err != nil {
			return err.Error()
		}
		if len(found) == 0 {
			return ""
		}
		return fmt.Sprint(found[0].Summary, " ", found[0].Value)
	}
	for _, step := range []struct {
		elapsed, jump time.Duration
		want          string
	}{
		{15 * time.Second, 0, ""},
		{15 * time.Second, 10 * time.Second, ""},
		{15 * time.Second, -2 * time.Hour, "The clock was set back by 2h0m0s -7200"},
		{15 * time.Second, 0, "The clock was set back by 2h0m0s -7200"},
		{14 * time.Minute, 0, "The clock was set back by 2h0m0s -7200"},
		{45 * time.Second, 0, ""},
		{15 * time.Second, time.Hour, "The clock was set forward by 1h0m0s 3600"},
	} {
		pass(step.elapsed, step.jump)
		if got := look(); got != step.want {
			t.Errorf("after %s and %s: %q, want %q", step.elapsed, step.jump, got, step.want)
		}
	}
}
