package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web"
)

const unknownID = "11111111-1111-4111-8111-111111111111"

// silence is the body of a request for a silence of a="b".
func silence(id, value, starts, ends string) string {
	return fmt.Sprintf(`{"id":%q,"matchers":[{"name":"a","value":%q,"isRegex":false}],"startsAt":"2026-11-23T%sZ","endsAt":"2026-11-23T%sZ","createdBy":"ann","comment":"why"}`,
		id, value, starts, ends)
}

// post creates or changes a silence and returns its id.
func (f *fixture) post(body string) string { return f.postTo("", body) }

func (f *fixture) postTo(prefix, body string) string {
	f.t.Helper()
	var answer struct {
		SilenceID string `json:"silenceID"`
	}
	if err := json.Unmarshal([]byte(f.ok("POST", prefix+"/api/v2/silences", body)), &answer); err != nil {
		f.t.Fatal(err)
	}
	return answer.SilenceID
}

func (f *fixture) stored(id string) *alert.Silence {
	f.t.Helper()
	sil, err := f.store.Silence(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return sil
}

func TestSilenceChanges(t *testing.T) {
	for _, tc := range []struct {
		name         string
		first        string // made at 12:00
		after        time.Duration
		second       string // %s is the first's id
		kept         bool   // the id stays
		old          alert.SilenceState
		starts, ends string // of the second
	}{
		{
			name:  "a later end",
			first: silence("", "b", "11:00:00", "13:00:00"), after: time.Minute,
			second: silence("%s", "b", "12:00:00", "15:00:00"), kept: true, starts: "12:00:00", ends: "15:00:00",
		},
		{
			name:  "the end now",
			first: silence("", "b", "11:00:00", "13:00:00"), after: time.Minute,
			second: silence("%s", "b", "12:00:00", "12:01:00"), kept: true, starts: "12:00:00", ends: "12:01:00",
		},
		{
			name:  "another start",
			first: silence("", "b", "11:00:00", "13:00:00"), after: time.Minute,
			second: silence("%s", "b", "11:59:59", "13:00:00"), old: alert.SilenceExpired, starts: "12:01:00", ends: "13:00:00",
		},
		{
			name:  "other matchers",
			first: silence("", "b", "11:00:00", "13:00:00"), after: time.Minute,
			second: silence("%s", "c", "12:00:00", "13:00:00"), old: alert.SilenceExpired, starts: "12:01:00", ends: "13:00:00",
		},
		{
			name:  "a pending one begins at another time",
			first: silence("", "b", "14:00:00", "15:00:00"), after: time.Minute,
			second: silence("%s", "b", "13:00:00", "15:00:00"), kept: true, starts: "13:00:00", ends: "15:00:00",
		},
		{
			name:  "a pending one begins now",
			first: silence("", "b", "14:00:00", "15:00:00"), after: time.Minute,
			second: silence("%s", "b", "12:00:59", "15:00:00"), old: alert.SilenceExpired, starts: "12:01:00", ends: "15:00:00",
		},
		{
			name:  "one that has ended",
			first: silence("", "b", "11:00:00", "12:30:00"), after: time.Hour,
			second: silence("%s", "b", "12:00:00", "15:00:00"), old: alert.SilenceExpired, starts: "13:00:00", ends: "15:00:00",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t)
			first := f.post(tc.first)
			f.advance(tc.after)
			second := f.post(fmt.Sprintf(tc.second, first))
			if (second == first) != tc.kept {
				t.Errorf("%s became %s, want kept %v", first, second, tc.kept)
			}
			if got := f.stored(first).StateAt(f.clock()); !tc.kept && got != tc.old {
				t.Errorf("the old one is %s, want %s", got, tc.old)
			}
			sil := f.stored(second)
			if !sil.StartsAt.Equal(at(tc.starts)) || !sil.EndsAt.Equal(at(tc.ends)) || !sil.UpdatedAt.Equal(f.clock()) {
				t.Errorf("from %s until %s, want %s until %s", sil.StartsAt, sil.EndsAt, tc.starts, tc.ends)
			}
			if f.woken != 2 {
				t.Errorf("OnSilence was called %d times, want 2", f.woken)
			}
		})
	}
}

func TestSilenceRefused(t *testing.T) {
	const when = `"startsAt":"2026-11-23T11:00:00Z","endsAt":"2026-11-23T14:00:00Z","createdBy":"x","comment":"c"`
	matcher := func(rest string) string { return `{"matchers":[{"name":"a",` + rest + `}],` + when + `}` }
	f := newFixture(t)
	for _, tc := range []struct {
		name, body string
		code       int
		want       string
	}{
		{"nothing", " ", 422, `{"code":602,"message":"silence in body is required"}`},
		{"null", "null", 422, `{"code":602,"message":"comment in body is required"}`},
		{"empty", "{}", 422, `{"code":602,"message":"comment in body is required"}`},
		{"a list", "[]", 400, `{"code":400,"message":"parsing silence body from \"\" failed, because at the top: unexpected array"}`},
		{"half", `{"id":"`, 400, `{"code":400,"message":"parsing silence body from \"\" failed, because unexpected EOF"}`},
		{"two", `{}{}`, 400, `{"code":400,"message":"parsing silence body from \"\" failed, because something follows the JSON value"}`},
		{"no matchers", `{` + when + `}`, 422, `{"code":602,"message":"matchers in body is required"}`},
		{"an empty list of them", `{"matchers":[],` + when + `}`, 422, `{"code":612,"message":"matchers in body should have at least 1 items"}`},
		{"a null matcher", `{"matchers":[null],` + when + `}`, 422, `{"code":602,"message":"matchers.0 in body is required"}`},
		{"no start", `{"matchers":[{"name":"a","value":"b","isRegex":false}],"endsAt":"2026-11-23T14:00:00Z","createdBy":"x","comment":"c"}`, 422, `{"code":602,"message":"startsAt in body is required"}`},
		{"no end", `{"matchers":[],"startsAt":"2026-11-23T14:00:00Z","createdBy":"x","comment":"c"}`, 422, `{"code":602,"message":"endsAt in body is required"}`},
		{"no author", `{"comment":"c"}`, 422, `{"code":602,"message":"createdBy in body is required"}`},
		{"isRegex is missing", matcher(`"value":"b"`), 422, `{"code":602,"message":"matchers.0.isRegex in body is required"}`},
		{"the value is null", matcher(`"value":null,"isRegex":true`), 422, `{"code":602,"message":"matchers.0.value in body is required"}`},
		{"isRegex is a word", matcher(`"value":"b","isRegex":"yes"`), 400, `{"code":400,"message":"parsing silence body from \"\" failed, because matchers.isRegex: unexpected string"}`},
		{"the end first", silence("", "b", "14:00:00", "14:00:00"), 400, `"Failed to create silence: start time must be before end time"`},
		{"the past", silence("", "b", "10:00:00", "11:00:00"), 400, `"Failed to create silence: end time can't be in the past"`},
		{"everything", matcher(`"value":"","isRegex":false`), 400, `"invalid silence: matcher set 0: at least one matcher must not match the empty string"`},
		{"everything by an expression", matcher(`"value":".*","isRegex":true`), 400, `"invalid silence: matcher set 0: at least one matcher must not match the empty string"`},
		{"a broken expression", matcher(`"value":"(","isRegex":true`), 400, "\"invalid silence: invalid label matcher 0 in set 0: invalid regular expression \\\"(\\\": error parsing regexp: missing closing ): `(`\""},
		{"one that only seems whole", matcher(`"value":"x)|(y","isRegex":true`), 400, "\"invalid silence: invalid label matcher 0 in set 0: invalid regular expression \\\"x)|(y\\\": error parsing regexp: unexpected ): `x)|(y`\""},
		{"a nameless label", `{"matchers":[{"name":"","value":"x","isRegex":false}],` + when + `}`, 400, `"invalid silence: invalid label matcher 0 in set 0: invalid label name \"\""`},
		{"an unknown id", silence(unknownID, "b", "11:00:00", "14:00:00"), 404, `"silence not found"`},
		{"an id that is none", silence("nope", "b", "11:00:00", "14:00:00"), 404, `"silence not found"`},
	} {
		w := f.do("POST", "/api/v2/silences", tc.body)
		if w.Code != tc.code || strings.TrimSpace(w.Body.String()) != tc.want {
			t.Errorf("%s: %d %s, want %d %s", tc.name, w.Code, w.Body, tc.code, tc.want)
		}
	}
	if body := f.ok("GET", "/api/v2/silences", ""); strings.TrimSpace(body) != "[]" || f.woken != 0 {
		t.Errorf("something was stored all the same: %s", body)
	}
}

// Alertmanager takes these, so its clients may send them.
func TestSilenceTaken(t *testing.T) {
	f := newFixture(t)
	for _, body := range []string{
		`{"matchers":[{"name":"a","value":"x","isRegex":false,"isEqual":false}],"startsAt":"2026-11-23T11:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"x","comment":"c"}`,
		`{"matchers":[{"name":"a","value":"b","isRegex":false},{"name":"c","value":".*","isRegex":true}],"startsAt":"","endsAt":"2099-01-01T00:00:00Z","createdBy":"","comment":"","annotations":{"k":"v"}}`,
		`{"matchers":[{"name":"späte Züge","value":"b","isRegex":false}],"startsAt":"0001-01-01T00:00:00Z","endsAt":"9999-12-31T23:59:59Z","createdBy":"x","comment":"c"}`,
	} {
		if sil := f.stored(f.post(body)); !sil.StartsAt.Equal(f.clock()) {
			t.Errorf("%s begins at %s, want now", body, sil.StartsAt)
		}
	}
}

func TestGetSilences(t *testing.T) {
	f := newFixture(t)
	f.post(silence("", "late", "11:00:00", "14:30:00"))
	f.post(silence("", "soon", "11:00:00", "13:00:00"))
	f.post(silence("", "pending", "13:00:00", "14:00:00"))
	ended := f.post(silence("", "ended", "11:00:00", "14:00:00"))
	f.post(silenceEtl)
	f.advance(time.Second)
	f.ok("DELETE", "/api/v2/silence/"+ended, "")
	golden(t, "silences.json", f.ok("GET", "/api/v2/silences", ""))
	golden(t, "silence.json", f.ok("GET", "/api/v2/silence/"+ended, ""))

	for query, want := range map[string]int{
		"":                                      5,
		"active=false":                          2,
		"expired=false&pending=false":           3,
		"expired=0&pending=0&active=wrong":      0,
		"filter=" + url.QueryEscape(`a="soon"`): 1,
		"filter=" + url.QueryEscape(`team=~"e.l"`):                                            1,
		"filter=" + url.QueryEscape(`team="etl"`):                                             0, // it is not a matcher of that silence
		"filter=" + url.QueryEscape(`a="soon"`) + "&filter=" + url.QueryEscape(`team=~"e.l"`): 0,
	} {
		if got := strings.Count(f.ok("GET", "/api/v2/silences?"+query, ""), `"id"`); got != want {
			t.Errorf("%s: %d silences, want %d", query, got, want)
		}
	}
	if w := f.do("GET", "/api/v2/silences?filter=(", ""); w.Code != http.StatusBadRequest {
		t.Errorf("a bad filter: %d", w.Code)
	}
}

func TestSilenceByID(t *testing.T) {
	f := newFixture(t)
	id := f.post(silence("", "b", "11:00:00", "14:00:00"))
	pending := f.post(silence("", "b", "13:00:00", "14:00:00"))
	f.advance(time.Second)
	for _, id := range []string{id, id, pending, pending} {
		if body := f.ok("DELETE", "/api/v2/silence/"+id, ""); body != "" {
			t.Errorf("ending it answers %s, want an empty body", body)
		}
		if sil := f.stored(id); sil.StateAt(f.clock()) != alert.SilenceExpired || !sil.EndsAt.Equal(f.clock()) {
			t.Errorf("it is %+v", sil)
		}
	}
	if f.woken != 4 {
		t.Errorf("OnSilence was called %d times, want 4: ending an ended one changes nothing", f.woken)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if w := f.do(method, "/api/v2/silence/"+unknownID, ""); w.Code != http.StatusNotFound || w.Body.Len() > 0 {
			t.Errorf("%s of an unknown one: %d %s", method, w.Code, w.Body)
		}
		w := f.do(method, "/api/v2/silence/nope", "")
		if want := `{"code":601,"message":"silenceID in path must be of type uuid: \"nope\""}`; w.Code != 422 || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s of what is no id: %d %s", method, w.Code, w.Body)
		}
	}
}

func TestSizeOfAllSilences(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) { d.Limits = web.Limits{AllSilences: 20} })
	f.post(silence("", "b", "11:00:00", "14:00:00"))
	f.post(silence("", "c", "11:00:00", "14:00:00"))
	w := f.do("POST", "/api/v2/silences", silence("", "d", "11:00:00", "14:00:00"))
	if want := `"exceeded maximum size of all silences: 27 bytes (limit: 20 bytes)"`; w.Code != 400 || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("one too many: %d %s, want %s", w.Code, w.Body, want)
	}
}

func TestSilenceLimits(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) { d.Limits = web.Limits{Silences: 2, SilenceBytes: 50} })
	id := f.post(silence("", "b", "11:00:00", "14:00:00"))
	f.post(silence("", "c", "11:00:00", "14:00:00"))
	w := f.do("POST", "/api/v2/silences", silence("", "d", "11:00:00", "14:00:00"))
	if want := `"exceeded maximum number of silences: 2 (limit: 2)"`; w.Code != 400 || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do("POST", "/api/v2/silences", silence(id, "e", "12:00:00", "14:00:00")); w.Code != 400 {
		t.Errorf("replacing one needs room too: %d %s", w.Code, w.Body)
	}
	if got := f.stored(id).StateAt(f.clock()); got != alert.SilenceActive {
		t.Errorf("the one that could not be replaced is %s", got)
	}
	if again := f.post(silence(id, "b", "12:00:00", "15:00:00")); again != id {
		t.Error("prolonging one needs no room")
	}
	w = f.do("POST", "/api/v2/silences", silence(id, strings.Repeat("b", 50), "12:00:00", "15:00:00"))
	if want := `"silence exceeded maximum size: 58 bytes (limit: 50 bytes)"`; w.Code != 400 || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// brokenStore fails whatever it is asked.
type brokenStore struct{ web.Store }

var errBroken = errors.New("the disk is full")

func (brokenStore) ActiveAlerts(context.Context) ([]alert.Alert, error) { return nil, errBroken }

func (brokenStore) Silences(context.Context) (alert.Silences, error) { return nil, errBroken }

func (brokenStore) Silence(context.Context, string) (*alert.Silence, error) { return nil, errBroken }

func (brokenStore) Queue(context.Context) ([]alert.QueueDepth, error) { return nil, errBroken }

func (brokenStore) SaveSilences(context.Context, time.Time, ...alert.Silence) error {
	return errBroken
}

func TestStoreFails(t *testing.T) {
	f := newFixture(t, func(d *web.Deps) { d.Store = brokenStore{d.Store} })
	for _, tc := range []struct{ method, target, body string }{
		{"POST", "/api/v2/silences", silence("", "b", "11:00:00", "14:00:00")},
		{"POST", "/api/v2/silences", silence(unknownID, "b", "11:00:00", "14:00:00")},
		{"DELETE", "/api/v2/silence/" + unknownID, ""},
		{"GET", "/api/v2/silence/" + unknownID, ""},
		{"GET", "/api/v2/silences", ""},
		{"GET", "/api/v2/alerts", ""},
		{"GET", "/api/v2/alerts/groups", ""},
		{"GET", "/api/v1/status", ""},
		{"GET", "/", ""},
		{"POST", "/silences/" + unknownID + "/expire", ""},
	} {
		if w := f.do(tc.method, tc.target, tc.body); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "the disk is full") {
			t.Errorf("%s %s: %d %s", tc.method, tc.target, w.Code, w.Body)
		}
	}
	if f.woken != 0 {
		t.Error("OnSilence was called for what was not committed")
	}
}

// A silence is in the store before anybody hears of it, and changes of one do
// not run into each other.
func TestSilencesConcurrently(t *testing.T) {
	f := newFixture(t)
	id := f.post(silence("", "b", "11:00:00", "14:00:00"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { f.post(silence(id, "c", "12:00:00", "14:00:00")) })
		wg.Go(func() { f.ok("DELETE", "/api/v2/silence/"+id, "") })
	}
	wg.Wait()
	all, err := f.store.Silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 9 || f.stored(id).StateAt(f.clock()) != alert.SilenceExpired {
		t.Errorf("%d silences, want the old one, expired, and 8 new ones", len(all))
	}
}
