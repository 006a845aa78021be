package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWatchKeepsCredentialsAtHome: another Prometheus than the configuration's
// gets none of its credentials.
func TestWatchKeepsCredentialsAtHome(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization")+r.Header.Get("X-Scope-Orgid"))
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"vector","result":[]}}`))
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "alertd.yml")
	config := func(url string) {
		text := "prometheus: {url: '" + url + "', headers: {X-Scope-OrgID: tenant-a}, http_config: {basic_auth: {username: anna, password: hunter22}}}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		configured, asked string
		credentials       bool
	}{
		{server.URL, "", true},
		{server.URL, server.URL + "/", true},
		{"http://prometheus.example:9090", server.URL, false},
	} {
		config(c.configured)
		w, err := Watch(Sources{Config: path, Prometheus: c.asked, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		if _, err := w.Querier.Query(t.Context(), "up", time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if len(got) != 1 || (got[0] != "") != c.credentials || c.credentials && !strings.Contains(got[0], "tenant-a") {
			t.Errorf("configured %s, asked %s: got %q", c.configured, c.asked, got)
		}
	}
}

func TestWatch(t *testing.T) {
	w, err := Watch(Sources{Config: "testdata/none.yml"})
	if err == nil {
		t.Errorf("a configuration that is not there was read: %+v", w)
	}
	w, err = Watch(Sources{None: true})
	if err != nil || w.Querier != nil || w.Telling != nil || w.Interval != 15*time.Second {
		t.Errorf("got %+v, %v", w, err)
	}
	if _, err := Watch(Sources{None: true, Prometheus: "ftp://x", Timeout: time.Minute}); err == nil {
		t.Error("a Prometheus by FTP was asked")
	}
	path := filepath.Join(t.TempDir(), "alertd.yml")
	text := "prometheus: {url: http://a:9090, external_url: http://metrics.example}\nevaluation: {interval: 1m}\nreceivers: [{name: team, webhook_configs: [{url: http://a/x, send_resolved: false}]}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if w, err = Watch(Sources{Config: path, Timeout: time.Minute}); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	team := w.Telling.Receivers["team"]
	if len(w.Groups) == 0 || w.Interval != time.Minute || len(team) != 1 || team[0].ID != "team/webhook/0" || team[0].SendResolved {
		t.Errorf("got %+v, told %+v", w, team)
	}
	if w.Prometheus != "http://metrics.example" || w.Link.Host != "metrics.example" {
		t.Errorf("asks %s, links to %s", w.Prometheus, w.Link)
	}
}

// Without a Prometheus of its own a configuration has recording rules, which
// raise no alerts: there is nothing to replay of them.
func TestWatchKeepsRecordingRulesOut(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "load.rules.yml"), "groups:\n- name: load\n  rules:\n  - {record: load:max, expr: max(node_load1)}\n  - {alert: Load, expr: 'load:max > 8'}\n- name: recorded\n  rules:\n  - {record: load:min, expr: min(node_load1)}\n")
	path := writeFile(t, filepath.Join(dir, "alertd.yml"), "rule_files: [load.rules.yml]\n")
	w, err := Watch(Sources{Config: path, Prometheus: "http://a:9090", Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	alerts := 0
	for _, g := range w.Groups {
		if len(g.Rules) == 0 {
			t.Errorf("the group %s is empty", g.Name)
		}
		for _, r := range g.Rules {
			if r.Record != "" {
				t.Errorf("%s is to be replayed", r.Record)
			}
			if r.Name == "Load" {
				alerts++
			}
		}
	}
	if alerts != 1 {
		t.Errorf("%d rules are Load", alerts)
	}
}
