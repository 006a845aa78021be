package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/explain"
	"alertd/internal/web"
	"alertd/internal/web/apiv1"
)

// withStories lets the server explain what its store knows.
func withStories(f **fixture) func(*web.Deps) {
	return func(d *web.Deps) {
		d.Explain = func(ctx context.Context, id string) (*apiv1.Story, *alert.Alert, error) {
			trace, err := (*f).store.Trace(ctx, id)
			if err != nil {
				return nil, nil, err
			}
			silences, err := (*f).store.Silences(ctx)
			return explain.Tell(explain.Facts{
				Now: (*f).clock(), Trace: trace, Shown: web.ShownAlert(&trace.Alert), Silences: silences,
				Rule: &explain.Rule{Name: "DiskFull", Group: "resources", Expression: "<b>disk > 90", For: time.Minute},
			}), &trace.Alert, err
		}
	}
}

// newHistory returns a server that has had every kind of event, one incident
// that ended, told by an integration, and others that fire.
func newHistory(t *testing.T) *fixture {
	t.Helper()
	var f *fixture
	f = newFixture(t, withStories(&f), func(d *web.Deps) {
		d.Retention = func() web.Retention { return web.Retention{Age: 24 * time.Hour, Size: 1 << 20} }
	})
	f.now = at("12:00:00")
	f.commit(someAlerts()...)
	e := &alert.Evaluation{Group: "g", At: f.now}
	for i, kind := range alert.EventKinds() {
		e.Events = append(e.Events, alert.Event{
			At: at("11:00:00").Add(time.Duration(i) * time.Minute), Kind: kind, Labels: alert.LabelsFromStrings("alertname", "DiskFull", "n", fmt.Sprint(i)),
			Detail: "why", Group: "{}:{}", Integration: "ops/slack/0", Delivery: "d1",
		})
	}
	if err := f.store.CommitEvaluation(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return f
}

func ask[T any](f *fixture, target string) (out T) {
	f.t.Helper()
	if err := json.Unmarshal([]byte(f.ok("GET", target, "")), &out); err != nil {
		f.t.Fatalf("%s: %v", target, err)
	}
	return out
}

func TestHistoryPages(t *testing.T) {
	f := newHistory(t)
	var kinds []string
	target := "/api/v1/history?limit=4"
	for pages := 0; ; pages++ {
		page := ask[apiv1.History](f, target)
		for _, e := range page.Events {
			kinds = append(kinds, e.Kind)
		}
		if page.Next == "" {
			break
		}
		target = "/api/v1/history?limit=4&cursor=" + url.QueryEscape(page.Next)
	}
	if len(kinds) != len(alert.EventKinds()) || kinds[0] != "gave up" || kinds[len(kinds)-1] != "pending" {
		t.Errorf("events %q", kinds)
	}
	for query, want := range map[string]int{
		"?kind=gave-up&kind=failed": 2, "?kind=no_data": 1, "?since=10m": 0, "?since=50m": 5, "?until=2026-11-23T11:02:00Z": 2,
		"?filter=n%3D3": 1, "?group=x": 0, "?alert=x": 0,
	} {
		if got := ask[apiv1.History](f, "/api/v1/history"+query); len(got.Events) != want {
			t.Errorf("%s: %d events, want %d", query, len(got.Events), want)
		}
	}
	one := ask[apiv1.History](f, "/api/v1/history?kind=failed").Events[0]
	if one.Integration != "ops/slack/0" || one.Delivery != "d1" || one.Group != "{}:{}" || one.Detail != "why" {
		t.Errorf("event %+v", one)
	}
	for _, query := range []string{
		"history?limit=0", "history?limit=x", "history?cursor=x", "history?cursor=1.!", "history?kind=nonsense", "history?since=yesterday",
		"history?filter=x", "incidents?fingerprint=xyz", "incidents?cursor=.", "incidents?filter=%7B", "stats?since=1h&until=2h", "stats?until=x", "explain", "explain?filter=x",
	} {
		if w := f.do("GET", "/api/v1/"+query, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

func TestIncidentPages(t *testing.T) {
	f := newHistory(t)
	all := ask[apiv1.Incidents](f, "/api/v1/incidents").Incidents
	if len(all) != 5 || all[0].State != "firing" || all[len(all)-1].State != "resolved" || all[0].Told == nil {
		t.Fatalf("%d incidents, the first %+v", len(all), all[0])
	}
	var names []string
	for target := "/api/v1/incidents?limit=2"; ; {
		page := ask[apiv1.Incidents](f, target)
		for _, in := range page.Incidents {
			names = append(names, in.ID)
		}
		if page.Next == "" {
			break
		}
		target = "/api/v1/incidents?limit=2&cursor=" + page.Next
	}
	if len(names) != len(all) {
		t.Errorf("in pages there are %q", names)
	}
	for query, want := range map[string]int{
		"?fingerprint=" + all[0].Fingerprint[:8]: 1, "?alert=" + all[1].ID: 1, "?filter=alertname%3DPosted": 1, "?since=1s": 4,
	} {
		if got := ask[apiv1.Incidents](f, "/api/v1/incidents"+query).Incidents; len(got) != want {
			t.Errorf("%s: %d incidents, want %d", query, len(got), want)
		}
	}
}

func TestStatsAndStorage(t *testing.T) {
	f := newHistory(t)
	st := ask[apiv1.Stats](f, "/api/v1/stats?since=1d")
	if st.Incidents != 5 || st.Firing != 4 || st.TimeToResolve.Count != 1 || len(st.Rules) == 0 || st.DowntimeSeconds <= 0 {
		t.Errorf("stats %+v", st)
	}
	storage := ask[apiv1.Status](f, "/api/v1/status").Storage
	if storage.SizeBytes < 4096 || storage.RetentionSizeBytes != 1<<20 || storage.RetentionSeconds != 86400 || !storage.Oldest.Equal(at("11:00:00")) {
		t.Errorf("storage %+v", storage)
	}
}

func TestExplain(t *testing.T) {
	f := newHistory(t)
	all := ask[apiv1.Incidents](f, "/api/v1/incidents").Incidents
	id, fingerprint := "", ""
	for _, in := range all {
		if in.Labels.Get("alertname") == "Posted" {
			id, fingerprint = in.ID, in.Fingerprint
		}
	}
	for _, target := range []string{"explain/" + id, "explain/" + fingerprint[:5], "explain/Posted", "explain?filter=alertname%3DPosted"} {
		got := ask[apiv1.Explanation](f, "/api/v1/"+target)
		if got.Story == nil || got.Story.Alert.ID != id || len(got.Story.Past) == 0 {
			t.Errorf("%s: %+v, %d candidates", target, got.Story, len(got.Candidates))
		}
	}
	ended := all[len(all)-1]
	if got := ask[apiv1.Explanation](f, "/api/v1/explain/"+ended.Fingerprint); got.Story == nil || got.Story.Alert.ID != ended.ID {
		t.Errorf("the one that ended: %+v", got)
	}
	if got := ask[apiv1.Explanation](f, "/api/v1/explain?filter=alertname%21%3Dx"); got.Story != nil || len(got.Candidates) < 4 {
		t.Errorf("candidates %+v", got)
	}
	for _, target := range []string{"explain/none", "explain/abcd", "explain?filter=alertname%3Dnone"} {
		if w := f.do("GET", "/api/v1/"+target, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestHistoryPage(t *testing.T) {
	f := newHistory(t)
	get := func(target string, code int) string {
		t.Helper()
		w := f.do("GET", target, "")
		if w.Code != code || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		return w.Body.String()
	}
	wantAll(t, get("/history", http.StatusOK), "DiskFull", "Disk / of db-1 is 94 % full", `<a href="alert/`, "told nobody", `<option value="24h" selected>`)
	if page := get("/history?matchers=alertname%3DNone", http.StatusOK); !strings.Contains(page, "None was firing in that time.") {
		t.Error("nothing is not said")
	}
	wantAll(t, get("/history?matchers=%3Cscript%3E%3D~%28", http.StatusBadRequest), "&lt;script&gt;")

	many := make([]alert.Alert, 0, 70)
	for i := range 70 {
		a := someAlerts()[0]
		a.Labels = a.Labels.With("instance", fmt.Sprint(i))
		many = append(many, a)
	}
	f.commit(many...)
	page := get("/history?since=7d", http.StatusOK)
	_, after, found := strings.Cut(page, `<p class="more"><a href="history?cursor=`)
	if !found {
		t.Fatalf("there is no page after")
	}
	cursor, _, _ := strings.Cut(after, "&")
	wantAll(t, get("/history?since=7d&cursor="+cursor, http.StatusOK), "ended")
}

func TestStoryPage(t *testing.T) {
	f := newHistory(t)
	f.post(strings.NewReplacer("team", "alertname", "e.l", "DiskFull").Replace(silenceEtl))
	id := ask[apiv1.Explanation](f, "/api/v1/explain?filter=instance%3Ddb-1:9100&filter=alertname%3DDiskFull").Story.Alert.ID
	w := f.do("GET", "/alert/"+id, "")
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<b>disk") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	wantAll(t, w.Body.String(), "DiskFull", "What happened", "&lt;b&gt;disk &gt; 90", "Kept quiet", "silence", "ann, until 14:00:00 UTC: migration",
		"What is next", "silence ends", "in 2 h")
	if w := f.do("GET", "/alert/none", ""); w.Code != http.StatusNotFound {
		t.Errorf("an unknown one: %d", w.Code)
	}
}
