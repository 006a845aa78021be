package ctl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/matchers"
)

// fakeServer answers as alertd and Alertmanager do, as far as alertctl asks.
// What it knows is JSON as it goes over the wire.
type fakeServer struct {
	*httptest.Server
	now time.Time

	mu           sync.Mutex
	alerts       []map[string]any
	silences     []map[string]any
	recurring    []map[string]any
	acks         map[string]map[string]any // by fingerprint
	status       map[string]any
	tests        map[string]any // by receiver
	past         http.Handler   // alertd's real API, once it was asked for what has been
	alertmanager bool           // has no API of alertd's own
	ready        bool
	check        func(*http.Request) (int, string) // answers in place of the API, unless 0
}

// originalConfig is what GET /api/v2/status gives of the configuration.
const originalConfig = `route:
  receiver: team
  group_by: [job]
  routes:
  - {matchers: ['severity="critical"'], receiver: pager, continue: true, group_wait: 10s}
  - {match: {job: etl}, receiver: data}
receivers: [{name: team, slack_configs: [{api_url: <secret>}]}, {name: pager}, {name: data}]
`

func newFakeServer(t testing.TB, now time.Time) *fakeServer {
	s := &fakeServer{now: now, ready: true, recurring: []map[string]any{}, acks: map[string]map[string]any{}, check: func(*http.Request) (int, string) { return 0, "" }}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v2/alerts", s.getAlerts)
	mux.HandleFunc("GET /api/v2/silences", s.getSilences)
	mux.HandleFunc("POST /api/v2/silences", s.postSilence)
	mux.HandleFunc("DELETE /api/v2/silence/{id}", s.deleteSilence)
	mux.HandleFunc("GET /api/v2/receivers", s.getReceivers)
	mux.HandleFunc("GET /api/v2/status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{
			"uptime": s.now.Add(-50 * time.Hour), "versionInfo": map[string]any{"version": "0.34.2", "revision": "5f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2c3d4"},
			"cluster": map[string]any{"status": "ready", "peers": []any{map[string]any{"name": "a", "address": "b"}}},
			"config":  map[string]any{"original": originalConfig},
		})
	})
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready {
			http.Error(w, "Not ready", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /api/v1/status", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.status) })
	mux.HandleFunc("GET /api/v1/alerts", s.getIncidents)
	mux.HandleFunc("GET /api/v1/config", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"config": "global: {resolve_timeout: 5m}\ncron: [{name: etl}]\n"})
	})
	mux.HandleFunc("POST /api/v1/receivers/{name}/test", s.testReceiver)
	mux.HandleFunc("POST /api/v1/drills", s.postDrill)
	mux.HandleFunc("POST /api/v1/acks", s.postAck)
	mux.HandleFunc("DELETE /api/v1/acks", s.deleteAck)
	mux.HandleFunc("GET /api/v1/silences/recurring", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.recurring) })
	mux.HandleFunc("POST /api/v1/silences/recurring", s.postRecurring)
	mux.HandleFunc("DELETE /api/v1/silences/recurring/{id}", s.deleteRecurring)
	for _, path := range []string{"explain", "explain/{id}", "history", "incidents", "stats"} {
		mux.HandleFunc("GET /api/v1/"+path, func(w http.ResponseWriter, r *http.Request) {
			if s.past == nil {
				s.past = newPast(t, now) //nolint:contextcheck // it lives as long as the test
			}
			s.past.ServeHTTP(w, r)
		})
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if code, body := s.check(r); code != 0 {
			if strings.HasPrefix(body, "<") {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
			return
		}
		if s.alertmanager && strings.HasPrefix(r.URL.Path, "/api/v1/") {
			answer(w, http.StatusGone, map[string]string{"status": "deprecated", "error": "The Alertmanager v1 API was removed"})
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// read takes what the server knows from the files in dir, or else from those
// that all tests share.
func (s *fakeServer) read(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, into := range map[string]any{
		"alerts.json": &s.alerts, "silences.json": &s.silences, "status.json": &s.status, "receivers.json": &s.tests,
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			data, err = os.ReadFile(filepath.Join("testdata", name))
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

// filters reads the query's matchers, one each.
func filters(w http.ResponseWriter, r *http.Request) (alert.Matchers, bool) {
	var all alert.Matchers
	for _, f := range r.URL.Query()["filter"] {
		ms, err := matchers.Parse(f)
		if err != nil || len(ms) != 1 {
			answer(w, http.StatusBadRequest, "bad matcher format: "+f)
			return nil, false
		}
		all = append(all, ms...)
	}
	return all, true
}

func (s *fakeServer) getAlerts(w http.ResponseWriter, r *http.Request) {
	ms, ok := filters(w, r)
	if !ok {
		return
	}
	found := []map[string]any{}
	for _, a := range s.alerts {
		labels := map[string]string{}
		for name, value := range a["labels"].(map[string]any) {
			labels[name] = value.(string)
		}
		if ms.Matches(alert.LabelsFromMap(labels)) {
			found = append(found, a)
		}
	}
	answer(w, http.StatusOK, found)
}

// getIncidents answers with an alert that fires and two that ended.
func (s *fakeServer) getIncidents(w http.ResponseWriter, r *http.Request) {
	if _, ok := filters(w, r); !ok || s.alertmanager {
		http.NotFound(w, r)
		return
	}
	if r.URL.Query().Get("ended") != "1d" {
		answer(w, http.StatusOK, s.active())
		return
	}
	labels := map[string]any{"alertname": "HostDiskFull", "instance": "db-1:9100"}
	answer(w, http.StatusOK, []any{
		map[string]any{"labels": labels, "state": "firing", "activeAt": s.now.Add(-time.Hour)},
		map[string]any{
			"labels": labels, "state": "resolved", "unit": "%", "recoveredValue": "71.5", "resolution": "recovered",
			"activeAt": s.now.Add(-3 * time.Hour), "resolvedAt": s.now.Add(-2 * time.Hour), "flapping": map[string]any{"fired": 5},
		},
		map[string]any{
			"labels": map[string]any{"alertname": "Gone"}, "state": "resolved", "resolution": "no data",
			"activeAt": s.now.Add(-90 * time.Minute), "resolvedAt": s.now.Add(-time.Hour),
		},
	})
}

func (s *fakeServer) getSilences(w http.ResponseWriter, r *http.Request) {
	ms, ok := filters(w, r)
	if !ok {
		return
	}
	found := []map[string]any{}
	for _, sil := range s.silences {
		var have alert.Matchers
		data, _ := json.Marshal(sil["matchers"])
		_ = json.Unmarshal(data, &have)
		missing := slices.ContainsFunc(ms, func(f alert.Matcher) bool {
			return !slices.ContainsFunc(have, func(m alert.Matcher) bool { return m.String() == f.String() })
		})
		if !missing {
			sil["status"] = map[string]any{"state": s.state(sil)}
			found = append(found, sil)
		}
	}
	answer(w, http.StatusOK, found)
}

func (s *fakeServer) state(sil map[string]any) alert.SilenceState {
	var period struct{ StartsAt, EndsAt time.Time }
	data, _ := json.Marshal(sil)
	_ = json.Unmarshal(data, &period)
	return (&alert.Silence{StartsAt: period.StartsAt, EndsAt: period.EndsAt}).StateAt(s.now)
}

func (s *fakeServer) postSilence(w http.ResponseWriter, r *http.Request) {
	var sil map[string]any
	if r.Header.Get("Content-Type") != "application/json" {
		answer(w, http.StatusUnsupportedMediaType, map[string]any{"code": 415, "message": "unsupported media type"})
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&sil); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"code": 400, "message": err.Error()})
		return
	}
	if sil["createdBy"] == "nobody" {
		answer(w, http.StatusBadRequest, "invalid silence: nobody may not")
		return
	}
	if i := slices.IndexFunc(s.silences, func(o map[string]any) bool { return o["id"] == sil["id"] }); sil["id"] != nil && i >= 0 {
		if sil["annotations"] == nil {
			sil["annotations"] = s.silences[i]["annotations"]
		}
		sil["updatedAt"], s.silences[i] = s.now, sil
		answer(w, http.StatusOK, map[string]any{"silenceID": sil["id"]})
		return
	}
	id := fmt.Sprintf("%08x-0000-4000-8000-000000000000", 0xabc00000+len(s.silences))
	sil["id"], sil["updatedAt"] = id, s.now
	s.silences = append(s.silences, sil)
	answer(w, http.StatusOK, map[string]any{"silenceID": id})
}

func (s *fakeServer) deleteSilence(w http.ResponseWriter, r *http.Request) {
	for _, sil := range s.silences {
		if sil["id"] == r.PathValue("id") {
			if s.state(sil) == alert.SilencePending {
				sil["startsAt"] = s.now
			}
			sil["endsAt"] = s.now
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

func (s *fakeServer) getReceivers(w http.ResponseWriter, _ *http.Request) {
	found := []map[string]any{}
	for name := range s.tests {
		found = append(found, map[string]any{"name": name, "labels": map[string]string{"name": name}})
	}
	slices.SortFunc(found, func(a, b map[string]any) int { return strings.Compare(a["name"].(string), b["name"].(string)) })
	answer(w, http.StatusOK, found)
}

func (s *fakeServer) testReceiver(w http.ResponseWriter, r *http.Request) {
	results, ok := s.tests[r.PathValue("name")]
	if !ok {
		answer(w, http.StatusNotFound, "there is no receiver of that name")
		return
	}
	answer(w, http.StatusOK, map[string]any{"receiver": r.PathValue("name"), "results": results})
}
