package rules_test

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// ownAlerts are those that alertd raises about itself, which no rule of a
// configuration does.
func ownAlerts() []string {
	return []string{
		"PrometheusUnreachable", "RuleFailing", "ChannelFailing", "QueueTooOld", "QueueTooLong",
		"StorageUnavailable", "StorageLow", "StorageDamaged", "ClockJumped",
	}
}

// Every built-in alert has a page, and every page an alert.
func TestRunbookPages(t *testing.T) {
	groups, err := everything().Compile()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range ownAlerts() {
		names[name] = true
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			names[r.Name] = true
		}
	}
	pages, err := filepath.Glob("../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		if !names[name] {
			t.Errorf("there is no alert %s", name)
		}
		delete(names, name)
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"# " + name + "\n", "\n## What it means\n", "\n## What to look at\n", "\n## How it ends\n"} {
			if !strings.Contains("\n"+string(text), part) {
				t.Errorf("%s has no %q", page, strings.TrimSpace(part))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t.Errorf("%s has no page in docs/runbooks", name)
	}
}

func TestRunbookLinks(t *testing.T) {
	spec := everything()
	spec.Cron = append(spec.Cron, rules.CronJob{Name: "own", Annotations: map[string]string{"runbook_url": "https://own"}})
	spec.Runbooks = "https://runbooks.example.org"
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	x := rules.Expander{ExternalURL: &url.URL{}, Query: newPrometheus(t, "").query}
	s := alert.Sample{Labels: alert.LabelsFromStrings("instance", "ec2:9100", "name", "web", "device", "vda", "mountpoint", "/", "job", "node")}
	for _, g := range groups {
		for _, r := range g.Rules {
			want := spec.Runbooks + "/" + r.Name
			if r.Job == "own" {
				want = "https://own"
			}
			annotations := x.Annotations(t.Context(), r, []alert.Sample{s}, time.Unix(0, 0))[0]
			if got := annotations.Get("runbook_url"); got != want {
				t.Errorf("%s links to %q, want %q", r.ID, got, want)
			}
			for _, text := range []string{annotations.Get("summary"), annotations.Get("description")} {
				if text == "" || strings.Contains(text, "error expanding") || strings.Contains(text, "no value") || strings.Contains(text, "$labels") {
					t.Errorf("%s says %q", r.ID, text)
				}
			}
		}
	}
}

// Without an address there is no link.
func TestNoRunbookLinks(t *testing.T) {
	groups, err := everything().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if slices.ContainsFunc(r.Annotations, func(a rules.Template) bool { return a.Name == "runbook_url" }) {
				t.Errorf("%s has a link", r.ID)
			}
		}
	}
}

func TestCatalogueMistakes(t *testing.T) {
	r := rules.Resources{HostCatalogue: rules.HostCatalogue{
		Load:   rules.Level{Fire: 3},
		Swap:   rules.Saturation{Enabled: on(), Fire: 101},
		DiskIO: rules.Level{Enabled: on(), Clear: 20},
		Clock:  rules.Switch{For: duration(time.Minute)},
		OOM:    rules.Recent{Within: duration(time.Second)},
	}}
	c := rules.Containers{ContainerCatalogue: rules.ContainerCatalogue{
		Restarts: rules.Repeats{Fire: -1}, Throttling: rules.Saturation{Enabled: on(), Fire: 20, Clear: 30},
	}}
	var got []string
	for _, w := range append(r.Check(), c.Check()...) {
		got = append(got, w.Path+": "+w.Problem)
	}
	want := []string{
		"disk_io.clear: clear (20) is above fire (10)",
		"load: load is off unless it is turned on, so this has no effect",
		"swap.fire: 101 is not a percentage",
		"clock: clock is off unless it is turned on, so this has no effect",
		"oom.within: 1s is too short to see anything in",
		"throttling.clear: clear (30) is above fire (20)",
		"restarts.fire: -1 is not a level",
	}
	if !slices.Equal(got, want) {
		t.Errorf("mistakes are\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
