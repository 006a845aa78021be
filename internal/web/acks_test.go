package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

// acked returns who has acknowledged what fires or waits to, by instance.
func (f *fixture) acked() map[string]string {
	f.t.Helper()
	active, err := f.store.ActiveAlerts(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	out := map[string]string{}
	for _, a := range active {
		if a.Ack != nil {
			out[a.Labels.Get("instance")+a.Labels.Get("team")] = a.Ack.By
		}
	}
	return out
}

func TestAcks(t *testing.T) {
	disk := someAlerts()[0]
	for _, c := range []struct {
		name, choice string
		want         string // instances
	}{
		{"by fingerprint", `"alerts":["` + disk.Fingerprint().String() + `"]`, "db-1:9100"},
		{"by id", `"alerts":["` + alert.NewID(disk.RuleID, disk.Labels, disk.ActiveAt) + `"]`, "db-1:9100"},
		{"by group", `"group":"{}/{page}:{alertname=\"DiskFull\"}"`, "db-1:9100 db-3:9100"},
		{"by matchers", `"matchers":[{"name":"severity","value":"warn.*","isRegex":true},{"name":"alertname","value":"X","isRegex":false,"isEqual":false}]`, "db-2:9100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.commit(someAlerts()...)
			f.ok("POST", "/api/v1/acks", `{`+c.choice+`,"by":"ann","comment":" looking into it "}`)
			got := f.acked()
			if len(got) != len(strings.Fields(c.want)) {
				t.Errorf("acknowledged: %v, want %s", got, c.want)
			}
			for instance := range strings.FieldsSeq(c.want) {
				if got[instance] != "ann" {
					t.Errorf("%s is acknowledged by %q", instance, got[instance])
				}
			}
			if f.woken != 1 {
				t.Errorf("woken %d times", f.woken)
			}
		})
	}
}

func TestAckIsShown(t *testing.T) {
	f := newFixture(t)
	f.commit(someAlerts()[0])
	golden(t, "v1_acks.json", f.ok("POST", "/api/v1/acks", `{"matchers":[{"name":"alertname","value":"DiskFull","isRegex":false}],"by":"ann","comment":"on it","until":"2026-11-23T13:00:00Z"}`))
	var got []struct{ Annotations map[string]string }
	if err := json.Unmarshal([]byte(f.ok("GET", "/api/v2/alerts", "")), &got); err != nil {
		t.Fatal(err)
	}
	if said := got[0].Annotations[alert.AcknowledgedAnnotation]; said != "by ann at 2026-11-23T12:00:00Z until 2026-11-23T13:00:00Z: on it" {
		t.Errorf("annotations %v", got[0].Annotations)
	}
	wantAll(t, f.page(), "acknowledged by ann: on it at 12:00:00 UTC , until 13:00:00 UTC")
	f.advance(2 * time.Hour)
	if page := f.page(); strings.Contains(page, "<dt>acknowledged") {
		t.Error("shown when it is over")
	}
}

func TestAcksTakenBack(t *testing.T) {
	f := newFixture(t)
	f.commit(someAlerts()...)
	f.ok("POST", "/api/v1/acks", `{"matchers":[{"name":"alertname","value":"DiskFull","isRegex":false}],"by":"ann"}`)
	answer := f.ok("DELETE", "/api/v1/acks?by=bob&filter="+url.QueryEscape(`instance=~"db-[12].*"`), "")
	if n := strings.Count(answer, `"fingerprint"`); n != 2 {
		t.Errorf("%d alerts in %s", n, answer)
	}
	if got := f.acked(); len(got) != 1 || got["db-3:9100"] != "ann" {
		t.Errorf("left: %v", got)
	}
	if answer := f.ok("DELETE", "/api/v1/acks?by=bob&filter=team%3Detl", ""); strings.Contains(answer, "fingerprint") {
		t.Errorf("what nobody acknowledged: %s", answer)
	}
}

func TestAcksRefused(t *testing.T) {
	f := newFixture(t)
	f.commit(someAlerts()...)
	for body, want := range map[string]int{
		`{"alerts":["0000000000000000"],"by":"ann"}`:                               http.StatusNotFound,
		`{"alerts":["` + someAlerts()[5].Fingerprint().String() + `"],"by":"ann"}`: http.StatusNotFound,
		`{"group":"nobody","by":"ann"}`:                                            http.StatusNotFound,
		`{"matchers":[{"name":"team","value":"x","isRegex":false}],"by":"ann"}`:    http.StatusNotFound,
		`{"matchers":[{"name":"team","value":"x"}],"by":"ann"}`:                    http.StatusUnprocessableEntity,
		`{"matchers":[{"name":"team","value":"(","isRegex":true}],"by":"ann"}`:     http.StatusBadRequest,
		`{"by":"ann"}`: http.StatusBadRequest,
		`{"group":"x","alerts":["y"],"by":"ann"}`:                                                                       http.StatusBadRequest,
		`{"matchers":[{"name":"alertname","value":"Posted","isRegex":false}],"by":" "}`:                                 http.StatusBadRequest,
		`{"matchers":[{"name":"alertname","value":"Posted","isRegex":false}],"by":"x","until":"2026-11-23T12:00:00Z"}`:  http.StatusBadRequest,
		`{"matchers":[{"name":"alertname","value":"Posted","isRegex":false}],"by":"` + strings.Repeat("x", 5000) + `"}`: http.StatusBadRequest,
		`[]`:     http.StatusBadRequest,
		`{"by":`: http.StatusBadRequest,
	} {
		if w := f.do("POST", "/api/v1/acks", body); w.Code != want {
			t.Errorf("%.80s: %d %s, want %d", body, w.Code, w.Body, want)
		}
	}
	for _, query := range []string{"", "?by=x", "?alert=x", "?by=x&filter=%28", "?by=x&alert=y"} {
		if w := f.do("DELETE", "/api/v1/acks"+query, ""); w.Code/100 != 4 {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	if got := f.acked(); len(got) != 0 {
		t.Errorf("acknowledged: %v", got)
	}
}
