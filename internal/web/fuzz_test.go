package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever comes in, the answer is no failure of ours.
func FuzzHandlers(f *testing.F) {
	paths := []string{
		"/", "/-/healthy", "/-/ready", "/-/reload", "/metrics", "/api/v1/status", "/api/v1/config", "/api/v1/receivers/ops/test",
		"/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences", "/api/v2/silence/" + unknownID,
		"/api/v2/status", "/api/v2/receivers", "/silences/" + unknownID + "/expire", "/api/v2/silence/",
	}
	for i, path := range paths {
		f.Add("GET", path, "", "", "", []byte(nil))
		f.Add("POST", path, "filter=a%3Db", "application/json", "*/*", []byte(`[{"labels":{"a":"b"}}]`))
		f.Add("DELETE", paths[len(paths)-1-i], "receiver=(", "text/plain", "x/y;q=,", []byte("x"))
	}
	for _, body := range []string{
		silenceEtl, silence("", "b", "11:00:00", "14:00:00"), "null", "[null]", "{", `[{"labels":{"a":1}}]`,
		`[{"labels":{"":"x"},"startsAt":"9999-12-31T23:59:59-23:00","endsAt":""}]`, "\xff\xfe", strings.Repeat("[", 100),
		`{"matchers":[{"name":"a","value":"(x{1000}){1000}","isRegex":true}],"startsAt":"0000-01-01T00:00:00Z","endsAt":"9999-12-31T23:59:59Z","createdBy":"","comment":"` + "\x00" + `"}`,
	} {
		f.Add("POST", "/api/v2/silences", "", "application/json", "", []byte(body))
		f.Add("POST", "/api/v2/alerts", "", "application/json", "", []byte(body))
	}
	for _, query := range []string{"filter=%ff", "filter={a}&active=%00", "receiver=%5C", "filter=%22%5Cx", "receiver_matchers=%7B", ";;&&=="} {
		f.Add("GET", "/api/v2/alerts", query, "", "", []byte(nil))
		f.Add("GET", "/api/v2/silences", query, "", "", []byte(nil))
	}
	fix := newFixture(f)
	fix.commit(someAlerts()...)
	f.Fuzz(func(t *testing.T, method, path, query, contentType, accept string, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Accept", accept)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		w := httptest.NewRecorder()
		fix.handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%q %q?%q [%q] %q: %d %s", method, path, query, contentType, body, w.Code, w.Body)
		}
	})
}
