package torture

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// scene is alertd with a Prometheus of one target and a receiver, both well.
type scene struct {
	t          *testing.T
	alertd     *alertd
	prometheus *prometheus
	hook       *receiver
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, alertd: newAlertd(t), prometheus: newPrometheus(t), hook: newWebhook(t, "team", rand.New(rand.NewPCG(1, 1)))}
	s.prometheus.set("a", 0)
	s.alertd.write("storm.yml", stormRules)
	s.alertd.write("alertd.yml", fmt.Sprintf(`
prometheus: {url: %q}
evaluation: {interval: 1s}
resources: {enabled: false}
containers: {enabled: false}
rule_files: [{path: storm.yml, on_missing: keep}]
route: {receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 1ms, repeat_interval: 1000h}
receivers: [{name: team, webhook_configs: [{url: %q, timeout: %s}]}]
`, s.prometheus.URL, s.hook.URL, attemptTimeout))
	return s
}

// told returns what the receiver answered, in order: "Storm a firing", with
// target "" for alerts that have none.
func (s *scene) told() []string {
	messages, problems := s.hook.heard()
	for _, p := range problems {
		s.t.Error(p)
	}
	var out []string
	for _, m := range messages {
		if !m.Answered {
			continue
		}
		for _, id := range m.Firing {
			out = append(out, name(id)+" firing")
		}
		for _, id := range m.Resolved {
			out = append(out, name(id)+" ended")
		}
	}
	return slices.DeleteFunc(out, ofAlertd)
}

// ofAlertd tells whether a message is of what alertd says about itself, beside
// what is under test here.
func ofAlertd(message string) bool {
	alertname, _, _ := strings.Cut(message, " ")
	return slices.Contains([]string{"ClockJumped", "StorageLow", "StorageUnavailable"}, alertname)
}

// name is an incident without its time.
func name(id string) string {
	before, _, _ := strings.Cut(id, "@")
	return before
}

// expect waits until the receiver was told exactly this.
func (s *scene) expect(want ...string) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("the messages %q", want), func() string {
		if got := s.told(); !slices.Equal(got, want) {
			return fmt.Sprintf("told %q", got)
		}
		return ""
	})
}

// hour returns a silence for an hour of a target that does not matter.
func hour(comment string) *silence {
	return &silence{
		Matchers: []matcher{{Name: "target", Value: "z", IsEqual: true}},
		StartsAt: time.Now(), EndsAt: time.Now().Add(time.Hour), CreatedBy: "test", Comment: comment,
	}
}

// promise makes a silence, which must succeed.
func (s *scene) promise(comment string) string {
	s.t.Helper()
	id, err := s.alertd.saveSilence(s.t.Context(), hour(comment))
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// kept looks whether exactly the silences of these ids are there.
func (s *scene) kept(ids ...string) {
	s.t.Helper()
	all, err := s.alertd.silences(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	var found []string
	for _, sil := range all {
		found = append(found, sil.ID)
	}
	slices.Sort(found)
	slices.Sort(ids)
	if !slices.Equal(found, ids) {
		s.t.Errorf("the silences %q are there, want %q", found, ids)
	}
}
