package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web"
)

// page returns the page's HTML.
func (f *fixture) page() string {
	f.t.Helper()
	w := f.do("GET", "/", "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		f.t.Fatalf("%d %s %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	return w.Body.String()
}

func wantAll(t *testing.T, page string, wanted ...string) {
	t.Helper()
	_, body, _ := strings.Cut(page, "<body>")
	text := strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")), " ")
	missing := slices.DeleteFunc(wanted, func(want string) bool {
		return strings.Contains(text, want) || strings.Contains(page, want)
	})
	if len(missing) > 0 {
		t.Errorf("%q are not on the page: %s", missing, text)
	}
}

func TestPage(t *testing.T) {
	f := newFixture(t)
	f.now = at("12:00:00")
	wantAll(t, f.page(), "0 firing", "Nothing is firing or pending.", "None is active or pending.",
		"as of 12:00:00 UTC", "host-a · 1.2.3 · up 2 h")

	missing := someAlerts()[0]
	missing.Labels, missing.MissingSince = missing.Labels.With("instance", "db-9:9100"), at("11:20:00")
	recovering := someAlerts()[0]
	recovering.Labels, recovering.KeepFiringSince = recovering.Labels.With("instance", "db-8:9100"), at("11:55:00")
	f.commit(append(someAlerts(), missing, recovering)...)
	f.post(silenceEtl)
	f.post(strings.NewReplacer("team", "alertname", "e.l", "Later", "11:00", "13:00").Replace(silenceEtl))
	f.deliver()
	wantAll(t, f.page(),
		"4 firing", "1 pending", "2 silenced", // what lapsed is still active for us
		"Disk / of db-1 is 94 % full", "instance db-1:9100", "for 1 h since 11:00:00 UTC",
		"94.2 % against &gt; 90 %", "no data since 11:20:00 UTC", "well since 11:55:00 UTC",
		`<a href="http://prometheus:9090/graph?g0.expr=disk&amp;g0.tab=1" rel="noopener noreferrer">Graph</a>`,
		"silenced until 14:00:00 UTC by ann: migration",
		"team=~&#34;e.l&#34;", "ends in 2 h 14:00:00 UTC", "matches 2 now Lapsed, Posted",
		"begins in 1 h 13:00:00 UTC", "matches nothing now",
		"EtlFailed", "bad_data: &lt;unknown&gt; function",
		"ops/slack[0] refused 1 firing, 0 resolved 404 no such channel", "for receiver ops, 3 attempts, given up 11:58:00 UTC",
		"pager/email[0] retrying", "the next at 12:03:00 UTC", "2 messages wait for ops/webhook[0], the oldest for 5 min.",
		"resources 10 s ago 2ms 15 s 1 2", "cron fails not yet",
		"11:59:00 UTC firing DiskFull db-1:9100",
	)
	f.notReady = errors.New("PrometheusUnreachable: no answer from http://prometheus:9090")
	wantAll(t, f.page(), "Not ready: PrometheusUnreachable: no answer")
}

// deliver leaves one refused delivery, one that is tried again and two that
// wait, and an event.
func (f *fixture) deliver() {
	f.t.Helper()
	ctx := f.t.Context()
	fired := someAlerts()[0]
	fired.ID = alert.NewID(fired.RuleID, fired.Labels, fired.ActiveAt)
	touched := map[string][]alert.GroupRef{}
	keys := []alert.GroupKey{"a", "b", "c", "d"}
	for _, key := range keys {
		touched[fired.ID] = append(touched[fired.ID], alert.GroupRef{Key: key, Receiver: "ops"})
	}
	err := f.store.CommitEvaluation(ctx, &alert.Evaluation{
		Group: "g", At: f.clock(), Upserts: []alert.Alert{fired}, Touched: touched,
		Events: []alert.Event{{At: at("11:59:00"), Kind: alert.EventFiring, AlertID: fired.ID, Labels: fired.Labels}},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	outcomes := map[alert.GroupKey]alert.Delivery{
		"a": {
			Integration: "ops/slack[0]", State: alert.DeliveryDead, Attempts: 3,
			LastError: "404 no such channel", FinishedAt: at("11:58:00"),
		},
		"b": {
			Integration: "pager/email[0]", State: alert.DeliveryDue, Attempts: 1,
			LastError: "connection refused", NextAttemptAt: at("12:03:00"),
		},
	}
	for _, key := range keys {
		view, err := f.store.GroupView(ctx, key)
		if err != nil {
			f.t.Fatal(err)
		}
		d := alert.Delivery{
			ID: "delivery-" + string(key), Group: key, Receiver: "ops", Integration: "ops/webhook[0]",
			Content: alert.Content{Firing: []string{fired.ID}}, State: alert.DeliveryDue,
			CreatedAt: at("11:55:00"), NextAttemptAt: at("11:55:00"), ExpiresAt: at("23:00:00"),
		}
		outcome, tried := outcomes[key]
		if tried {
			d.Integration = outcome.Integration
		}
		plan := &alert.PlanResult{Key: key, Revision: view.Revision, FlushedAt: at("11:55:00"), Create: []alert.Delivery{d}}
		if err := f.store.CommitPlan(ctx, plan); err != nil {
			f.t.Fatal(err)
		}
		if !tried {
			continue
		}
		d.State, d.Attempts, d.LastError = outcome.State, outcome.Attempts, outcome.LastError
		d.FinishedAt, d.NextAttemptAt = outcome.FinishedAt, outcome.NextAttemptAt
		if err := f.store.CommitDelivery(ctx, &d, f.clock()); err != nil {
			f.t.Fatal(err)
		}
	}
}

func TestPageIsSafe(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) {
		d.RuleGroups = func() []web.RuleGroupStatus {
			return []web.RuleGroupStatus{{Name: "<script>g", Rules: []web.RuleStatus{{Name: "<script>r", Health: "err", LastError: "<script>e"}}}}
		}
	})
	evil := someAlerts()[0]
	evil.Labels = alert.LabelsFromStrings("alertname", `<script>alert(1)</script>"'`, "severity", `critical"><script>`,
		"instance", "<img src=x onerror=alert(1)>", "<script>", "x", "long", strings.Repeat("x", 10000))
	evil.Annotations = alert.LabelsFromStrings("summary", "</style><script>x</script>", "runbook_url", "javascript:alert(1)",
		"dashboard", "data:text/html,<script>")
	evil.GeneratorURL = `http://x/"><script>alert(1)</script>`
	f.commit(evil)
	f.post(strings.NewReplacer("team", "<script>", "e.l", "x", "migration", "<script>m", "ann", "<script>a").Replace(silenceEtl))
	page := f.page()
	if strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.Contains(page, `href="javascript:`) || strings.Contains(page, `href="data:text`) {
		t.Error("it is not escaped")
	}
	if len(page) > 20000 {
		t.Errorf("it has %d bytes: a long value was not cut", len(page))
	}

	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	sum := sha256.Sum256([]byte(style[1]))
	policy := f.do("GET", "/", "").Header().Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", "form-action 'self'", "frame-ancestors 'none'",
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %s lacks %s", policy, want)
		}
	}
	if regexp.MustCompile(`<[a-z][^>]*\s(style|on[a-z]+)=`).MatchString(page) {
		t.Error("it has inline styles or handlers, which its policy forbids")
	}
}

func TestPageExpire(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) { d.RoutePrefix = "/alertd" })
	id := f.postTo("/alertd", silence("", "b", "11:00:00", "14:00:00"))
	f.advance(time.Minute)
	w := f.do("GET", "/alertd/", "")
	action := regexp.MustCompile(`<form method="post" action="([^"]*)">`).FindStringSubmatch(w.Body.String())
	if action == nil || action[1] != "silences/"+id+"/expire" {
		t.Fatalf("no form in\n%s", w.Body)
	}
	w = f.do("POST", "/alertd/"+action[1], "", "Sec-Fetch-Site", "same-origin")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "../../" {
		t.Errorf("%d to %q, want 303 to the page", w.Code, w.Header().Get("Location"))
	}
	if got := f.stored(id).StateAt(f.clock()); got != alert.SilenceExpired {
		t.Errorf("the silence is %s", got)
	}
	for _, id := range []string{unknownID, "nope", "%00"} {
		if w := f.do("POST", "/alertd/silences/"+id+"/expire", ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
}

func TestPageShowsOnlySoMuch(t *testing.T) {
	f := newFixture(t)
	var many []alert.Alert
	for i := range 500 {
		a := someAlerts()[1]
		a.Labels = a.Labels.With("instance", time.Duration(i).String())
		many = append(many, a)
	}
	f.commit(many...)
	wantAll(t, f.page(), "500 firing", "and 300 more: alertctl alerts lists all.")
}
