package config_test

import (
	"strings"
	"testing"

	"alertd/internal/config"
)

func TestCatalogue(t *testing.T) {
	c := mustLoad(t, `
resources:
  load: {enabled: true, fire: 3, for: 20m}
  oom: {enabled: false}
containers:
  throttling: {enabled: true}
runbooks: {url: https://wiki.example.org/alertd/}
`)
	spec := c.Rules()
	if spec.Runbooks != "https://wiki.example.org/alertd" {
		t.Errorf("runbooks are at %q", spec.Runbooks)
	}
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	threshold := map[string]string{}
	for _, g := range groups {
		for _, r := range g.Rules {
			threshold[r.Name] = r.Threshold
		}
	}
	if threshold["HostHighLoad"] != "> 3 per core" || threshold["ContainerThrottled"] != "> 25 %" {
		t.Errorf("thresholds are %v", threshold)
	}
	if _, on := threshold["HostOOMKill"]; on {
		t.Error("HostOOMKill is on")
	}
}

func TestCatalogueMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"resources: {lod: {enabled: true}}":                   "1:13: unknown key lod: did you mean load?",
		"resources: {swap: {fire: 90}}":                       "1:13: swap is off unless it is turned on",
		"resources: {reboot: {enabled: true, within: 1s}}":    "1:45: 1s is too short",
		"containers: {restarts: {fire: -2}}":                  "1:31: -2 is not a level",
		"runbooks: {url: wiki.example.org}":                   "does not begin with http:// or https://",
		"runbooks: {url: \"https://me:secret@wiki.example\"}": "must not hold a password",
	} {
		_, err := load(t, text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s\ngives %v\nwant  %s", text, err, want)
		}
	}
}

func TestRunbooksFromEnvironment(t *testing.T) {
	c, err := config.FromEnv(config.Options{Kinds: kinds(), Environ: []string{"ALERTD_RUNBOOKS_URL=https://wiki.example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Runbooks.URL != "https://wiki.example.org" {
		t.Errorf("runbooks are at %q", c.Runbooks.URL)
	}
}
