package web_test

import (
	"bytes"
	"encoding/json"
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

// send posts JSON and returns status and body, which must be what clients know:
// nothing, a string, or an object with code and message.
func (f *fixture) send(t *testing.T, path string, body []byte) (int, string) {
	r := httptest.NewRequestWithContext(t.Context(), "POST", path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
		t.Fatalf("%q: %d and no JSON: %s", body, w.Code, w.Body)
	}
	return w.Code, w.Body.String()
}

// Of any body either the valid alerts are taken, or nothing.
func FuzzPostAlerts(f *testing.F) {
	for _, seed := range []string{
		`[]`, `null`, `[{}]`, `[null]`, `[{"labels":{"a":"b"}}]`, `[{"labels":{"a":"b"},"startsAt":"2026-11-23T12:00:00Z","endsAt":"2026-11-23T11:00:00Z"},{"labels":{"":"x"}}]`,
		`[{"labels":{"a":"b"}},{"labels":{"a":"b"},"generatorURL":"::"}]`, `[{"labels":{"a":"b"},"annotations":{"":"x"},"endsAt":"2030-01-01"}]`, "[{\"labels\":{\"\xff\":\"\\ud800\"}}]", `[{"labels":{"a":"b"}}]x`,
		`[{"labels":{"a":"b","a":"c"},"LABELS":{"d":"e"}}]`, `[{"labels":{"a":"b"},"startsAt":"0000-01-01T00:00:00Z","endsAt":"9999-12-31T23:59:59-23:59"}]`,
	} {
		f.Add([]byte(seed))
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		fix.received = nil
		code, answer := fix.send(t, "/api/v2/alerts", body)
		switch {
		case code == http.StatusOK:
		case code == http.StatusBadRequest && strings.HasPrefix(answer, `"`): // some were not valid
		case (code == http.StatusBadRequest || code == http.StatusUnprocessableEntity || code == http.StatusRequestEntityTooLarge) && len(fix.received) == 0:
		default:
			t.Errorf("%q: %d %s, and %d were taken", body, code, answer, len(fix.received))
		}
		for _, a := range fix.received {
			if len(a.Labels) == 0 || a.StartsAt.IsZero() || !a.EndsAt.IsZero() && a.EndsAt.Before(a.StartsAt) {
				t.Errorf("%q: taken %+v", body, a)
			}
			for i, l := range a.Labels {
				if l.Name == "" || l.Value == "" || i > 0 && a.Labels[i-1].Name >= l.Name {
					t.Errorf("%q: labels %v", body, a.Labels)
				}
			}
		}
	})
}

// Of any body either a silence is made that can be asked for, or none.
func FuzzPostSilences(f *testing.F) {
	for _, seed := range []string{
		silenceEtl, silence("", "b", "11:00:00", "14:00:00"), silence(unknownID, "b", "11:00:00", "14:00:00"), silence("x", "b", "14:00:00", "11:00:00"), `null`, `{}`, `[]`,
		`{"matchers":[{"name":"a","value":"(","isRegex":true}],"startsAt":"2026-11-23T11:00:00Z","endsAt":"2026-11-24T11:00:00Z","createdBy":"","comment":""}`,
		`{"matchers":[{"name":"a","value":"a)|(b","isRegex":true,"isEqual":false},null],"startsAt":"2026-11-23","endsAt":"2099-01-01","createdBy":"\u0000","comment":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		code, answer := fix.send(t, "/api/v2/silences", body)
		switch code {
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusRequestEntityTooLarge:
			return
		case http.StatusOK:
		default:
			t.Fatalf("%q: %d %s", body, code, answer)
		}
		var made struct{ SilenceID string }
		if err := json.Unmarshal([]byte(answer), &made); err != nil || made.SilenceID == "" {
			t.Fatalf("%q: %s", body, answer)
		}
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v2/silence/"+made.SilenceID, nil)
		w := httptest.NewRecorder()
		fix.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q is served as %d %s", body, w.Code, w.Body)
		}
	})
}
