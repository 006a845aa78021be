package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"alertd/internal/alert"
	"alertd/internal/web"
)

func TestIncidents(t *testing.T) {
	f := newFixture(t)
	golden(t, "v1_alerts_none.json", f.ok("GET", "/api/v1/alerts?ended=1h", ""))
	alerts := someAlerts()
	recovered := 71.5
	alerts[0].Flaps, alerts[0].FlappingSince, alerts[0].HealthySince = 5, at("10:50:00"), at("11:55:00")
	alerts[1].MissingSince = at("11:40:00")
	alerts[5].RecoveredValue = &recovered
	f.commit(alerts...)
	golden(t, "v1_alerts.json", f.ok("GET", "/api/v1/alerts?ended=1h&filter=alertname%3DDiskFull", ""))
	for query, want := range map[string]int{
		"": 5, "?ended=1h": 6, "?ended=5m": 5, "?ended=1h&filter=alertname%3DPosted": 1,
	} {
		var got []any
		if err := json.Unmarshal([]byte(f.ok("GET", "/api/v1/alerts"+query, "")), &got); err != nil || len(got) != want {
			t.Errorf("%s: %d alerts, error %v, want %d", query, len(got), err, want)
		}
	}
	for _, query := range []string{"?ended=yesterday", "?ended=-1h", "?filter=x"} {
		if w := f.do("GET", "/api/v1/alerts"+query, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	f.ok("GET", "/", "")
}

// interrupted has something happen after the active alerts were read.
type interrupted struct {
	web.Store
	then func()
}

func (s *interrupted) ActiveAlerts(ctx context.Context) ([]alert.Alert, error) {
	active, err := s.Store.ActiveAlerts(ctx)
	s.then()
	return active, err
}

// An alert that ends while it is asked for is shown once, as ended.
func TestIncidentEndsMeanwhile(t *testing.T) {
	between := &interrupted{}
	f := newFixture(t, func(d *web.Deps) { between.Store, d.Store = d.Store, between })
	a := someAlerts()[0]
	f.commit(a)
	between.then = func() {
		a.State, a.ResolvedAt = alert.Resolved, at("11:59:00")
		f.commit(a)
	}
	var got []struct{ State string }
	if err := json.Unmarshal([]byte(f.ok("GET", "/api/v1/alerts?ended=1h", "")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].State != "resolved" {
		t.Errorf("shown as %v", got)
	}
}

// Clients that know alerts but not alertd are told of flapping by an annotation.
func TestFlappingInV2(t *testing.T) {
	f := newFixture(t)
	a := someAlerts()[0]
	a.Flaps, a.FlappingSince = 5, at("10:50:00")
	f.commit(a)
	var got []struct{ Annotations map[string]string }
	if err := json.Unmarshal([]byte(f.ok("GET", "/api/v2/alerts", "")), &got); err != nil {
		t.Fatal(err)
	}
	if said := got[0].Annotations[alert.FlappingAnnotation]; said != "fired 5 times since 2026-11-23T10:50:00Z" {
		t.Errorf("annotations %v", got[0].Annotations)
	}
}

func TestConfig(t *testing.T) {
	f := newFixture(t)
	if got, want := f.ok("GET", "/api/v1/config", ""), `{"config":"cron: [{name: etl}]\n"}`+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
