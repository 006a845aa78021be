package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/store"
	"alertd/internal/web"
)

// recurring keeps recurring silences in the store, with an occurrence each, as
// far as the API can tell.
type recurring struct{ store.Store }

func (recurring) Check(r *alert.RecurringSilence, _ time.Time) error {
	if !strings.HasPrefix(r.Schedule, "0 22") {
		return errors.New("the schedule is wrong")
	}
	return nil
}

func (c recurring) SetRecurring(ctx context.Context, r alert.RecurringSilence, now time.Time) error {
	return c.SetRecurringSilence(ctx, now, &r, alert.Silence{
		ID: "c8a1a2f4-3b9e-4c4b-8c83-6c9a5c1d9a01", Matchers: r.Matchers, StartsAt: at("22:00:00"), EndsAt: at("22:00:00").Add(r.Duration),
		Annotations: alert.LabelsFromStrings(alert.RecurringAnnotation, r.ID), UpdatedAt: now,
	})
}

func (c recurring) DeleteRecurring(ctx context.Context, id string, now time.Time) error {
	return c.DeleteRecurringSilence(ctx, now, id)
}

func (recurring) Timezone() string { return "Europe/Paris" }

const nightly = `{"matchers":[{"name":"alertname","value":"DiskFull","isRegex":false}],"schedule":"0 22 * * SAT","duration":"4h","createdBy":"ann","comment":"backups"}`

func newRecurringFixture(t *testing.T) *fixture {
	return newFixture(t, func(d *web.Deps) {
		d.Recurring, d.Limits.Recurring = recurring{d.Store.(store.Store)}, 2
	})
}

func TestRecurringSilences(t *testing.T) {
	f := newRecurringFixture(t)
	if got := f.ok("GET", "/api/v1/silences/recurring", ""); got != "[]\n" {
		t.Errorf("at first: %s", got)
	}
	var made struct{ ID string }
	answer := f.ok("POST", "/api/v1/silences/recurring", nightly)
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		t.Fatal(err)
	}
	golden(t, "v1_recurring.json", f.ok("GET", "/api/v1/silences/recurring", ""))
	wantAll(t, f.page(), "recurring")

	changed := strings.Replace(nightly, "{", `{"id":"`+made.ID+`","timezone":"UTC",`, 1)
	f.ok("POST", "/api/v1/silences/recurring", strings.Replace(changed, "backups", "changed", 1))
	if got := f.ok("GET", "/api/v1/silences/recurring", ""); !strings.Contains(got, "changed") || !strings.Contains(got, `"timezone":"UTC"`) {
		t.Errorf("changed: %s", got)
	}
	f.ok("DELETE", "/api/v1/silences/recurring/"+made.ID, "")
	if got := f.ok("GET", "/api/v1/silences/recurring", ""); got != "[]\n" {
		t.Errorf("deleted: %s", got)
	}
}

func TestRecurringSilencesRefused(t *testing.T) {
	f := newRecurringFixture(t)
	for _, c := range []struct {
		from, to string
		want     int
	}{
		{"0 22 * * SAT", "sometimes", http.StatusBadRequest},
		{"4h", "a while", http.StatusBadRequest},
		{"DiskFull", "", http.StatusBadRequest},
		{`,"isRegex":false`, "", http.StatusUnprocessableEntity},
		{`{"matchers"`, `{"id":"` + unknownID + `","matchers"`, http.StatusNotFound},
		{`[{"name":"alertname","value":"DiskFull","isRegex":false}]`, "[]", http.StatusBadRequest},
	} {
		body := strings.Replace(nightly, c.from, c.to, 1)
		if body == nightly {
			t.Fatalf("there is no %s to replace", c.from)
		}
		if w := f.do("POST", "/api/v1/silences/recurring", body); w.Code != c.want {
			t.Errorf("%s for %s: %d %s, want %d", c.to, c.from, w.Code, w.Body, c.want)
		}
	}
	for range 2 {
		f.ok("POST", "/api/v1/silences/recurring", nightly)
	}
	if w := f.do("POST", "/api/v1/silences/recurring", nightly); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "no more than 2") {
		t.Errorf("one too many: %d %s", w.Code, w.Body)
	}
	if w := f.do("DELETE", "/api/v1/silences/recurring/"+unknownID, ""); w.Code != http.StatusNotFound {
		t.Errorf("deleting one that is not there: %d %s", w.Code, w.Body)
	}
	without := newFixture(t)
	if w := without.do("POST", "/api/v1/silences/recurring", nightly); w.Code != http.StatusNotFound {
		t.Errorf("where there are none: %d %s", w.Code, w.Body)
	}
}

func TestSilenceAnnotations(t *testing.T) {
	f := newFixture(t)
	annotated := func(body, annotations string) string {
		return strings.Replace(body, "{", `{"annotations":`+annotations+`,`, 1)
	}
	read := func(id string) map[string]string {
		t.Helper()
		var got struct{ Annotations map[string]string }
		if err := json.Unmarshal([]byte(f.ok("GET", "/api/v2/silence/"+id, "")), &got); err != nil {
			t.Fatal(err)
		}
		return got.Annotations
	}
	id := f.post(annotated(silence("", "b", "12:00:00", "14:00:00"), `{"ticket":"X-1","until_resolved":"true","recurring":"r","empty":""}`))
	if got := read(id); len(got) != 3 || got["ticket"] != "X-1" {
		t.Errorf("created: %v", got)
	}
	if !f.stored(id).UntilResolved() {
		t.Error("it does not end with what it silences")
	}
	// A client that knows nothing of annotations does not lose them.
	if same := f.post(silence(id, "b", "12:00:00", "15:00:00")); same != id || len(read(id)) != 3 {
		t.Errorf("extended: %s %v", same, read(id))
	}
	other := f.post(silence(id, "c", "12:00:00", "15:00:00"))
	if got := read(other); got["ticket"] != "X-1" || got["recurring"] != "" {
		t.Errorf("of other alerts: %v", got)
	}
	if f.post(annotated(silence(other, "c", "12:00:00", "15:00:00"), `{}`)); len(read(other)) != 0 {
		t.Errorf("emptied: %v", read(other))
	}
	if w := f.do("POST", "/api/v2/silences", annotated(silence("", "b", "12:00:00", "14:00:00"), `{"":"x"}`)); w.Code != http.StatusBadRequest {
		t.Errorf("without a name: %d %s", w.Code, w.Body)
	}
}
