package ctl

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// active returns what fires as API v1 tells it; the ids are fingerprints with a
// word in front.
func (s *fakeServer) active() []map[string]any {
	out := []map[string]any{}
	for _, a := range s.alerts {
		fingerprint := a["fingerprint"].(string)
		v1 := map[string]any{
			"id": "id-" + fingerprint, "fingerprint": fingerprint, "labels": a["labels"], "state": "firing", "activeAt": a["startsAt"],
		}
		if ack := s.acks[fingerprint]; ack != nil {
			v1["ack"] = ack
		}
		out = append(out, v1)
	}
	return out
}

// changed answers with those of the named alerts for which change says so.
func (s *fakeServer) changed(w http.ResponseWriter, ids []string, group string, change func(fingerprint string) bool) {
	var fingerprints []string
	for _, a := range s.active() {
		meant := slices.Contains(ids, a["id"].(string)) || group != "" && a["labels"].(map[string]any)["job"] == "node"
		if meant && change(a["fingerprint"].(string)) {
			fingerprints = append(fingerprints, a["fingerprint"].(string))
		}
	}
	found := slices.DeleteFunc(s.active(), func(a map[string]any) bool { return !slices.Contains(fingerprints, a["fingerprint"].(string)) })
	answer(w, http.StatusOK, map[string]any{"alerts": found})
}

func (s *fakeServer) postAck(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Alerts             []string
		Group, By, Comment string
		Until              *time.Time
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.By == "" {
		answer(w, http.StatusBadRequest, "who acknowledges it must be said")
		return
	}
	if sent.Group == "{}:{unknown}" {
		answer(w, http.StatusNotFound, "no active alert is meant by that")
		return
	}
	s.changed(w, sent.Alerts, sent.Group, func(fingerprint string) bool {
		s.acks[fingerprint] = map[string]any{"by": sent.By, "comment": sent.Comment, "until": sent.Until}
		for _, a := range s.alerts {
			if a["fingerprint"] == fingerprint {
				a["annotations"].(map[string]any)["acknowledged"] = "by " + sent.By + " at 2026-11-23T15:00:00Z: " + sent.Comment
			}
		}
		return true
	})
}

func (s *fakeServer) deleteAck(w http.ResponseWriter, r *http.Request) {
	s.changed(w, r.URL.Query()["alert"], r.URL.Query().Get("group"), func(fingerprint string) bool {
		_, had := s.acks[fingerprint]
		delete(s.acks, fingerprint)
		return had && r.URL.Query().Get("by") != ""
	})
}

func (s *fakeServer) postRecurring(w http.ResponseWriter, r *http.Request) {
	var sent map[string]any
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	if sent["schedule"] == "sometimes" {
		answer(w, http.StatusBadRequest, `invalid recurring silence: schedule "sometimes": expected 5 fields`)
		return
	}
	if sent["timezone"] == "" {
		sent["timezone"] = "UTC"
	}
	sent["occurrences"] = []any{map[string]any{
		"id": "c8a1a2f4-3b9e-4c4b-8c83-6c9a5c1d9a01", "state": "pending", "startsAt": s.now.Add(6 * time.Hour), "endsAt": s.now.Add(10 * time.Hour),
	}}
	s.recurring = slices.DeleteFunc(s.recurring, func(o map[string]any) bool { return o["id"] == sent["id"] })
	if sent["id"] == nil {
		sent["id"] = fmt.Sprintf("%08x-1111-4000-8000-000000000000", 0xeec00000+len(s.recurring))
	}
	s.recurring = append(s.recurring, sent)
	answer(w, http.StatusOK, sent)
}

func (s *fakeServer) deleteRecurring(_ http.ResponseWriter, r *http.Request) {
	s.recurring = slices.DeleteFunc(s.recurring, func(o map[string]any) bool { return o["id"] == r.PathValue("id") })
}
