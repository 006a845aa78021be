package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// apiAlert is an alert of API v2.
type apiAlert struct {
	Labels                      map[string]string
	StartsAt, EndsAt, UpdatedAt time.Time
	Fingerprint, GeneratorURL   string
}

// newSender starts a Prometheus that evaluates rules of its own and sends their
// alerts to alertd, which serves below a path and has no rules at all.
func newSender(t *testing.T, prefix string) (*stack, *receiver) {
	t.Helper()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	rules := s.write("rules.yml", `
groups:
  - name: sent
    interval: 1s
    rules:
      - {alert: Queue, expr: queue_length > 5, labels: {severity: page}, annotations: {summary: 'has {{ $value }}'}}
`)
	s.prometheus.stop(syscall.SIGTERM)
	s.write("prometheus.yml", fmt.Sprintf(`
rule_files: [%s]
alerting:
  alertmanagers:
    - path_prefix: "/%s"
      static_configs: [{targets: ["127.0.0.1:%d"]}]
%s`, rules, prefix, s.alertdPort, s.read("prometheus.yml")))
	s.config = s.write("alertd.yml", fmt.Sprintf(`
resources: {enabled: false}
containers: {enabled: false}
route: {receiver: team, group_wait: 0s, group_interval: 1s}
receivers: [{name: team, webhook_configs: [{url: %q}]}]
`, hook.url()))
	s.prefix = prefix
	s.queue(0)
	s.startAlertd()
	s.startSender()
	return s, hook
}

// startSender starts Prometheus so that it sends again every second, and says
// that its alerts end some seconds later.
func (s *stack) startSender() {
	s.t.Helper()
	s.startPrometheus("--rules.alert.resend-delay=1s")
}

func (s *stack) queue(length int) {
	s.t.Helper()
	s.write("textfiles/queue.prom", fmt.Sprintf("queue_length %d\n", length))
}

// sent returns the alerts that alertd has.
func (s *stack) sent() []apiAlert {
	s.t.Helper()
	status, body := get(s.t, s.url("/api/v2/alerts"))
	var all []apiAlert
	if err := json.Unmarshal([]byte(body), &all); err != nil || status != http.StatusOK {
		s.t.Fatalf("%d %s: %v", status, body, err)
	}
	return all
}

// resent waits until Prometheus has renewed its one alert n times, and returns it.
func (s *stack) resent(n int) apiAlert {
	s.t.Helper()
	var last apiAlert
	renewals := 0
	eventually(s.t, fmt.Sprint(n, " renewals"), func() string {
		all := s.sent()
		if len(all) != 1 {
			return fmt.Sprint(all)
		}
		if all[0].UpdatedAt.After(last.UpdatedAt) {
			if all[0].EndsAt.Before(last.EndsAt) {
				s.t.Errorf("a renewal brought the end nearer: %v, then %v", last.EndsAt, all[0].EndsAt)
			}
			last = all[0]
			renewals++
		}
		if renewals <= n {
			return fmt.Sprint("seen ", renewals)
		}
		return ""
	})
	return last
}

// What a real Prometheus sends fires once however often it is sent again, ends
// when it says so, outlives a restart of Prometheus and of alertd, and ends when
// Prometheus is gone and renews it no more.
func TestPrometheusSends(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "alerts/here"} {
		t.Run("/"+prefix, func(t *testing.T) {
			t.Parallel()
			s, hook := newSender(t, prefix)
			s.queue(9)
			hook.expect("Queue firing")
			a := s.resent(3)
			if a.Labels["severity"] != "page" || a.GeneratorURL == "" || a.Fingerprint == "" || a.StartsAt.After(a.UpdatedAt) {
				t.Errorf("the alert is %+v", a)
			}
			hook.expect("Queue firing")
			s.queue(1)
			told := []string{"Queue firing", "Queue resolved"}
			hook.expect(told...)
			if all := s.sent(); len(all) != 0 {
				t.Errorf("after its end there is %+v", all)
			}

			s.queue(9)
			told = append(told, "Queue firing")
			hook.expect(told...)
			s.prometheus.stop(syscall.SIGTERM)
			s.startSender()
			s.resent(2)
			s.kill()
			s.startAlertd()
			s.resent(2)
			hook.expect(told...)

			s.prometheus.stop(syscall.SIGKILL)
			end := s.sent()
			hook.expect(append(told, "Queue resolved")...)
			if len(end) != 1 || time.Now().Before(end[0].EndsAt) {
				t.Errorf("it ended before its time: %+v", end)
			}
			if err := os.RemoveAll(s.path("tsdb")); err != nil {
				t.Fatal(err)
			}
			s.startSender()
			hook.expect(append(told, "Queue resolved", "Queue firing")...)
		})
	}
}

// Two Prometheus servers that send the same alert are one incident, and it lasts
// while either of them renews it.
func TestTwoPrometheusServersSend(t *testing.T) {
	t.Parallel()
	s, hook := newSender(t, "")
	first := s.prometheus
	other := *s
	other.dir, other.prometheusPort = t.TempDir(), freePort(t)
	other.write("prometheus.yml", s.read("prometheus.yml"))
	other.startSender()
	s.queue(9)
	hook.expect("Queue firing")
	s.resent(4)
	first.stop(syscall.SIGKILL)
	s.resent(12) // well beyond what the first had said
	hook.expect("Queue firing")
	s.queue(0)
	hook.expect("Queue firing", "Queue resolved")
	if got := hook.told(); !slices.Equal(got, []string{"Queue firing", "Queue resolved"}) {
		t.Errorf("told %q", got)
	}
}
