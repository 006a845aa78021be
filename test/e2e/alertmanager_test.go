package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func post(path, body string) request { return request{method: http.MethodPost, path: path, body: body} }

func posts(path string, bodies ...string) []request {
	var all []request
	for _, b := range bodies {
		all = append(all, post(path, b))
	}
	return all
}

// differences are all in which alertd may answer otherwise than Alertmanager.
func differences() []difference {
	return []difference{
		{"alertd says in other words why a body cannot be read", func(_ request, ours, theirs answer) bool {
			return ours.status == theirs.status && ours.contentType == theirs.contentType && unreadable(ours) != "" && unreadable(ours) == unreadable(theirs)
		}},
		{"Alertmanager panics where a list holds null", func(r request, ours, theirs answer) bool {
			return theirs.body == "no answer" && strings.Contains(r.body, "[null]") && ours.status == http.StatusUnprocessableEntity
		}},
		{"alertd refuses what follows a JSON value", func(r request, ours, _ answer) bool {
			return strings.HasSuffix(r.body, ",") && ours.status == http.StatusBadRequest
		}},
		{"alertd takes the last of two equal keys, Alertmanager both", func(r request, _, _ answer) bool {
			return strings.Count(r.body, `"labels":`) == 2
		}},
		{"alertd reads zones without a colon", func(r request, ours, _ answer) bool {
			return strings.Contains(r.body, "+0100") && ours.status == http.StatusOK
		}},
		{"alertd does not take get for GET", func(r request, ours, _ answer) bool {
			return r.method == "get" && ours.status == http.StatusMethodNotAllowed
		}},
		{"alertd takes an empty Accept header for none", func(r request, ours, theirs answer) bool {
			return slices.Equal(r.headers, []string{"Accept", ""}) && ours.status == http.StatusOK && theirs.status == http.StatusNotAcceptable
		}},
		{"alertd does not know */json", func(r request, ours, _ answer) bool {
			return slices.Equal(r.headers, []string{"Accept", "*/json"}) && ours.status == http.StatusNotAcceptable
		}},
		{"alertd understands escaped characters in a path", func(r request, ours, theirs answer) bool {
			return strings.Contains(r.path, "al%65rts") && ours.status == http.StatusOK && theirs.status == http.StatusNotFound
		}},
		{"Alertmanager fails at a content type that is a pattern", func(r request, ours, theirs answer) bool {
			return theirs.status == http.StatusInternalServerError && ours.status == http.StatusUnsupportedMediaType && strings.Contains(r.headers[1], "*")
		}},
		{"alertd leaves out annotations without text", func(r request, _, theirs answer) bool {
			return strings.Contains(r.path, "Quirk") && strings.Contains(theirs.String(), `"annotations":{"empty":"","summary":"x"}`)
		}},
		{"alertd keeps the start of an alert where a renewal only names its end", func(r request, ours, theirs answer) bool {
			return strings.Contains(r.path, "Quirk") && strings.Contains(theirs.String(), `"startsAt":"2099-`) && strings.Contains(ours.String(), `"startsAt":"2026-`)
		}},
		{"the status tells of the one that answers", func(r request, ours, theirs answer) bool {
			return strings.HasPrefix(r.path, "/api/v2/status") && ours.status == http.StatusOK && ours.status == theirs.status && keys(ours.body) == keys(theirs.body)
		}},
	}
}

// unreadable tells of an answer that a body could not be read: which.
func unreadable(a answer) string {
	text := fmt.Sprint(a.body)
	for _, end := range []string{`body from "" failed, because`, "parsing Content-Type header"} {
		if what, _, ok := strings.Cut(text, end); ok {
			return what + end
		}
	}
	return ""
}

// keys are the names in an object and the objects in it.
func keys(v any) string {
	object, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	var names []string
	for name, value := range object {
		if name != "name" { // of the cluster, which there is none of here
			names = append(names, name+"{"+keys(value)+"}")
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// The same requests in the same state get the same answers from alertd as from
// Alertmanager.
func TestAnswersAsAlertmanager(t *testing.T) {
	t.Parallel()
	p := newPair(t, "", differences())
	const alerts, silences = "/api/v2/alerts", "/api/v2/silences"

	p.compare(reads()...)
	p.compare(posts(alerts, alertBodies()...)...)
	p.compare(posts(silences, silenceBodies()...)...)
	p.compare(media(alerts, `[{"labels":{"gone":"x"},"endsAt":"2020-01-01T00:00:00Z"}]`)...)
	p.compare(media(silences, `{"matchers":[]}`)...)
	p.compare(reads()...) // still nothing

	for _, body := range quirks() {
		p.compare(post(alerts, body))
		p.compare(gets(alerts + "?filter=alertname%3DQuirk")...)
	}
	for _, body := range firing() {
		p.compare(post(alerts, body))
		p.settled(alerts + "/groups")
	}
	p.compare(reads()...)

	for _, step := range silenceSteps() {
		p.compare(step)
		p.compare(gets(alerts, alerts+"/groups", alerts+"?silenced=false", alerts+"?active=false", silences, silences+"?filter=team%3Dweb")...)
	}
	p.compare(reads()...)

	for _, body := range endings() {
		p.compare(post(alerts, body))
		p.settled(alerts + "/groups")
		p.compare(gets(alerts, alerts+"?silenced=false")...)
	}
	p.compare(reads()...)

	for _, d := range p.differences {
		if p.seen[d.name] == 0 {
			t.Errorf("a difference that is none: %s", d.name)
		}
	}
	t.Logf("%d requests compared; differences: %v", p.compared, p.seen)
	if p.compared < 1000 {
		t.Errorf("only %d requests were compared", p.compared)
	}
}

func gets(paths ...string) []request {
	var all []request
	for _, path := range paths {
		all = append(all, request{method: http.MethodGet, path: path})
	}
	return all
}

// Below a path, too.
func TestAnswersAsAlertmanagerBelowAPath(t *testing.T) {
	t.Parallel()
	p := newPair(t, "a/b", differences())
	p.compare(post("/api/v2/alerts", firing()[0]))
	p.settled("/api/v2/alerts/groups")
	p.compare(silenceSteps()[:3]...)
	p.compare(reads()...)
	for _, path := range []string{"/api/v2/alerts", "/api/v2/status", "/-/ready", "/metrics"} {
		if status, _ := get(t, strings.TrimSuffix(p.ours.url, "/a/b")+path); status != http.StatusNotFound {
			t.Errorf("%s above the path answers %d", path, status)
		}
	}
}

// What pages of other origins may do is the same under the flag for it, but that
// alertd lets no other page change anything.
func TestCORSAsAlertmanager(t *testing.T) {
	t.Parallel()
	p := newPair(t, "", append(differences(), difference{
		"alertd takes no changes from pages of other origins", func(r request, ours, _ answer) bool {
			return r.method != http.MethodGet && r.method != http.MethodOptions && ours.status == http.StatusForbidden && slices.ContainsFunc(r.headers, func(h string) bool {
				return h == "http://good.example.evil.example" || h == "https://good_example" || h == "HTTP://GOOD.example" || h == "null"
			})
		},
	}), `--web.cors.origin=https?://(good|fine)\.example(:\d+)?`)
	for _, origin := range []string{"http://good.example", "https://fine.example:8443", "http://good.example.evil.example", "https://good_example", "null", "HTTP://GOOD.example", ""} {
		for _, method := range []string{"GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"} {
			for _, headers := range [][]string{
				{},
				{"Access-Control-Request-Method", "POST"},
				{"Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "content-type,x-a"},
				{"Access-Control-Request-Method", "PUT"},
				{"Access-Control-Request-Method", "post"},
				{"Access-Control-Request-Method", ""},
				{"Access-Control-Request-Headers", "x"},
			} {
				body := ""
				if method == "POST" {
					body = "[]"
				}
				if origin != "" {
					headers = append([]string{"Origin", origin}, headers...)
				}
				p.compare(request{method, "/api/v2/alerts", body, headers})
			}
		}
	}
	t.Logf("%d requests compared; differences: %v", p.compared, p.seen)
}
