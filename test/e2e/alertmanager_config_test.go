package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// alone is a host with nothing on it but alertd in place of an Alertmanager.
func alone(t *testing.T) *stack {
	t.Helper()
	return &stack{t: t, dir: t.TempDir(), alertdPort: freePort(t)}
}

// verdict is what a program says of a configuration.
func verdict(t *testing.T, path string, args ...string) (accepted bool, said string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed { //nolint:errorlint // Run's own, unwrapped
		t.Fatal(err)
	}
	return err == nil, string(out)
}

// TestAlertmanagersOwnFiles holds alertd to amtool on the files that
// Alertmanager tests itself with, and on its examples.
func TestAlertmanagersOwnFiles(t *testing.T) {
	t.Parallel()
	dir := strings.TrimSpace((&stack{t: t}).command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/prometheus/alertmanager"))
	files, err := filepath.Glob(dir + "/config/testdata/*.yml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files in %s: %v", len(files), dir, err)
	}
	examples, err := filepath.Glob(dir + "/doc/examples/*.yml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples in %s: %v", dir, err)
	}
	for _, file := range slices.Concat(files, examples) {
		name := filepath.Base(file)
		theirs, why := verdict(t, tool(t, "amtool"), "check-config", file)
		ours, said := verdict(t, binary("alertctl"), "check", "--level", "error", "-o", "json", file)
		switch {
		case ours && !theirs:
			t.Errorf("%s: alertd takes it, and amtool does not:\n%s", name, why)
		case !ours && theirs:
			for _, problem := range problems(t, said) {
				if !lacking(problem) {
					t.Errorf("%s: amtool takes it, and alertd says: %s", name, problem)
				}
			}
		}
	}
}

// lacking tells whether a problem is that alertd does not do something.
func lacking(problem string) bool {
	return strings.HasPrefix(problem, "alertd has no receiver type ")
}

// problems returns the problems that `alertctl check -o json` found.
func problems(t *testing.T, said string) []string {
	t.Helper()
	var answer struct {
		Findings []struct {
			Problem string `json:"problem"`
		} `json:"findings"`
	}
	begin, end := strings.Index(said, "{"), strings.LastIndex(said, "}")
	if begin < 0 || json.Unmarshal([]byte(said[begin:end+1]), &answer) != nil || len(answer.Findings) == 0 {
		t.Fatalf("no findings in:\n%s", said)
	}
	var all []string
	for _, f := range answer.Findings {
		all = append(all, f.Problem)
	}
	return all
}

// team ends a configuration whose receivers are under test.
const team = "\nroute: {receiver: team}\n"

// TestRealWorldFiles holds alertd to amtool on what people write: what one
// takes the other does too. refused is what alertd says; "" is that it serves
// the file. Where alertd knows better than amtool, or lacks what it has, apart
// says so.
func TestRealWorldFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, refused, apart string }{
		{name: "slack by a global address", text: `
global: {slack_api_url: https://hooks.slack.com/services/T/B/x, resolve_timeout: 5m, pagerduty_url: https://events.pagerduty.com/v2/enqueue}
receivers: [{name: team, slack_configs: [{channel: "#ops", send_resolved: true, title: '{{ template "slack.default.title" . }}'}]}]` + team},
		{name: "every way to log in", text: `
receivers:
  - name: team
    webhook_configs:
      - {url: http://a, http_config: {basic_auth: {username: a, password_file: /run/p}}}
      - {url: http://a, http_config: {authorization: {type: Bearer, credentials: x}, follow_redirects: false, enable_http2: false}}
      - {url: http://a, http_config: {oauth2: {client_id: a, client_secret_file: /run/s, token_url: http://b, scopes: [c], endpoint_params: {d: e}}}}
      - {url: http://a, http_config: {bearer_token_file: /run/t, tls_config: {insecure_skip_verify: true, server_name: b}}}
      - {url: http://a, http_config: {proxy_url: http://p:3128, no_proxy: "localhost,10.0.0.0/8", proxy_connect_header: {X: [y]}}}
      - {url: http://a, http_config: {proxy_from_environment: true, http_headers: {X-A: {values: [b], secrets: [c], files: [/run/d]}}}}` + team},
		{name: "mail with all that is global", text: `
global:
  smtp_smarthost: smtp.example.org:465
  smtp_from: Alerts <a@example.org>
  smtp_hello: example.org
  smtp_auth_username: a
  smtp_auth_secret_file: /run/secret
  smtp_auth_identity: b
  smtp_require_tls: false
  smtp_force_implicit_tls: true
  smtp_tls_config: {insecure_skip_verify: true}
receivers: [{name: team, email_configs: [{to: "a@example.org, b@example.org", headers: {Subject: "{{ .Status }}", References: <x@y>}, threading: {enabled: false}}]}]` + team},
		{name: "discord, and a webhook with its own payload", text: `
receivers:
  - name: team
    labels: {owner: sre}
    discord_configs: [{webhook_url_file: /run/discord, content: x, title: y, message: z, username: bot, avatar_url: https://a/b.png}]
    webhook_configs: [{url: "https://a/{{ .Status }}", max_alerts: 10, timeout: 30s, payload: {text: "{{ .Status }}", list: [1, {a: b}]}}]` + team},
		{name: "templates, continue, nested routes", text: `
templates: ['/etc/alertmanager/*.tmpl']
receivers: [{name: team, webhook_configs: [{url: http://a}]}, {name: "null"}]
route:
  receiver: "null"
  group_by: ['...']
  group_wait: 0s
  routes:
    - {matchers: [severity=~"critical|page", "team!=dba"], receiver: team, continue: true, group_by: [alertname], repeat_interval: 1d}
    - {match_re: {job: ^(a|b)$}, routes: [{match: {x: ""}, receiver: team}]}`},
		{name: "mattermost in the clear, within one's network", text: `
receivers: [{name: team, slack_configs: [{api_url: http://mattermost:8065/hooks/x}]}]` + team},
		{name: "comments, anchors and aliases", text: `
global: {http_config: &http {proxy_url: http://p:3128}} # one proxy
receivers: [{name: team, webhook_configs: [{url: http://a, http_config: *http}]}]` + team},
		{
			name: "a type that there is not", text: `
receivers: [{name: team, pagerduty_configs: [{routing_key: x}]}]` + team,
			refused: "alertd has no receiver type pagerduty_configs", apart: "it is not there",
		},
		{name: "no receiver", text: "route: {group_by: [a]}", refused: "the route at the top has no receiver"},
		{name: "an unknown receiver", text: "receivers: [{name: team}]\nroute: {receiver: tema}", refused: "there is no receiver tema"},
		{name: "two of a name", text: "receivers: [{name: team}, {name: team}]" + team, refused: "a receiver named team is already there"},
		{name: "a root that matches", text: "receivers: [{name: team}]\nroute: {receiver: team, matchers: [a=b]}", refused: "the route at the top takes everything"},
		{name: "a typing error", text: "receivers: [{name: team, slack_configs: [{chanel: x, api_url: https://a}]}]" + team, refused: "unknown key chanel"},
		{name: "a bad matcher", text: "receivers: [{name: team}]\nroute: {receiver: team, routes: [{matchers: ['a=~(']}]}", refused: "matchers"},
		{name: "group_interval 0", text: "receivers: [{name: team}]\nroute: {receiver: team, group_interval: 0s}", refused: "group_interval must be more than zero"},
		{name: "twice in group_by", text: "receivers: [{name: team}]\nroute: {receiver: team, group_by: [a, a]}", refused: "a is given twice"},
		{name: "slack without an address", text: "receivers: [{name: team, slack_configs: [{channel: x}]}]" + team, refused: "the address to send to is missing"},
		{name: "token and webhook", text: "receivers: [{name: team, slack_configs: [{app_token: x, api_url: https://a}]}]" + team, refused: "both an app's token and a webhook's address"},
		{name: "token and webhook for all", text: "global: {slack_app_token: x, slack_api_url: https://a}\nreceivers: [{name: team}]" + team, refused: "both a Slack app's token and a webhook's address"},
		{name: "secret and file", text: "global: {opsgenie_api_key: x, opsgenie_api_key_file: y}\nreceivers: [{name: team}]" + team, refused: "both opsgenie_api_key and opsgenie_api_key_file"},
		{name: "no address", text: "global: {victorops_api_url: nowhere}\nreceivers: [{name: team}]" + team, refused: "victorops_api_url is not an http or https address"},
		{name: "mail without a relay", text: "receivers: [{name: team, email_configs: [{to: a@b.c}]}]" + team, refused: "the relay to send through is missing"},
		{name: "mail to nobody", text: "global: {smtp_smarthost: 'a:25', smtp_from: a@b.c}\nreceivers: [{name: team, email_configs: [{html: x}]}]" + team, refused: "nobody to write to"},
		{name: "two ways to log in", text: "receivers: [{name: team, webhook_configs: [{url: http://a, http_config: {bearer_token: a, basic_auth: {username: b}}}]}]" + team, refused: "at most one of"},
		{name: "a label that is the name", text: "receivers: [{name: team, labels: {name: other}}]" + team, refused: "the label name is the receiver's own"},
		{
			name: "slack in the clear", text: "receivers: [{name: team, slack_configs: [{api_url: http://hooks.slack.com/services/x}]}]" + team,
			refused: "plain http would show the secret address", apart: "Slack does not answer there",
		},
		{
			name: "an event recorder", text: "event_recorder: {file_outputs: [{path: /tmp/x}]}\nreceivers: [{name: team}]" + team,
			refused: "alertd records events in its own store", apart: "somebody waits for what it writes",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stack{t: t, dir: t.TempDir()}
			file := s.write("alertmanager.yml", tt.text)
			theirs, why := verdict(t, tool(t, "amtool"), "check-config", file)
			ours, said := verdict(t, binary("alertctl"), "check", "--level", "error", "-o", "json", file)
			if ours != (tt.refused == "") {
				t.Fatalf("alertd takes it: %v\n%s", ours, said)
			}
			if tt.refused != "" && !slices.ContainsFunc(problems(t, said), func(p string) bool { return strings.Contains(p, tt.refused) }) {
				t.Errorf("%q is not in %s", tt.refused, said)
			}
			if (ours == theirs) != (tt.apart == "") {
				t.Errorf("alertd takes it: %v, amtool: %v\n%s", ours, theirs, why)
			}
		})
	}
}

// In place of an Alertmanager, alertd tells what it is sent and raises nothing
// itself, and amtool can read its configuration.
func TestInPlaceOfAlertmanager(t *testing.T) {
	t.Parallel()
	s, hook := alone(t), newReceiver(t)
	hook.up()
	s.config = s.write("alertmanager.yml", fmt.Sprintf(`
global:
  slack_app_token: xoxb-s33d3d
  smtp_smarthost: localhost:25
  smtp_from: a@example.org
  smtp_auth_username: a
  smtp_auth_password: s33d3d
  http_config: {proxy_from_environment: false}
route:
  receiver: team
  group_wait: 1s
  routes:
    - {matchers: [severity="critical"], receiver: pager, continue: true}
    - {match: {team: data}, receiver: data}
receivers:
  - name: team
    webhook_configs: [{url: "%s"}]
  - name: pager
    slack_configs: [{channel: "#x", update_message: true}]
    discord_configs: [{webhook_url: https://discord.com/api/webhooks/1/s33d3d, timeout: 5s}]
  - name: data
    email_configs: [{to: a@example.org, threading: {enabled: true}}]
    webhook_configs: [{url: "https://me:s33d3d@example.org/{{ .Status }}", payload: {token: s33d3d, text: "{{ .Status }}"}, signing_secret: whsec_czMzZDNkczMzZDNkczMzZDNkczMzZDNkczMzZDNk}]
    console_configs: [{}]
`, hook.url()))
	s.startAlertd()
	if out := s.alertd.output(); !strings.Contains(out, "nothing of what to watch") {
		t.Error(out)
	}
	shown := s.amtool("config", "show")
	if strings.Contains(shown, "s33d3d") || !strings.Contains(shown, "<secret>") || !strings.Contains(shown, "smtp_smarthost: localhost:25") {
		t.Errorf("amtool config show:\n%s", shown)
	}
	for _, want := range []string{`{severity="critical"}`, `{team="data"}`} {
		if out := s.amtool("config", "routes", "show"); !strings.Contains(out, want) {
			t.Errorf("%s is not in amtool config routes show:\n%s", want, out)
		}
	}
	const labels = "severity=critical team=data"
	theirs := s.amtool(append([]string{"config", "routes", "test", "--verify.receivers=pager,data"}, strings.Fields(labels)...)...)
	ours := s.alertctl(append([]string{"config", "routes", "test", "--verify.receivers=pager,data"}, strings.Fields(labels)...)...)
	if !strings.Contains(theirs, "pager,data") || !strings.Contains(ours, "data") {
		t.Errorf("amtool: %s, alertctl: %s", theirs, ours)
	}
	if out := s.alertctl("config", "show"); strings.Contains(out, "s33d3d") || !strings.Contains(out, "signing_secret: <secret>") {
		t.Errorf("alertctl config show:\n%s", out)
	}
	s.amtool("alert", "add", "Posted", "severity=warning")
	hook.expect("Posted firing")
	if out := s.amtool("alert", "query", "-o", "simple"); strings.Count(out, "\n") != 2 {
		t.Errorf("there are other alerts:\n%s", out)
	}
}

// However often the configuration is read again, a group's wait and repetition
// go on, and what is told is told by the defaults in force.
func TestReloadKeepsTimers(t *testing.T) {
	t.Parallel()
	s, hook := alone(t), newReceiver(t)
	hook.up()
	reloads := 0
	reload := func() {
		reloads++
		next := s.write("next.yml", fmt.Sprintf(`
global: {resolve_timeout: %dm, http_config: {http_headers: {X-Reload: {values: ["%d"]}}}}
route: {receiver: team, group_wait: 2s, group_interval: 1s, repeat_interval: 2s}
receivers: [{name: team, webhook_configs: [{url: "%s"}]}]
`, 60+reloads, reloads, hook.url()))
		if err := os.Rename(next, s.path("alertmanager.yml")); err != nil { // never half written
			t.Fatal(err)
		}
	}
	reload()
	s.config = s.path("alertmanager.yml")
	s.startAlertd()
	s.amtool("alert", "add", "Posted")
	// A timer that a reload set back would never run out here.
	for told := 1; told <= 3; told++ {
		eventually(t, fmt.Sprint("message ", told, " while reloading"), func() string {
			reload()
			if err := s.alertd.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			if got := hook.told(); len(got) < told {
				return fmt.Sprint("told ", len(got), " messages after ", reloads, " reloads")
			}
			return ""
		})
	}
	if reloads < 20 {
		t.Errorf("only %d reloads in the time of three timers", reloads)
	}
	for i, header := range hook.headers() {
		if header.Get("X-Reload") == "1" {
			t.Errorf("message %d was told by the defaults before the reloads", i)
		}
	}
	if out := s.amtool("config", "show"); strings.Contains(out, "resolve_timeout: 61m") {
		t.Errorf("the first configuration is still in force:\n%s", out)
	}
}

// headers returns those of the messages so far.
func (r *receiver) headers() []http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heads)
}

// What is imported is what alertd takes, and tells by the same routes.
func TestImport(t *testing.T) {
	t.Parallel()
	s := alone(t)
	s.write("prometheus.yml", "global: {evaluation_interval: 30s}\nrule_files: [rules.yml]\nscrape_configs: []\n")
	s.write("rules.yml", "groups: [{name: a, rules: [{alert: Down, expr: up == 0, annotations: {summary: x}, labels: {severity: page}}]}]\n")
	s.write("alertmanager.yml", "receivers: [{name: team, webhook_configs: [{url: http://127.0.0.1:1}]}]"+team)
	out := s.command(binary("alertctl"), "config", "import", s.path("prometheus.yml"), s.path("alertmanager.yml"), "-o", s.path("alertd.yml"), "--prometheus-url", "http://127.0.0.1:1")
	if !strings.Contains(out, "alertd can use it") {
		t.Error(out)
	}
	if out := s.command(binary("alertctl"), "check", s.path("alertd.yml")); !strings.Contains(out, "Down") || !strings.Contains(out, "Rules: 1 in 1 groups") {
		t.Error(out)
	}
}
