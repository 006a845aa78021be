package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"alertd/internal/alert"
	"alertd/internal/web"
)

const silenceEtl = `{"matchers":[{"name":"team","value":"e.l","isRegex":true}],` +
	`"startsAt":"2026-11-23T11:00:00Z","endsAt":"2026-11-23T14:00:00Z","createdBy":"ann","comment":"migration"}`

func TestGetAlerts(t *testing.T) {
	f := newFixture(t)
	golden(t, "alerts_none.json", f.ok("GET", "/api/v2/alerts", ""))
	f.commit(someAlerts()...)
	f.ok("POST", "/api/v2/silences", silenceEtl)
	golden(t, "alerts.json", f.ok("GET", "/api/v2/alerts", ""))
	golden(t, "groups.json", f.ok("GET", "/api/v2/alerts/groups", ""))

	for _, tc := range []struct {
		query string
		want  []string
	}{
		{"", []string{"db-1", "db-2", "Posted"}},
		{"active=false", []string{"Posted"}},
		{"active=banana", []string{"Posted"}},
		{"active=TRUE&silenced=", []string{"db-1", "db-2", "Posted"}},
		{"silenced=false", []string{"db-1", "db-2"}},
		{"silenced=true&silenced=no", []string{"db-1", "db-2"}},
		{"inhibited=false&unprocessed=false", []string{"db-1", "db-2", "Posted"}},
		{"silenced=false&active=false", nil},
		{"filter=" + url.QueryEscape(`alertname="DiskFull"`), []string{"db-1", "db-2"}},
		{"filter=" + url.QueryEscape(`alertname=DiskFull`) + "&filter=" + url.QueryEscape(`instance=~"db-2.*"`), []string{"db-2"}},
		{"filter=" + url.QueryEscape(`team=""`), []string{"db-1", "db-2"}},
		{"filter=" + url.QueryEscape(`team!=""`), []string{"Posted"}},
		{"filter=" + url.QueryEscape(`"ünknown label"!=x`), []string{"db-1", "db-2", "Posted"}},
		{"filter=" + url.QueryEscape(`alertname=a,b`), nil},
		{"receiver=pag.r", []string{"db-1"}},
		{"receiver=pag", nil},
		{"receiver_matchers=" + url.QueryEscape(`owner="sre"`), []string{"db-1"}},
		{"receiver_matchers=name%3Dops&receiver=pager", []string{"db-1"}},
		{"%zz", []string{"db-1", "db-2", "Posted"}},
	} {
		var got []struct{ Labels map[string]string }
		if err := json.Unmarshal([]byte(f.ok("GET", "/api/v2/alerts?"+tc.query, "")), &got); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range got {
			host, _, isHost := strings.Cut(a.Labels["instance"], ":")
			if !isHost {
				host = a.Labels["alertname"]
			}
			names = append(names, host)
		}
		if diff := cmp.Diff(tc.want, names, cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tc.query, diff)
		}
	}

	for query, want := range map[string]string{
		"filter=foo":                 `"bad matcher format: foo"`,
		"filter=":                    `"bad matcher format: "`,
		"filter=%7Ba%3D":             `"unexpected open or close brace: {a="`,
		"filter=%7Ba%3D%22b%22%7D":   `"unexpected open or close brace: {a=\"b\"}"`,
		"filter=a%3D~%22(%22":        "\"error parsing regexp: missing closing ): `^(?:()$`\"",
		"receiver=(":                 "\"failed to parse receiver param: error parsing regexp: missing closing ): `^(?:()$`\"",
		"receiver_matchers=%3D":      `"failed to parse receiver_matchers param: bad matcher format: ="`,
		"filter=a%3Db&filter=%3D%3D": `"bad matcher format: =="`,
	} {
		for _, path := range []string{"/api/v2/alerts?", "/api/v2/alerts/groups?"} {
			if w := f.do("GET", path+query, ""); w.Code != http.StatusBadRequest || strings.TrimSpace(w.Body.String()) != want {
				t.Errorf("%s%s: %d %s, want 400 %s", path, query, w.Code, w.Body, want)
			}
		}
	}
}

// Clients take the fingerprint for an alert's identity.
func TestAlertsOfEqualLabelsAreOne(t *testing.T) {
	f := newFixture(t)
	a := someAlerts()[0]
	b := a
	b.RuleID, b.ActiveAt, b.FiredAt = "other", at("10:00:00"), at("10:00:00")
	f.commit(a, b)
	body := f.ok("GET", "/api/v2/alerts", "")
	if strings.Count(body, "fingerprint") != 1 || !strings.Contains(body, "T10:00:00.000Z") {
		t.Errorf("want one alert, since 10:00: %s", body)
	}
}

func TestPostAlerts(t *testing.T) {
	f := newFixture(t)
	many := strings.Builder{}
	for i := range 1001 {
		many.WriteString(`"l` + strconv.Itoa(i) + `":"x",`)
	}
	for _, tc := range []struct {
		name, body string
		code       int
		want       string // "" is an empty body
		stored     int
	}{
		{"an empty list", `[]`, 200, ``, 0},
		{"null", `null`, 200, ``, 0},
		{"a stranger's field", `[{"labels":{"a":"b"},"unknown":1}]`, 200, ``, 1},
		{"keys in another case", `[{"Labels":{"a":"b"}}]`, 200, ``, 1},
		{"a label name with a blank", `[{"labels":{"a b":"x"}}]`, 200, ``, 1},
		{"bytes that are no UTF-8", "[{\"labels\":{\"a\":\"\xff\"}}]", 200, ``, 1},
		{"no annotations", `[{"labels":{"a":"b"},"annotations":null}]`, 200, ``, 1},
		{"an empty URL", `[{"labels":{"a":"b"},"generatorURL":""}]`, 200, ``, 1},
		{"nothing", ` `, 422, `{"code":602,"message":"alerts in body is required"}`, 0},
		{"half", `[{"labels":{"a":"b"}}`, 400, `{"code":400,"message":"parsing alerts body from \"\" failed, because unexpected EOF"}`, 0},
		{"an object", `{}`, 400, `{"code":400,"message":"parsing alerts body from \"\" failed, because it is not a list"}`, 0},
		{"two values", `[{"labels":{"a":"b"}}][]`, 400, `{"code":400,"message":"parsing alerts body from \"\" failed, because something follows the JSON value"}`, 0},
		{"a null alert", `[null]`, 422, `{"code":602,"message":"0 in body is required"}`, 0},
		{"no labels", `[{"labels":{"a":"b"}},{}]`, 422, `{"code":602,"message":"1.labels in body is required"}`, 0},
		{"null labels", `[{"labels":null}]`, 422, `{"code":602,"message":"0.labels in body is required"}`, 0},
		{"empty labels", `[{"labels":{}}]`, 400, `"at least one label pair required"`, 0},
		{"only empty values", `[{"labels":{"a":"","b":null}}]`, 400, `"at least one label pair required"`, 0},
		{"an empty name", `[{"labels":{"":"x"}}]`, 400, `"invalid label set: invalid name \"\""`, 0},
		{"a number for a value", `[{"labels":{"a":1}}]`, 400, `{"code":400,"message":"parsing alerts body from \"\" failed, because labels: unexpected number"}`, 0},
		{"a list for labels", `[{"labels":[]}]`, 400, `{"code":400,"message":"parsing alerts body from \"\" failed, because labels: unexpected array"}`, 0},
		{"a bad URL", `[{"labels":{"a":"b"},"generatorURL":"::"}]`, 422, `{"code":601,"message":"0.generatorURL in body must be of type uri: \"::\""}`, 0},
		{"a relative URL", `[{"labels":{"a":"b"},"generatorURL":"x/y"}]`, 422, `{"code":601,"message":"0.generatorURL in body must be of type uri: \"x/y\""}`, 0},
		{"no time", `[{"labels":{"a":"b"},"startsAt":"xyz"}]`, 400, `{"code":400,"message":"parsing alerts body from \"\" failed, because \"xyz\" is not a time such as 2006-01-02T15:04:05Z"}`, 0},
		{"the end first", `[{"labels":{"a":"b"},"startsAt":"2030-01-01T00:00:00Z","endsAt":"2029-01-01T00:00:00Z"}]`, 400, `"start time must be before end time"`, 0},
		{
			"one good among bad", `[{"labels":{"ok":"1"}},{"labels":{}},{"labels":{"a":"b"},"startsAt":"2030-01-01T00:00:00Z","endsAt":"2029-01-01T00:00:00Z"}]`,
			400, `"at least one label pair required\nstart time must be before end time"`, 1,
		},
		{"too many labels", `[{"labels":{` + strings.TrimSuffix(many.String(), ",") + `}},{"labels":{"a":"b"}}]`, 400, `"invalid label set: 1001 pairs, more than 1000"`, 1},
		{"too long a label set", `[{"labels":{"a":"` + strings.Repeat("x", 1<<20) + `"}}]`, 400, `"invalid label set: more than 1048576 bytes"`, 0},
		{"too long annotations", `[{"labels":{"a":"b"},"annotations":{"a":"` + strings.Repeat("x", 1<<20) + `"}}]`, 400, `"invalid annotations: more than 1048576 bytes"`, 0},
		{"deeply nested", strings.Repeat("[", 20000), 400, `{"code":400,"message":"parsing alerts body from \"\" failed, because invalid character '[' exceeded max depth"}`, 0},
	} {
		f.received = nil
		w := f.do("POST", "/api/v2/alerts", tc.body)
		if w.Code != tc.code || strings.TrimSpace(w.Body.String()) != tc.want || len(f.received) != tc.stored {
			t.Errorf("%s: %d %s and %d stored, want %d %s and %d", tc.name, w.Code, w.Body, len(f.received), tc.code, tc.want, tc.stored)
		}
	}
}

func TestPostAlertsFillsIn(t *testing.T) {
	f := newFixture(t)
	f.ok("POST", "/api/v2/alerts", `[
		{"labels":{"b":"2","a":"1","empty":""},"annotations":{"summary":"<b>"},"generatorURL":"http://p/g?x=1"},
		{"labels":{"a":"1"},"startsAt":"2026-11-23T10:00:00+01:00","endsAt":"2026-11-23T13:00:00.123456789Z"},
		{"labels":{"a":"1"},"startsAt":"0001-01-01T00:00:00Z","endsAt":"2026-11-23 08:00:00"},
		{"labels":{"a":"1"},"startsAt":""}]`)
	want := []web.PostedAlert{
		{
			Labels: alert.LabelsFromStrings("a", "1", "b", "2"), Annotations: alert.LabelsFromStrings("summary", "<b>"),
			StartsAt: at("12:00:00"), GeneratorURL: "http://p/g?x=1",
		},
		{Labels: alert.LabelsFromStrings("a", "1"), StartsAt: at("09:00:00"), EndsAt: at("13:00:00").Add(123456789)},
		{Labels: alert.LabelsFromStrings("a", "1"), StartsAt: at("08:00:00"), EndsAt: at("08:00:00")},
		{Labels: alert.LabelsFromStrings("a", "1"), StartsAt: time.Unix(0, 0).UTC()},
	}
	if diff := cmp.Diff(want, f.received); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOversizedBodies(t *testing.T) {
	f := newFixture(t)
	huge := `[{"labels":{"a":"` + strings.Repeat("x", 16<<20) + `"}}]`
	for _, path := range []string{"/api/v2/alerts", "/api/v2/silences"} {
		body := huge
		if path == "/api/v2/silences" {
			body = `{"comment":` + huge
		}
		if w := f.do("POST", path, body); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %.200s, want 413", path, w.Code, w.Body)
		}
	}
	if len(f.received) > 0 {
		t.Error("a part of it was taken")
	}
}

func TestIntakeFails(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) {
		d.Receive = func(context.Context, []web.PostedAlert) error { return errors.New("the disk is full") }
	})
	w := f.do("POST", "/api/v2/alerts", `[{"labels":{"a":"b"}},{"labels":{}}]`)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "the disk is full") {
		t.Errorf("%d %s: its sender must learn that it was not taken", w.Code, w.Body)
	}
}

func TestManners(t *testing.T) {
	f := newFixture(t)
	const id = "/api/v2/silence/11111111-1111-4111-8111-111111111111"
	for _, tc := range []struct {
		method, target, contentType, accept, body string
		code                                      int
		want                                      string
	}{
		{"GET", "/api/v2/alerts", "text/plain", "", "", 200, `[]`},
		{"GET", "/api/v2/alerts/", "", "", "", 200, `[]`},
		{"GET", "/api/v2/alerts", "", "text/html,application/xhtml+xml,*/*;q=0.8", "", 200, `[]`},
		{"GET", "/api/v2/alerts", "", "application/*;q=0.1", "", 200, `[]`},
		{"GET", "/api/v2/alerts", "", "text/html", "", 406, `{"code":406,"message":"unsupported media type requested, only [application/json] are available"}`},
		{"GET", "/api/v2/alerts", "", "application/json;q=0", "", 406, `{"code":406,"message":"unsupported media type requested, only [application/json] are available"}`},
		{"PUT", "/api/v2/alerts", "application/json", "", "[]", 405, `{"code":405,"message":"method PUT is not allowed, but [GET,POST] are"}`},
		{"HEAD", "/api/v2/status", "", "", "", 405, `{"code":405,"message":"method HEAD is not allowed, but [GET] are"}`},
		{"POST", id, "application/json", "", "{}", 405, `{"code":405,"message":"method POST is not allowed, but [DELETE,GET] are"}`},
		{"GET", "/api/v2/nothing", "", "", "", 404, `{"code":404,"message":"path /api/v2/nothing was not found"}`},
		{"GET", "/api/v2/silence/", "", "", "", 404, `{"code":404,"message":"path /api/v2/silence/ was not found"}`},
		{"GET", "/api/v2/silence/a/b", "", "", "", 404, `{"code":404,"message":"path /api/v2/silence/a/b was not found"}`},
		{"POST", "/api/v2/alerts", "", "", "[]", 415, `{"code":415,"message":"unsupported media type \"application/octet-stream\", only [application/json] are allowed"}`},
		{"POST", "/api/v2/alerts", "text/plain", "", "[]", 415, `{"code":415,"message":"unsupported media type \"text/plain\", only [application/json] are allowed"}`},
		{"POST", "/api/v2/alerts", "*/*", "", "[]", 415, `{"code":415,"message":"unsupported media type \"*/*\", only [application/json] are allowed"}`},
		{"POST", "/api/v2/alerts", "application/json;;;", "", "[]", 400, `{"code":400,"message":"parsing Content-Type header from \"application/json;;;\" failed, because mime: invalid media parameter"}`},
		{"POST", "/api/v2/alerts", "application/JSON; charset=utf-8", "text/html", "[]", 200, ``},
		{"POST", "/api/v2/alerts", "application/json", "", "", 422, `{"code":602,"message":"alerts in body is required"}`},
		{"DELETE", id, "text/plain", "", "x", 415, `{"code":415,"message":"unsupported media type \"text/plain\", only [application/json] are allowed"}`},
	} {
		r := f.do(tc.method, tc.target, tc.body, "Content-Type", tc.contentType, "Accept", tc.accept)
		if r.Code != tc.code || strings.TrimSpace(r.Body.String()) != tc.want {
			t.Errorf("%s %s [%s] [%s]: %d %s, want %d %s", tc.method, tc.target, tc.contentType, tc.accept, r.Code, r.Body, tc.code, tc.want)
		}
		if tc.code != 404 && r.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s may be cached", tc.method, tc.target)
		}
	}
}

func TestStatusAndReceivers(t *testing.T) {
	f := newFixture(t)
	golden(t, "status.json", f.ok("GET", "/api/v2/status", ""))
	golden(t, "receivers.json", f.ok("GET", "/api/v2/receivers", ""))
	golden(t, "receivers_sre.json", f.ok("GET", "/api/v2/receivers?receiver_matchers=owner%3Dsre", ""))
	if w := f.do("GET", "/api/v2/receivers?receiver_matchers=x", ""); w.Code != http.StatusBadRequest {
		t.Errorf("a bad matcher: %d %s", w.Code, w.Body)
	}
}

// Some expressions of a few kB take a gigabyte to compile.
func TestExpressionsTooLarge(t *testing.T) {
	f := newFixture(t)
	bomb := strings.Repeat("x{1000}", 3000)
	for _, query := range []string{
		"receiver=" + bomb,
		"filter=" + url.QueryEscape(`a=~`+bomb+"y"),
		"filter=" + url.QueryEscape(`a!~ "`+bomb+`"`),
		"filter=" + url.QueryEscape(`"=~("=~"`+bomb+`"`),
		"receiver_matchers=" + url.QueryEscape(`a=~"(x{10}y){99}`+bomb+`"`),
		strings.Repeat("filter="+url.QueryEscape(`a=~"x{1000}"`)+"&", 200),
	} {
		if w := f.do("GET", "/api/v2/alerts?"+query, ""); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "is too large") {
			t.Errorf("%.60s: %d %.200s", query, w.Code, w.Body)
		}
	}
	body := strings.Replace(silenceEtl, "e.l", bomb, 1)
	if w := f.do("POST", "/api/v2/silences", body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "is too large") {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
	const matcher = `{"name":"a","value":"x{1000}","isRegex":true}`
	body = `{"matchers":[` + strings.Repeat(matcher+",", 200) + matcher + `],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"x","comment":""}`
	if w := f.do("POST", "/api/v2/silences", body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "with the others") {
		t.Errorf("many expressions: %d %.200s", w.Code, w.Body)
	}
	f.ok("GET", "/api/v2/alerts?filter="+url.QueryEscape(`instance=~"`+strings.Repeat("host-[0-9]{1,3}|", 500)+`x"`), "")
}
