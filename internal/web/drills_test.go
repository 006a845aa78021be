package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web"
	"alertd/internal/web/apiv1"
)

func TestDrills(t *testing.T) {
	none := errors.New("none")
	var started []web.DrillRequest
	drill := web.Drill{
		ID: "drill-1", Labels: alert.LabelsFromStrings(alert.AlertName, "X"), StartedAt: at("12:00:00"), EvaluatedAt: at("12:00:01"),
		Deliveries: []web.DrillDelivery{
			{Delivery: alert.Delivery{ID: "d", Integration: "ops/slack/0", State: alert.DeliveryDue, LastError: "503", Attempts: 2, CreatedAt: at("12:00:02")}, Firing: true},
			{Delivery: alert.Delivery{ID: "e", Integration: "ops/slack/0", State: alert.DeliveryDelivered, CreatedAt: at("12:00:03"), FinishedAt: at("12:00:04")}},
		},
	}
	f := newFixture(t, func(d *web.Deps) {
		d.Drills = web.Drills{
			NotFound: none,
			Start: func(r web.DrillRequest) (string, error) {
				if r.Receiver == "nobody" {
					return "", none
				}
				started = append(started, r)
				return drill.ID, nil
			},
			Show: func(_ context.Context, id string) (web.Drill, error) {
				if id != drill.ID {
					return web.Drill{}, none
				}
				return drill, nil
			},
			End: func(id string) error {
				if id != drill.ID {
					return none
				}
				drill.EndedAt = at("12:00:05")
				return nil
			},
		}
	})
	for _, c := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"POST", "/api/v1/drills", `{"labels": {"alertname": "X", "team": "dev"}, "for": "30s"}`, 201, `"tells":"firing","state":"due"`},
		{"POST", "/api/v1/drills", `{"labels": {"alertname": "X"}, "receiver": "ops"}`, 201, `"evaluatedAt":"2026-11-23T12:00:01Z"`},
		{"POST", "/api/v1/drills", `{"labels": {"alertname": "X"}, "receiver": "nobody"}`, 404, "no receiver"},
		{"POST", "/api/v1/drills", `{"labels": {"team": "dev"}}`, 400, "no alertname"},
		{"POST", "/api/v1/drills", `{"labels": {"alertname": "X", "": "y"}}`, 400, "not a label"},
		{"POST", "/api/v1/drills", `{"labels": {"alertname": "X", "alertd_drill": "mine"}}`, 400, "alertd's own"},
		{"POST", "/api/v1/drills", `{"labels": {"alertname": "X"}, "for": "soon"}`, 400, "not a duration"},
		{"POST", "/api/v1/drills", `{"labels": {"alertname": "X"}, "for": "2d"}`, 400, "not a duration"},
		{"POST", "/api/v1/drills", `{"label": {}}`, 400, "unknown field"},
		{"POST", "/api/v1/drills", `nonsense`, 400, "cannot be read"},
		{"GET", "/api/v1/drills/drill-1", "", 200, `"tells":"recovered","state":"delivered"`},
		{"GET", "/api/v1/drills/drill-2", "", 404, "no such drill"},
		{"DELETE", "/api/v1/drills/drill-2", "", 404, "no such drill"},
		{"DELETE", "/api/v1/drills/drill-1", "", 200, `"endedAt":"2026-11-23T12:00:05Z"`},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		f.handler.ServeHTTP(w, r)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, w.Code, w.Body)
		}
		if w.Code == http.StatusOK && json.Unmarshal(w.Body.Bytes(), new(apiv1.Drill)) != nil {
			t.Errorf("%s %s: %s", c.method, c.path, w.Body)
		}
	}
	if len(started) != 2 || started[0].For != 30*time.Second || started[1].For != 2*time.Minute || started[1].Receiver != "ops" {
		t.Errorf("started %+v", started)
	}
}
