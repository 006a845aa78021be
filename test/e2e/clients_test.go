package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const clientsConfig = `
resources: {enabled: false}
containers: {enabled: false}
route:
  receiver: ops
  group_by: [alertname]
  routes:
    - {receiver: pager, matchers: [severity="page"]}
receivers: [{name: ops}, {name: pager}]
`

// newAnswering starts an alertd that only answers clients.
func newAnswering(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, dir: t.TempDir(), alertdPort: freePort(t)}
	s.config = s.write("alertd.yml", clientsConfig)
	s.startAlertd()
	return s
}

// ask sends a request with a JSON body and returns status and body.
func (s *stack) ask(method, path, body string, headers ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url(path), strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var text bytes.Buffer
	_, _ = text.ReadFrom(resp.Body)
	return resp.StatusCode, text.String()
}

// Every command of the real amtool works.
func TestAmtool(t *testing.T) {
	t.Parallel()
	s := newAnswering(t)
	want := func(what, output string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(output, w) {
				t.Errorf("%s does not say %s:\n%s", what, w, output)
			}
		}
	}

	s.amtool("alert", "add", "DiskFull", "severity=page", "host=a", "--annotation=summary=full", "--generator-url=http://prometheus/graph")
	s.amtool("alert", "add", "alertname=CPUHigh", "host=b")
	want("alert query", s.amtool("alert", "query"), "DiskFull", "CPUHigh", "active", "full")
	want("alert query -o extended", s.amtool("alert", "query", "-o", "extended", "severity=page"), `host="a"`, "http://prometheus/graph")
	if out := s.amtool("alert", "query", "alertname=~CPU.*"); strings.Contains(out, "DiskFull") {
		t.Errorf("alert query filters nothing:\n%s", out)
	}
	want("alert query --receiver", s.amtool("alert", "query", "--receiver=pager"), "DiskFull")

	id := strings.TrimSpace(s.amtool("silence", "add", "alertname=DiskFull", "host=~a|b", "-d", "2h", "--comment=repair", "--author=ann"))
	want("alert query --silenced", s.amtool("alert", "query", "--silenced"), "DiskFull", "suppressed")
	if out := s.amtool("alert", "query"); strings.Contains(out, "DiskFull") {
		t.Errorf("a silenced alert is shown as active:\n%s", out)
	}
	want("silence query", s.amtool("silence", "query", "alertname=DiskFull"), id, "repair", "ann")
	updated := s.amtool("silence", "update", id, "-d", "4h", "--comment=longer")
	want("silence update", updated, id, "longer")
	exported := s.write("silences.json", s.amtool("silence", "query", "-o", "json"))
	s.amtool("silence", "expire", id)
	if out := s.amtool("silence", "query", "-q"); strings.TrimSpace(out) != "" {
		t.Errorf("after the end there is %s", out)
	}
	want("silence query --expired", s.amtool("silence", "query", "--expired"), id)
	s.amtool("silence", "import", exported)
	imported := strings.Fields(s.amtool("silence", "query", "-q"))
	if len(imported) != 1 || imported[0] == id {
		t.Errorf("imported %q", imported)
	}
	want("silence query -o json", s.amtool("silence", "query", "-o", "json"), "longer", `"isRegex":true`)

	want("cluster show", s.amtool("cluster", "show", "-o", "extended"), "ready", "alertd", fmt.Sprint(s.alertdPort))
	want("config show", s.amtool("config", "show"), "receiver: ops", "name: pager")
	want("config routes show", s.amtool("config", "routes", "show"), `severity="page"`, "receiver: pager")
	want("config routes test", s.amtool("config", "routes", "test", "--verify.receivers=pager", "severity=page"), "pager")
	shown := s.amtool("config", "show")
	// What is shown is a configuration that amtool takes.
	file := s.write("alertmanager.yml", shown[strings.Index(shown, "route:"):])
	want("check-config", s.command(tool(t, "amtool"), "check-config", file), "SUCCESS", "2 receivers")

	out, err := exec.CommandContext(t.Context(), tool(t, "amtool"), "--alertmanager.url="+s.url(""), "silence", "add", "a=b", "c=~(", "--comment=x").CombinedOutput()
	if err == nil {
		t.Errorf("amtool took a broken expression: %s", out)
	}
}

// What Grafana's Alertmanager data source asks with `implementation: prometheus`.
func TestGrafanaDataSource(t *testing.T) {
	t.Parallel()
	s := newAnswering(t)
	s.ask("POST", "/api/v2/alerts", `[{"labels":{"alertname":"DiskFull","severity":"page"}}]`)
	browser := []string{"Accept", "application/json, text/plain, */*", "Origin", "https://grafana.example", "X-Grafana-Org-Id", "1"}
	proxied := func(method, path, body string, status int) string {
		t.Helper()
		headers := browser
		got, answer := s.ask(method, path, body, headers...)
		if got != status {
			t.Errorf("%s %s: %d %s, want %d", method, path, got, answer, status)
		}
		return answer
	}
	// The health check: there must be an Alertmanager, and no Mimir.
	proxied("GET", "/api/v2/status", "", http.StatusOK)
	proxied("GET", "/alertmanager/api/v2/status", "", http.StatusNotFound)
	proxied("GET", "/api/v1/status/buildinfo", "", http.StatusNotFound)

	var groups []struct {
		Labels   map[string]string
		Receiver struct{ Name string }
		Alerts   []struct {
			Status struct {
				State                            string
				SilencedBy, InhibitedBy, MutedBy []string
			}
		}
	}
	answer := proxied("GET", "/api/v2/alerts/groups?silenced=true&active=true&inhibited=true", "", http.StatusOK)
	if err := json.Unmarshal([]byte(answer), &groups); err != nil || len(groups) != 1 || groups[0].Receiver.Name != "pager" || groups[0].Alerts[0].Status.State != "active" {
		t.Errorf("groups: %v %s", err, answer)
	}
	proxied("GET", "/api/v2/alerts?filter=alertname%3DDiskFull&silenced=true&active=true&inhibited=true", "", http.StatusOK)
	// Grafana's server passes changes on without the browser's origin.
	browser = browser[:2]
	const silence = `{"id":%q,"matchers":[{"name":"alertname","value":"DiskFull","isRegex":false,"isEqual":true}],"startsAt":"2026-01-01T00:00:00.000Z","endsAt":"2099-01-01T00:00:00.000Z","comment":"c","createdBy":"grafana"}`
	var made struct{ SilenceID string }
	if err := json.Unmarshal([]byte(proxied("POST", "/api/v2/silences", fmt.Sprintf(silence, ""), http.StatusOK)), &made); err != nil {
		t.Fatal(err)
	}
	if got := proxied("GET", "/api/v2/silence/"+made.SilenceID, "", http.StatusOK); !strings.Contains(got, `"state":"active"`) {
		t.Errorf("the silence is %s", got)
	}
	if got := proxied("GET", "/api/v2/alerts/groups", "", http.StatusOK); !strings.Contains(got, `"silencedBy":["`+made.SilenceID+`"]`) {
		t.Errorf("the groups are %s", got)
	}
	proxied("DELETE", "/api/v2/silence/"+made.SilenceID, "", http.StatusOK)
	if got := proxied("GET", "/api/v2/silences", "", http.StatusOK); !strings.Contains(got, `"state":"expired"`) {
		t.Errorf("the silences are %s", got)
	}
}

// What karma asks at each of its rounds: the version in the metrics, and then
// status, silences and groups, from which it makes its own.
func TestKarma(t *testing.T) {
	t.Parallel()
	s := newAnswering(t)
	s.ask("POST", "/api/v2/alerts", `[{"labels":{"alertname":"DiskFull","severity":"page"}}]`)
	s.amtool("silence", "add", "alertname=DiskFull", "--comment=x")
	_, metrics := s.ask("GET", "/metrics", "")
	version := regexp.MustCompile(`(?m)^alertmanager_build_info\{.*version="(\d+\.\d+\.\d+)"\} 1$`).FindStringSubmatch(metrics)
	if version == nil || version[1] != "0.34.2" {
		t.Errorf("no version: %q", version)
	}
	accept := []string{"Accept", "application/json", "User-Agent", "karma/0.121"}
	keysOf := func(path string) []string {
		t.Helper()
		status, body := s.ask("GET", path, "", accept...)
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %v %s", path, status, err, body)
		}
		if list, ok := v.([]any); ok {
			if len(list) != 1 {
				t.Fatalf("%s: %s", path, body)
			}
			v = list[0]
		}
		var keys []string
		for key := range v.(map[string]any) {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		return keys
	}
	for path, want := range map[string]string{
		"/api/v2/status":        "cluster config uptime versionInfo",
		"/api/v2/silences":      "comment createdBy endsAt id matchers startsAt status updatedAt",
		"/api/v2/alerts/groups": "alerts labels receiver routeLabels",
	} {
		if got := strings.Join(keysOf(path), " "); got != want {
			t.Errorf("%s has %s, want %s", path, got, want)
		}
	}
}
