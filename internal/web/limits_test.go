package web_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/web"
)

// At most so many GETs of page and API are answered at once; what says whether
// alertd is well always is.
func TestGetConcurrency(t *testing.T) {
	begun, end := make(chan none), make(chan none)
	f := newFixture(t, func(d *web.Deps) {
		d.Limits.Gets = 2
		d.RuleGroups = func() []web.RuleGroupStatus { begun <- none{}; <-end; return nil }
	})
	var waiting sync.WaitGroup
	for range 2 {
		waiting.Go(func() {
			if w := f.do("GET", "/api/v1/status", ""); w.Code != http.StatusOK {
				t.Errorf("one that was begun: %d", w.Code)
			}
		})
		<-begun
	}
	for _, path := range []string{"/api/v2/alerts", "/api/v1/alerts", "/"} {
		w := f.do("GET", path, "")
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Limit of concurrent GET requests reached (2)") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	f.ok("POST", "/api/v2/alerts", `[{"labels":{"a":"b"}}]`)
	f.ok("GET", "/-/healthy", "")
	if got := f.ok("GET", "/metrics", ""); !strings.Contains(got, `alertd_http_requests_refused_total{reason="gets"} 3`) {
		t.Errorf("the refusals are not counted: %s", got)
	}
	close(end)
	waiting.Wait()
	f.ok("GET", "/api/v2/alerts", "")
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan none)
		f := newFixture(t, func(d *web.Deps) {
			d.Limits.Timeout = time.Second
			d.RuleGroups = func() []web.RuleGroupStatus { <-end; return nil }
		})
		w := f.do("GET", "/api/v1/status", "")
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "Exceeded configured timeout of 1s") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		close(end)
		f.ok("GET", "/api/v2/alerts", "")
	})
}

func TestTooMuch(t *testing.T) {
	f := newFixture(t)
	for _, tc := range []struct {
		name, path, body string
		code             int
		want             string
	}{
		{"very many alerts", "/api/v2/alerts", "[" + strings.Repeat(`{"labels":{"a":"b"}},`, 100_000) + `{"labels":{"a":"b"}}]`, 413, "more than 100000 alerts in one request"},
		{"very many of nothing", "/api/v2/alerts", "[" + strings.Repeat(`{},`, 100_000) + `{}]`, 413, "more than 100000 alerts in one request"},
		{"very many labels", "/api/v2/alerts", `[{"labels":{` + strings.Repeat(`"a":"b",`, 150_000) + `"a":"b"}}]`, 400, "more than 1048576 bytes"},
		{"very many that are wrong", "/api/v2/alerts", "[" + strings.Repeat(`{"labels":{}},`, 500) + `{"labels":{}}]`, 400, "and 401 more that are not valid"},
		{"too large a silence", "/api/v2/silences", `{"matchers":[` + strings.Repeat("{},", 700_000) + `{}]}`, 413, "larger than 2097152 bytes"},
		{"deep objects", "/api/v2/silences", strings.Repeat(`{"matchers":`, 15_000), 400, "exceeded max depth"},
	} {
		f.received = nil
		w := f.do("POST", tc.path, tc.body)
		if w.Code != tc.code || !strings.Contains(w.Body.String(), tc.want) || w.Body.Len() > 10_000 {
			t.Errorf("%s: %d %.300s, want %d with %q", tc.name, w.Code, w.Body, tc.code, tc.want)
		}
		if len(f.received) > 0 {
			t.Errorf("%s: half applied", tc.name)
		}
	}
}

// A metric that cannot be had hides no other.
func TestBrokenMetric(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) {
		d.Registerer.MustRegister(broken{prometheus.NewDesc("alertd_broken", "Never there.", nil, nil)})
	})
	if got := f.ok("GET", "/metrics", ""); !strings.Contains(got, "alertd_build_info{") {
		t.Errorf("only %s", got)
	}
	if !strings.Contains(f.log.String(), "no such luck") {
		t.Errorf("the log does not say why: %s", f.log.String())
	}
}

// broken is a collector that fails.
type broken struct{ desc *prometheus.Desc }

func (b broken) Describe(ch chan<- *prometheus.Desc) { ch <- b.desc }
func (b broken) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(b.desc, errors.New("no such luck"))
}

// What pages of other origins may do.
func TestCORS(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) { d.CORSOrigin = regexp.MustCompile(`^(?:https://good\.example)$`) })
	const good, evil = "https://good.example", "https://evil.example"
	for _, tc := range []struct {
		name, method, path, origin string
		code                       int
		allowed                    bool
	}{
		{"reading", "GET", "/api/v2/alerts", good, 200, true},
		{"changing", "POST", "/api/v2/alerts", good, 200, true},
		{"reading by others", "GET", "/api/v2/alerts", evil, 200, false},
		{"changing by others", "POST", "/api/v2/alerts", evil, 403, false},
		{"changing what is not the API", "POST", "/-/reload", good, 403, false},
		{"the page's button", "POST", "/silences/" + unknownID + "/expire", good, 403, false},
	} {
		body := ""
		if tc.method == "POST" {
			body = "[]"
		}
		w := f.do(tc.method, tc.path, body, "Origin", tc.origin, "Sec-Fetch-Site", "cross-site")
		if w.Code != tc.code || (w.Header().Get("Access-Control-Allow-Origin") == tc.origin) != tc.allowed {
			t.Errorf("%s: %d %v", tc.name, w.Code, w.Header())
		}
	}
	w := f.do("OPTIONS", "/api/v1/alerts", "", "Origin", good, "Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "content-type")
	if h := w.Header(); w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Methods") != "DELETE" || h.Get("Access-Control-Allow-Headers") != "content-type" || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("a preflight: %d %v", w.Code, h)
	}
}
