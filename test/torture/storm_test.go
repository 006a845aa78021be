package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"alertd/test/torture/history"
)

// parallel is how many messages alertd has on their way to one integration at most.
const parallel = 32

// storm is one run of the torture.
type storm struct {
	t          *testing.T
	alertd     *alertd
	prometheus *prometheus
	receivers  []*receiver // webhooks, the first one always well; then the chat
	journal    *journal
}

// stormRules has two rules that differ in who hears of them.
const stormRules = `
groups:
  - name: storm
    interval: 1s
    rules:
      - alert: Storm
        expr: storm > 0.5
`

func newStorm(t *testing.T, seed uint64) *storm {
	t.Helper()
	random := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1000+n)) }
	s := &storm{t: t, alertd: newAlertd(t), prometheus: newPrometheus(t), journal: newJournal(), receivers: []*receiver{
		newWebhook(t, "steady", random(0)), newWebhook(t, "flaky", random(1)), newWebhook(t, "shaky", random(2)), newChat(t, "chat", random(3)),
	}}
	for i := range openTargets {
		s.prometheus.set(fmt.Sprintf("open%02d", i), 0)
	}
	for i := range quietTargets {
		s.prometheus.set(fmt.Sprintf("quiet%02d", i), 0)
	}
	s.alertd.write("storm.yml", stormRules)
	s.alertd.write("alertd.yml", fmt.Sprintf(`
prometheus: {url: %q, timeout: 3s}
evaluation: {interval: 1s}
resources: {enabled: false}
containers: {enabled: false}
rule_files: [{path: storm.yml, on_missing: keep}]
route:
  receiver: hooks
  group_by: ["..."]
  group_wait: 0s
  group_interval: 1ms
  repeat_interval: 24h
  routes:
    - {matchers: ['batch=~".+"'], group_by: [batch]}
    - {matchers: ['target=~"open0[0-2]"'], receiver: chat, group_by: [target], continue: true}
    - {matchers: ['target=~".+"']}
receivers:
  - name: hooks
    webhook_configs:
      - {url: %q, timeout: %s}
      - {url: %q, timeout: %s}
      - {url: %q, timeout: %s}
  - name: chat
    slack_configs:
      - {api_url: %q, timeout: %s, send_resolved: true, text: %q}
`, s.prometheus.URL, s.receivers[0].URL, attemptTimeout, s.receivers[1].URL, attemptTimeout, s.receivers[2].URL, attemptTimeout,
		s.receivers[3].URL, attemptTimeout, chatText))
	return s
}

// hooks are the receivers that hear of everything.
func (s *storm) hooks() []string { return []string{"steady", "flaky", "shaky"} }

// toldOf returns who is told of a target of Prometheus, and whether silences
// may keep it from them.
func (s *storm) toldOf(target string) ([]string, history.Silencing) {
	switch {
	case strings.HasPrefix(target, "quiet"):
		return s.hooks(), history.PartlySilenced
	case target == "open00", target == "open01", target == "open02":
		return append(s.hooks(), "chat"), history.Audible
	}
	return s.hooks(), history.Audible
}

func TestStorm(t *testing.T) {
	t.Parallel()
	seed, kills, atLeast := given[uint64](t, seedFlag), given[int](t, killsFlag), given[time.Duration](t, durationFlag)
	t.Logf("seed %d: at least %d kills and %v", seed, kills, atLeast)
	s := newStorm(t, seed)
	// Whoever adds a client adds it here.
	actors := []actor{
		weather, receiversWeather, poster("left"), poster("right"), silencer("night"), silencer("day"), hushed, watcher, acker,
	}
	ctx, calm := context.WithCancel(t.Context())
	var acting sync.WaitGroup
	for i, act := range actors {
		acting.Go(func() { act(ctx, s, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	killed := s.kills(rand.New(rand.NewPCG(seed, 99)), kills, atLeast)
	calm()
	for _, r := range s.receivers {
		r.behave(false, false)
	}
	s.prometheus.goAway(false)
	acting.Wait()
	s.alertd.ready()
	s.settle()
	s.verify(seed, killed)
	s.quietRestart()
}

// kills starts and kills alertd until that was done often and long enough, and
// leaves it running. Every tenth time it is asked to stop instead.
func (s *storm) kills(random *rand.Rand, atLeast int, longEnough time.Duration) (killed int) {
	began := time.Now()
	s.alertd.start()
	for killed < atLeast || time.Since(began) < longEnough {
		life := 200*time.Millisecond + time.Duration(random.Int64N(int64(2*time.Second)))
		if random.IntN(4) == 0 { // in the middle of its start
			life = time.Duration(random.Int64N(int64(200 * time.Millisecond)))
		}
		signal := syscall.SIGKILL
		if random.IntN(10) == 0 {
			signal = syscall.SIGTERM
		}
		select {
		case <-s.alertd.done:
			s.t.Fatalf("alertd ended by itself:\n%s", s.alertd.lastLog(6000))
		case <-s.t.Context().Done():
			s.t.Fatal("the time is up")
		case <-time.After(life):
		}
		s.alertd.stop(signal)
		if signal == syscall.SIGKILL {
			killed++
		}
		s.alertd.start()
	}
	return killed
}

// settle waits until everybody knows the truth.
func (s *storm) settle() {
	s.t.Helper()
	eventually(s.t, "everybody to be told", func() string {
		s.look(s.t.Context())
		for _, v := range history.Check(s.history(nil)) {
			switch v.Kind {
			case history.Lost, history.EndLost, history.FiringLost:
				return v.String()
			case history.Regression, history.Duplicate, history.BrokeSilence, history.RecordLost:
			}
		}
		return s.prometheusTruth()
	})
}

// prometheusTruth returns "" where alertd's alerts are what Prometheus has.
func (s *storm) prometheusTruth() string {
	all, err := s.alertd.alerts(s.t.Context())
	if err != nil {
		return err.Error()
	}
	firing := map[string]bool{}
	for _, a := range all {
		if a.Labels["alertname"] == "Storm" && a.State == "firing" {
			firing[a.Labels["target"]] = true
		}
	}
	for i := range openTargets {
		target := fmt.Sprintf("open%02d", i)
		if firing[target] != s.prometheus.firing(target) {
			return fmt.Sprintf("alertd has firing=%v of %s", firing[target], target)
		}
	}
	return ""
}

// history returns everything that was seen so far.
func (s *storm) history(found map[string]string) *history.History {
	h := s.journal.history(found)
	h.Parallel = parallel
	h.Downs = s.alertd.away()
	for _, r := range s.receivers {
		messages, problems := r.heard()
		h.Receivers = append(h.Receivers, r.name)
		h.Messages = append(h.Messages, messages...)
		for _, p := range problems {
			s.t.Error(p)
		}
	}
	slices.SortStableFunc(h.Messages, func(a, b history.Message) int { return a.At.Compare(b.At) })
	return h
}

// verify checks every promise, and tells the story of each that was broken.
func (s *storm) verify(seed uint64, killed int) {
	s.t.Helper()
	all, err := s.alertd.silences(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	found := map[string]string{}
	for _, sil := range all {
		found[sil.ID] = sil.Comment
		if sil.Status.State == expired {
			found[sil.ID] = expired
		}
	}
	incidents, err := s.alertd.alerts(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, a := range incidents {
		if a.Ack != nil {
			found[a.Labels["target"]] = a.Ack.Comment
		}
	}
	h := s.history(found)
	told := map[string]bool{}
	for _, v := range history.Check(h) {
		s.t.Errorf("seed %d: %s", seed, v)
		if v.Incident != "" && !told[v.Incident] {
			told[v.Incident] = true
			s.t.Log(history.Story(h, v.Incident))
		}
	}
	answered := 0
	for _, m := range h.Messages {
		if m.Answered {
			answered++
		}
	}
	s.t.Logf("%d kills, %d incidents, %d silences and acknowledgements; %d messages heard, %d of them answered", killed, len(h.Incidents), len(h.Records), len(h.Messages), answered)
	if len(h.Incidents) < killed/2 || len(h.Records) < killed/5 || answered < killed {
		s.t.Error("the storm was a breeze: it proves nothing")
	}
}

// quietRestart stops and starts alertd, which must tell nobody anything.
func (s *storm) quietRestart() {
	s.t.Helper()
	before := len(s.history(nil).Messages)
	s.alertd.stop(syscall.SIGTERM)
	s.alertd.start()
	s.alertd.ready()
	select {
	case <-s.t.Context().Done():
	case <-time.After(2 * time.Second): // some evaluations
	}
	h := s.history(nil)
	for _, m := range h.Messages[before:] {
		s.t.Errorf("after a restart in calm weather, %s was told of %v and %v", m.Receiver, m.Firing, m.Resolved)
	}
}
