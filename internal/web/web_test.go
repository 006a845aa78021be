package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"alertd/internal/alert"
	"alertd/internal/store"
	"alertd/internal/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is a moment of the test day.
func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-23 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// fixture is a server over a real store, its clock and what it was told.
type fixture struct {
	t       testing.TB
	store   store.Store
	handler http.Handler
	server  *web.Server

	mu       sync.Mutex
	now      time.Time
	received []web.PostedAlert
	woken    int
	notReady error
	reload   error
	log      bytes.Buffer
}

func newFixture(t testing.TB, change ...func(*web.Deps)) *fixture {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	f := &fixture{t: t, store: st, now: at("12:00:00")}
	registry := prometheus.NewRegistry()
	deps := web.Deps{
		Store:     st,
		NotFound:  store.ErrNotFound,
		Groups:    groups,
		Receivers: receivers,
		Receive: func(_ context.Context, posted []web.PostedAlert) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.received = append(f.received, posted...)
			return nil
		},
		Reload: func(context.Context) error { return f.reload },
		Ready:  func() error { return f.notReady },
		TestReceiver: func(_ context.Context, name string) ([]web.TestResult, error) {
			return []web.TestResult{
				{Integration: name + "/slack[0]", Duration: 120 * time.Millisecond},
				{Integration: name + "/email[0]", Error: "550 no such user", Duration: time.Second},
			}, nil
		},
		RuleGroups:     ruleGroups,
		Config:         func() string { return "cron: [{name: etl}]\n" },
		OriginalConfig: func() string { return "route:\n  receiver: ops\nreceivers:\n- name: ops\n- name: pager\n" },
		OnSilence:      func() { f.mu.Lock(); f.woken++; f.mu.Unlock() },
		Now:            f.clock,
		Gatherer:       registry,
		Registerer:     registry,
		Logger:         slog.New(slog.NewTextHandler(lockedWriter{f}, nil)),
		Version:        web.Version{Version: "1.2.3", Commit: "abcdef0", Date: "2026-11-01"},
		StartedAt:      at("10:00:00"),
		InstanceName:   "host-a",
	}
	for _, c := range change {
		c(&deps)
	}
	f.server, err = web.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	f.handler = f.server.Handler()
	return f
}

type lockedWriter struct{ f *fixture }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.f.mu.Lock()
	defer w.f.mu.Unlock()
	return w.f.log.Write(p)
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// groups routes by team: everyone goes to ops, pages to pager too.
func groups(ls alert.Labels) []alert.GroupRef {
	by := ls.Only(alert.AlertName)
	refs := []alert.GroupRef{{Key: alert.GroupKey("{}:" + by.String()), Receiver: "ops", Labels: by}}
	if ls.Get("severity") == "critical" {
		refs = append(refs, alert.GroupRef{Key: alert.GroupKey("{}/{page}:" + by.String()), Receiver: "pager", Labels: by})
	}
	return refs
}

func receivers() []web.Receiver {
	return []web.Receiver{{Name: "ops"}, {Name: "pager", Labels: alert.LabelsFromStrings("owner", "sre")}}
}

func ruleGroups() []web.RuleGroupStatus {
	return []web.RuleGroupStatus{
		{
			Name: "resources", Interval: 15 * time.Second, LastEvaluation: at("11:59:50"), Duration: 2 * time.Millisecond,
			Rules: []web.RuleStatus{{Name: "DiskFull", Type: "alerting", State: "firing", Health: "ok", Alerts: 2}},
		},
		{
			Name: "cron", Interval: time.Minute,
			Rules: []web.RuleStatus{{Name: "EtlFailed", Type: "alerting", State: "inactive", Health: "err", LastError: "bad_data: <unknown> function"}},
		},
	}
}

// commit puts alerts into the store.
func (f *fixture) commit(alerts ...alert.Alert) {
	f.t.Helper()
	for i := range alerts {
		alerts[i].ID = alert.NewID(alerts[i].RuleID, alerts[i].Labels, alerts[i].ActiveAt)
	}
	if err := f.store.CommitEvaluation(f.t.Context(), &alert.Evaluation{Group: "g", At: f.clock(), Upserts: alerts}); err != nil {
		f.t.Fatal(err)
	}
}

// someAlerts are two that fire, one that is pending, one that another program
// sent, one of those that lapsed, and one that resolved.
func someAlerts() []alert.Alert {
	disk := alert.Alert{
		RuleID: "resources/DiskFull", State: alert.Firing, Value: 94.25, Unit: "%", Threshold: "> 90 %",
		Labels:      alert.LabelsFromStrings("alertname", "DiskFull", "instance", "db-1:9100", "mountpoint", "/", "severity", "critical"),
		Annotations: alert.LabelsFromStrings("summary", "Disk / of db-1 is 94 % full"),
		ActiveAt:    at("11:00:00"), FiredAt: at("11:10:00"), UpdatedAt: at("11:10:00"),
		GeneratorURL: "http://prometheus:9090/graph?g0.expr=disk&g0.tab=1",
	}
	other := disk
	other.Labels = disk.Labels.With("instance", "db-2:9100").With("severity", "warning")
	pending := disk
	pending.State, pending.FiredAt = alert.Pending, time.Time{}
	pending.Labels = disk.Labels.With("instance", "db-3:9100")
	posted := alert.Alert{
		State: alert.Firing, Labels: alert.LabelsFromStrings("alertname", "Posted", "team", "etl"),
		ActiveAt: at("11:30:00"), FiredAt: at("11:30:00"), UpdatedAt: at("11:59:00"), ExpiresAt: at("12:04:00"),
	}
	lapsed := posted
	lapsed.Labels, lapsed.ExpiresAt = posted.Labels.With("alertname", "Lapsed"), at("11:59:59")
	resolved := disk
	resolved.Labels = disk.Labels.With("instance", "db-4:9100")
	resolved.State, resolved.ResolvedAt, resolved.Resolution = alert.Resolved, at("11:50:00"), alert.Recovered
	return []alert.Alert{disk, other, pending, posted, lapsed, resolved}
}

// do sends a request with a JSON body, if any, and returns the answer.
func (f *fixture) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(f.t.Context(), method, target, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// ok is do for a request that must succeed; it returns the body.
func (f *fixture) ok(method, target, body string) string {
	f.t.Helper()
	w := f.do(method, target, body)
	if w.Code != http.StatusOK {
		f.t.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
	}
	return w.Body.String()
}

// golden compares JSON with testdata/name, ids of silences replaced.
func golden(t *testing.T, name, got string) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(got), "", "  "); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	text := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(pretty.String(), "<uuid>")
	text = regexp.MustCompile(`"go1\.[^"]*"`).ReplaceAllString(text, `"<go>"`)
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	_, err := web.New(web.Deps{})
	for _, name := range []string{"Store", "NotFound", "Groups", "Receivers", "Receive", "Reload", "Ready", "Gatherer"} {
		if err == nil || !strings.Contains(err.Error(), "web: "+name+" is missing") {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}

func TestRoutePrefix(t *testing.T) {
	external, err := url.Parse("https://example.org/alerts/")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, prefix string
		external     *url.URL
		found, lost  string
	}{
		{name: "none", found: "/-/healthy", lost: "/alerts/-/healthy"},
		{name: "root", prefix: "/", external: external, found: "/-/healthy", lost: "/alerts/-/healthy"},
		{name: "external URL's", external: external, found: "/alerts/-/healthy", lost: "/-/healthy"},
		{name: "own", prefix: "a/b/", external: external, found: "/a/b/api/v2/status", lost: "/alerts/-/healthy"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, func(d *web.Deps) { d.RoutePrefix, d.ExternalURL = tc.prefix, tc.external })
			f.ok("GET", tc.found, "")
			if got := f.do("GET", tc.lost, "").Code; got != http.StatusNotFound {
				t.Errorf("%s: %d, want 404", tc.lost, got)
			}
			// Grafana takes an answer here for a Mimir.
			if got := f.do("GET", "/alertmanager/api/v2/status", "").Code; got != http.StatusNotFound {
				t.Errorf("/alertmanager/api/v2/status: %d, want 404", got)
			}
		})
	}
	if _, err := web.New(web.Deps{RoutePrefix: "/{x}"}); err == nil {
		t.Error("a prefix with braces was taken")
	}
}

func TestHealth(t *testing.T) {
	f := newFixture(t)
	f.ok("GET", "/-/healthy", "")
	f.ok("HEAD", "/-/healthy", "")
	f.ok("GET", "/-/ready", "")
	f.ok("POST", "/-/reload", "")

	f.notReady = errors.New("the first evaluation is not complete")
	f.ok("GET", "/-/healthy", "")
	w := f.do("GET", "/-/ready", "")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "the first evaluation is not complete") {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
	f.reload = errors.Join(errors.New("alertd.yml:3:1: one"), errors.New("alertd.yml:9:4: two"))
	w = f.do("POST", "/-/reload", "")
	if want := "failed to reload config: alertd.yml:3:1: one\nalertd.yml:9:4: two\n"; w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("reload: %d %s", w.Code, w.Body)
	}
	if w := f.do("GET", "/-/reload", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET reload: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestMetrics(t *testing.T) {
	f := newFixture(t)
	f.do("GET", "/api/v2/silence/whatever", "")
	f.do("GET", "/no/such/path", "")
	body := f.ok("GET", "/metrics", "")
	for _, want := range []string{
		`alertd_build_info{commit="abcdef0",goversion="go1.`,
		`version="1.2.3"} 1`,
		`version="0.34.2"} 1`,
		`alertd_http_requests_total{code="422",handler="/api/v2/silence/{id}",method="get"} 1`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "whatever") || strings.Contains(body, "no/such") {
		t.Error("what clients ask for became a label")
	}
}

func TestAPIv1(t *testing.T) {
	f := newFixture(t)
	f.notReady = errors.New("starting")
	size := regexp.MustCompile(`"sizeBytes":[0-9]+`) // grows with the schema
	golden(t, "v1_status.json", size.ReplaceAllString(f.ok("GET", "/api/v1/status", ""), `"sizeBytes":4096`))
	golden(t, "v1_receiver_test.json", f.ok("POST", "/api/v1/receivers/pager/test", ""))
	if w := f.do("POST", "/api/v1/receivers/nobody/test", ""); w.Code != http.StatusNotFound {
		t.Errorf("an unknown receiver: %d %s", w.Code, w.Body)
	}
	if w := f.do("GET", "/api/v1/receivers/pager/test", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET of a test: %d", w.Code)
	}
}

func TestCrossOrigin(t *testing.T) {
	external, _ := url.Parse("https://alerts.example.org")
	f := newFixture(t, func(d *web.Deps) { d.ExternalURL = external })
	for _, tc := range []struct {
		name, method, target string
		headers              []string
		want                 int
	}{
		{"a program", "POST", "/-/reload", nil, 200},
		{"our own page", "POST", "/-/reload", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"our page behind a proxy", "POST", "/-/reload", []string{"Origin", "https://alerts.example.org", "Sec-Fetch-Site", "cross-site"}, 200},
		{"another page", "POST", "/-/reload", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"our own page, where the browser says no more", "POST", "/-/reload", []string{"Origin", "http://example.com"}, 200},
		{"an old browser", "POST", "/-/reload", []string{"Origin", "https://evil.example"}, 403},
		{"alerts", "POST", "/api/v2/alerts", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"silences", "POST", "/api/v2/silences", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"ending one", "DELETE", "/api/v2/silence/11111111-1111-4111-8111-111111111111", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"the page's button", "POST", "/silences/x/expire", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"reading", "GET", "/api/v2/alerts", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 200},
	} {
		if w := f.do(tc.method, tc.target, "", tc.headers...); w.Code != tc.want {
			t.Errorf("%s: %d %s, want %d", tc.name, w.Code, w.Body, tc.want)
		}
	}
	// Without it browsers send "Origin: null" with the page's own forms, and over
	// plain HTTP nothing else tells whose they are.
	if got := f.do("GET", "/", "").Header().Get("Referrer-Policy"); got != "same-origin" {
		t.Errorf("Referrer-Policy %q", got)
	}
}
