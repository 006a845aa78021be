package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// never fails where the receiver was told of a recovery.
func (r *receiver) never(state string) {
	r.t.Helper()
	for _, m := range r.told() {
		if strings.Contains(m, state) {
			r.t.Errorf("told %s", strings.Join(r.told(), " | "))
			return
		}
	}
}

// relabel makes Prometheus scrape node_exporter under other labels.
func (s *stack) relabel(job, instance string) {
	s.t.Helper()
	s.write("prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: %s
    static_configs: [{targets: ["127.0.0.1:%d"]}]
    relabel_configs: [{target_label: instance, replacement: %q}]
`, job, s.nodePort, instance))
	if err := s.prometheus.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

// incident is an alert of API v1.
type incident struct {
	Labels         map[string]string `json:"labels"`
	State          string            `json:"state"`
	MissingSince   string            `json:"missingSince"`
	RecoveredValue string            `json:"recoveredValue"`
	Flapping       *struct {
		Fired int `json:"fired"`
	} `json:"flapping"`
}

func (s *stack) incidents() []incident {
	s.t.Helper()
	status, body := get(s.t, s.url("/api/v1/alerts?ended=1h"))
	var all []incident
	if err := json.Unmarshal([]byte(body), &all); err != nil || status != http.StatusOK {
		s.t.Fatalf("%d %s: %v", status, body, err)
	}
	return all
}

// incidentBecomes waits for an alert of the instance that is as it should be.
func (s *stack) incidentBecomes(what, instance string, holds func(incident) bool) {
	s.t.Helper()
	eventually(s.t, what, func() string {
		all := s.incidents()
		for _, i := range all {
			if i.Labels["instance"] == instance && holds(i) {
				return ""
			}
		}
		return fmt.Sprintf("%+v", all)
	})
}

// A target that Prometheus calls by another name has not recovered, be it the
// instance or the job that changes; under its old name its data may prove that.
func TestRelabelledTarget(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook))
	s.relabel("node", "first")
	s.runJob(1)
	s.startAlertd()
	s.incidentBecomes("the failure to be noticed", "first", func(i incident) bool { return i.State == "firing" })

	s.relabel("node", "second")
	s.incidentBecomes("the first name to be without data", "first", func(i incident) bool { return i.MissingSince != "" })
	s.relabel("hosts", "second")
	s.evaluations(5, "cron")
	hook.never("resolved")

	s.relabel("node", "first")
	s.runJob(0)
	s.incidentBecomes("the recovery by its data", "first", func(i incident) bool { return i.State == "resolved" && i.RecoveredValue == "1" })
}

// unreliable stands in front of Prometheus and answers as it is told.
type unreliable struct {
	*httptest.Server
	mode atomic.Value // string
}

func newUnreliable(t *testing.T, prometheusPort int) *unreliable {
	t.Helper()
	upstream := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", prometheusPort)}
	u := &unreliable{}
	u.mode.Store("")
	forward := httputil.NewSingleHostReverseProxy(upstream)
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch u.mode.Load() {
		case "warnings": // Thanos, some of whose stores do not answer
			_, _ = fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["receive series from Addr: sidecar:10901: rpc error: code = Unavailable"]}`)
		case "partial": // VictoriaMetrics's cluster
			_, _ = fmt.Fprint(w, `{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[]}}`)
		case "503":
			http.Error(w, `{"status":"error","errorType":"unavailable","error":"not ready"}`, http.StatusServiceUnavailable)
		case "cut":
			_, _ = fmt.Fprint(w, `{"status":"success","data":{"resultType":"vec`)
		case "page": // a login page of a proxy between
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, "<html>Sign in</html>")
		default:
			w.Header().Del("Content-Type")
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *unreliable) port(t *testing.T) int {
	t.Helper()
	at, err := url.Parse(u.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Answers that leave something out, or are none, prove nothing.
func TestPartialAnswers(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	proxy := newUnreliable(t, s.prometheusPort)
	s.prometheusPort = proxy.port(t)
	s.configure(cronAndWebhook(hook))
	s.runJob(1)
	s.startAlertd()
	hook.expect("CronFailed firing")

	for _, mode := range []string{"warnings", "503", "partial", "cut", "page"} {
		proxy.mode.Store(mode)
		s.evaluations(3, "cron")
		hook.expect("CronFailed firing")
		proxy.mode.Store("")
		s.evaluations(2, "cron")
	}
	s.runJob(0)
	hook.expect("CronFailed firing", "CronFailed resolved")
}

// A job that fails every other time is told as flapping, and of its end once.
func TestFlapping(t *testing.T) {
	t.Parallel()
	s, hook := newStack(t), newReceiver(t)
	hook.up()
	s.configure(cronAndWebhook(hook) + "flapping: {firings: 2, window: 1h, stable_for: 10s}\n")
	s.runJob(1)
	s.startAlertd()
	told := []string{"CronFailed firing"}
	hook.expect(told...)
	s.runJob(0)
	told = append(told, "CronFailed resolved")
	hook.expect(told...)
	s.runJob(1)
	told = append(told, "CronFailed firing")
	hook.expect(told...)

	instance := fmt.Sprintf("127.0.0.1:%d", s.nodePort)
	s.runJob(0)
	s.evaluations(4, "cron")
	s.kill()
	s.startAlertd()
	s.runJob(1)
	s.incidentBecomes("the third failure to be counted", instance, func(i incident) bool { return i.Flapping != nil && i.Flapping.Fired == 3 })
	if out := s.alertctl("alerts"); !strings.Contains(out, "flapping") {
		t.Errorf("alertctl alerts:\n%s", out)
	}
	hook.expect(told...)
	s.runJob(0)
	hook.expect(append(told, "CronFailed resolved")...)
	s.incidentBecomes("the recovery", instance, func(i incident) bool { return i.State == "resolved" && i.Flapping != nil && i.RecoveredValue == "1" })
}
