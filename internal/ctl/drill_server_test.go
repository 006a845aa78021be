package ctl

import (
	"encoding/json"
	"net/http"
	"time"
)

// postDrill answers with a drill that is over, as its alertname says it went.
func (s *fakeServer) postDrill(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Labels        map[string]string `json:"labels"`
		Receiver, For string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	if in.Receiver != "" && s.tests[in.Receiver] == nil {
		answer(w, http.StatusNotFound, "there is no receiver of that name")
		return
	}
	after := func(ms int) time.Time { return s.now.Add(time.Duration(ms) * time.Millisecond) }
	delivery := func(id, tells, reason string, planned, finished int) map[string]any {
		return map[string]any{
			"id": id, "integration": "oncall/webhook/0", "tells": tells, "state": "delivered", "reason": reason, "attempts": 1,
			"plannedAt": after(planned), "finishedAt": after(finished),
		}
	}
	deliveries := []map[string]any{
		delivery("a", "firing", "first notification", 3, 24),
		delivery("b", "recovered", "all alerts resolved", 5002, 5020),
	}
	switch in.Labels["alertname"] {
	case "Refused":
		deliveries[0]["state"], deliveries[0]["error"] = "dead", "404 no such hook"
		deliveries = deliveries[:1]
	case "Nobody":
		deliveries = nil
	}
	answer(w, http.StatusCreated, map[string]any{
		"id": "drill-1", "labels": in.Labels, "startedAt": s.now, "evaluatedAt": after(1), "committedAt": after(2),
		"endedAt": after(5000), "recoveredAt": after(5001), "over": true, "integrations": []string{"oncall/webhook/0"}, "deliveries": deliveries,
	})
}
