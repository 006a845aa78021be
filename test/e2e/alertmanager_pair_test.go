package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair is alertd and a real Alertmanager with the same configuration, who get
// the same requests.
type pair struct {
	t            *testing.T
	ours, theirs *peer
	differences  []difference
	compared     int
	seen         map[string]int // how often each difference was
}

// peer is one of the two: where it is, and the ids of the silences made at it,
// in order.
type peer struct {
	url      string
	silences []string
}

// request is what both are asked. In its path and body {S0} stands for the id
// of the first silence that was made, and so on.
type request struct {
	method, path, body string
	headers            []string
}

func (r request) String() string {
	return fmt.Sprintf("%s %s %.120s %q", r.method, r.path, r.body, r.headers)
}

// answer is what a client sees, with whatever cannot be equal named instead.
type answer struct {
	status             int
	contentType, allow string
	headers            string // those of caching and of CORS
	body               any
}

func (a answer) String() string {
	text, err := json.Marshal(a.body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d [%s] [%s] [%s] %.600s", a.status, a.contentType, a.allow, a.headers, text)
}

// difference is one that is meant, or of no consequence.
type difference struct {
	name  string
	holds func(r request, ours, theirs answer) bool
}

const pairConfig = `
global: {resolve_timeout: 1h}
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 1d
  routes:
    - {receiver: pager, matchers: ['severity="page"'], group_by: [instance, alertname], continue: true}
    - {receiver: the web team, matchers: ['team=~"etl|web"'], group_by: ['...']}
    - {receiver: pager, matchers: ['team="pager"'], group_by: [zone]}
receivers:
  - {name: ops, webhook_configs: [{url: "http://127.0.0.1:9/ops"}]}
  - {name: the web team, webhook_configs: [{url: "http://127.0.0.1:9/web"}]}
  - {name: pager, webhook_configs: [{url: "http://127.0.0.1:9/pager"}]}
  - {name: unused}
`

// newPair starts both below the same path, with the same flags.
func newPair(t *testing.T, prefix string, differences []difference, flags ...string) *pair {
	t.Helper()
	s := &stack{t: t, dir: t.TempDir(), alertdPort: freePort(t)}
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	theirs := start(t, tool(t, "alertmanager"), nil, append(flags, "--config.file="+s.write("alertmanager.yml", pairConfig),
		"--storage.path="+s.path("theirs"), "--cluster.listen-address=", "--web.listen-address="+listen, "--web.route-prefix=/"+prefix)...)
	config := s.write("alertd.yml", pairConfig+"resources: {enabled: false}\ncontainers: {enabled: false}\n")
	ours := start(t, binary("alertd"), nil, append(flags, "--config.file="+config, "--storage.path="+s.path("ours"),
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", s.alertdPort), "--web.route-prefix=/"+prefix)...)
	p := &pair{
		t: t, differences: differences, seen: map[string]int{},
		ours: &peer{url: strings.TrimSuffix(s.url("/"+prefix), "/")}, theirs: &peer{url: strings.TrimSuffix("http://"+listen+"/"+prefix, "/")},
	}
	theirs.answers(p.theirs.url + "/-/ready")
	ours.answers(p.ours.url + "/-/ready")
	return p
}

// compare sends the requests to both, one after the other, and tells of answers
// that differ where no difference is known.
func (p *pair) compare(requests ...request) {
	p.t.Helper()
	for _, r := range requests {
		p.compared++
		ours, theirs := p.ours.ask(p.t, r), p.theirs.ask(p.t, r)
		if reflect.DeepEqual(ours, theirs) {
			continue
		}
		if name := p.known(r, ours, theirs); name != "" {
			p.seen[name]++
			continue
		}
		p.t.Errorf("%s\n%s", r, differ(ours, theirs))
	}
}

func (p *pair) known(r request, ours, theirs answer) string {
	for _, d := range p.differences {
		if d.holds(r, ours, theirs) {
			return d.name
		}
	}
	return ""
}

// settled waits until both tell the same of a path: Alertmanager puts alerts
// into groups a moment after it has answered.
func (p *pair) settled(path string) {
	p.t.Helper()
	r := request{method: http.MethodGet, path: path}
	eventually(p.t, "the same at "+path, func() string {
		ours, theirs := p.ours.ask(p.t, r), p.theirs.ask(p.t, r)
		if reflect.DeepEqual(ours, theirs) {
			return ""
		}
		return differ(ours, theirs)
	})
}

func differ(ours, theirs answer) string {
	return fmt.Sprintf("  Alertmanager: %s\n  alertd:       %s\n(-Alertmanager +alertd)\n%.3000s", theirs, ours, cmp.Diff(theirs.body, ours.body))
}

func (p *peer) ask(t *testing.T, r request) answer {
	t.Helper()
	for i, id := range p.silences {
		name := fmt.Sprintf("{S%d}", i)
		r.path, r.body = strings.ReplaceAll(r.path, name, id), strings.ReplaceAll(r.body, name, id)
	}
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, p.url+r.path, body)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	req.Header["User-Agent"] = nil
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(r.headers); i += 2 {
		req.Header.Set(r.headers[i], r.headers[i+1])
	}
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return answer{body: "no answer"}
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{body: "half an answer"}
	}
	p.learn(r, data)
	allowed := strings.Split(resp.Header.Get("Allow"), ",")
	slices.Sort(allowed) // their order is by chance
	var headers []string
	for _, name := range []string{
		"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age",
		"Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Vary", "Cache-Control",
	} {
		if values := resp.Header.Values(name); len(values) > 0 {
			headers = append(headers, name+": "+strings.Join(values, ", "))
		}
	}
	return answer{resp.StatusCode, resp.Header.Get("Content-Type"), strings.Join(allowed, ","), strings.Join(headers, "; "), p.named(data)}
}

// learn keeps the id of a silence that was made.
func (p *peer) learn(r request, data []byte) {
	var made struct{ SilenceID string }
	if r.method != http.MethodPost || json.Unmarshal(data, &made) != nil || made.SilenceID == "" {
		return
	}
	if !slices.Contains(p.silences, made.SilenceID) {
		p.silences = append(p.silences, made.SilenceID)
	}
}

// named reads a body, with names for ids and for moments that depend on when it
// was asked.
func (p *peer) named(data []byte) any {
	for i, id := range p.silences {
		data = bytes.ReplaceAll(data, []byte(id), fmt.Appendf(nil, "{S%d}", i))
	}
	var v any
	if json.Unmarshal(data, &v) != nil {
		return string(data)
	}
	return nameMoments(v)
}

func nameMoments(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = nameMoments(v[key])
		}
		if ids, ok := v["silencedBy"].([]any); ok { // in no order
			slices.SortFunc(ids, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	case []any:
		for i := range v {
			v[i] = nameMoments(v[i])
		}
	case string:
		if _, given, ok := strings.Cut(v, " is not allowed, but ["); ok {
			names := strings.Split(strings.TrimSuffix(given, "] are"), ",")
			slices.Sort(names)
			return fmt.Sprint("405 but ", names)
		}
		at, err := time.Parse("2006-01-02T15:04:05.000Z", v)
		switch from := time.Until(at).Abs(); {
		case err != nil:
		case from < 10*time.Minute:
			return "<now>"
		case (from - time.Hour).Abs() < 10*time.Minute:
			return "<in an hour>" // resolve_timeout
		}
	}
	return v
}
