package web

import (
	"net/http"
	"runtime"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

// shownDeliveries is how many failed deliveries are shown at most.
const shownDeliveries = 100

// status serves GET /api/v1/status.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	st, err := s.statusNow(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, st)
}

func (s *Server) statusNow(r *http.Request) (*apiv1.Status, error) {
	now := s.deps.Now()
	v := s.deps.Version
	st := &apiv1.Status{
		Version:       apiv1.Version{Version: v.Version, Commit: v.Commit, Date: v.Date, Go: runtime.Version()},
		StartedAt:     s.deps.StartedAt.UTC(),
		UptimeSeconds: now.Sub(s.deps.StartedAt).Seconds(),
		Ready:         true,
		RuleGroups:    []apiv1.RuleGroup{},
		Queue:         []apiv1.Queue{},
		Dead:          []apiv1.DeadDelivery{},
	}
	if err := s.deps.Ready(); err != nil {
		st.Ready, st.NotReady = false, err.Error()
	}
	for _, g := range s.deps.RuleGroups() {
		st.RuleGroups = append(st.RuleGroups, apiRuleGroup(g))
	}
	usage, err := s.deps.Store.Usage(r.Context())
	if err != nil {
		return nil, err
	}
	keep := s.deps.Retention()
	st.Storage = apiv1.Storage{
		SizeBytes: usage.Bytes, Oldest: moment(usage.Oldest), RetentionSizeBytes: keep.Size, RetentionSeconds: keep.Age.Seconds(),
	}
	queue, err := s.deps.Store.Queue(r.Context())
	if err != nil {
		return nil, err
	}
	for _, q := range queue {
		st.Queue = append(st.Queue, apiv1.Queue{
			Integration: q.Integration, Due: q.Due, OldestAgeSeconds: max(0, now.Sub(q.Oldest).Seconds()),
		})
	}
	dead, err := s.deps.Store.Deliveries(r.Context(), shownDeliveries, alert.DeliveryDead, alert.DeliveryExpired)
	if err != nil {
		return nil, err
	}
	for _, d := range dead {
		st.Dead = append(st.Dead, apiv1.DeadDelivery{
			ID: d.ID, Group: string(d.Group), Receiver: d.Receiver, Integration: d.Integration,
			State: string(d.State), Reason: d.Reason, Error: d.LastError, Attempts: d.Attempts,
			CreatedAt: d.CreatedAt.UTC(), FinishedAt: d.FinishedAt.UTC(),
		})
	}
	return st, nil
}

// config serves GET /api/v1/config.
func (s *Server) config(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, apiv1.Config{Config: s.deps.Config()})
}

func apiRuleGroup(g RuleGroupStatus) apiv1.RuleGroup {
	out := apiv1.RuleGroup{
		Name:              g.Name,
		IntervalSeconds:   g.Interval.Seconds(),
		EvaluationSeconds: g.Duration.Seconds(),
		Rules:             make([]apiv1.Rule, 0, len(g.Rules)),
	}
	if !g.LastEvaluation.IsZero() {
		at := g.LastEvaluation.UTC()
		out.LastEvaluation = &at
	}
	for _, r := range g.Rules {
		out.Rules = append(out.Rules, apiv1.Rule(r))
	}
	return out
}

// testReceiver serves POST /api/v1/receivers/{name}/test.
func (s *Server) testReceiver(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	known := slices.ContainsFunc(s.deps.Receivers(), func(rcv Receiver) bool { return rcv.Name == name })
	if !known || s.deps.TestReceiver == nil {
		s.fail(w, r, &refusal{http.StatusNotFound, "there is no receiver of that name"})
		return
	}
	results, err := s.deps.TestReceiver(r.Context(), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	out := apiv1.ReceiverTest{Receiver: name, Results: make([]apiv1.TestResult, 0, len(results))}
	for _, res := range results {
		out.Results = append(out.Results, apiv1.TestResult{
			Integration: res.Integration, OK: res.Error == "", Error: res.Error, Seconds: seconds(res.Duration),
		})
	}
	writeJSON(w, http.StatusOK, out)
}

// seconds returns d in seconds, to the millisecond.
func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
