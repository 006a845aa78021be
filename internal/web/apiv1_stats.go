package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/internal/web/apiv1"
)

// statsFor is what is summed up unless asked otherwise.
const statsFor = 7 * 24 * time.Hour

// stats serves GET /api/v1/stats.
func (s *Server) stats(w http.ResponseWriter, r *http.Request) {
	now := s.deps.Now()
	from, to, err := readSpan(r.URL.Query(), now)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if to.IsZero() || to.After(now) {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-statsFor)
	}
	if !from.Before(to) {
		s.fail(w, r, badRequest("since: it is not before until"))
		return
	}
	st, err := s.deps.Store.Stats(r.Context(), from, to)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, apiStats(st))
}

func apiStats(st *alert.Stats) apiv1.Stats {
	out := apiv1.Stats{
		From: st.From.UTC(), To: st.To.UTC(), DowntimeSeconds: seconds(st.Downtime),
		TimeToTold: apiSpread(st.Told), TimeToAcknowledge: apiSpread(st.Acknowledged), TimeToResolve: apiSpread(st.Recovery),
		Rules: []apiv1.RuleStats{}, Jobs: []apiv1.JobStats{}, Integrations: []apiv1.IntegrationStats{},
	}
	byName, byJob := map[string]*apiv1.RuleStats{}, map[string]*apiv1.JobStats{}
	for _, r := range st.Rules {
		out.Incidents += r.Incidents
		out.Firing += r.Firing
		out.Fired += r.Fired
		rule := found(byName, r.Name)
		rule.Name = r.Name
		rule.Incidents, rule.Firing, rule.Fired = rule.Incidents+r.Incidents, rule.Firing+r.Firing, rule.Fired+r.Fired
		rule.Flapping += r.Flapping
		rule.LastedSeconds += seconds(r.Lasted)
		if r.Job == "" {
			continue
		}
		job := found(byJob, r.Job)
		if job.ByName == nil {
			job.Job, job.ByName, job.DowntimeSeconds = r.Job, map[string]int{}, seconds(st.JobDowntime[r.Job])
		}
		job.Incidents, job.Firing = job.Incidents+r.Incidents, job.Firing+r.Firing
		job.ByName[r.Name] += r.Incidents
	}
	for _, r := range byName {
		out.Rules = append(out.Rules, *r)
	}
	slices.SortFunc(out.Rules, func(a, b apiv1.RuleStats) int {
		return cmp.Or(cmp.Compare(b.Fired, a.Fired), cmp.Compare(b.LastedSeconds, a.LastedSeconds), cmp.Compare(a.Name, b.Name))
	})
	for _, j := range byJob {
		out.Jobs = append(out.Jobs, *j)
	}
	slices.SortFunc(out.Jobs, func(a, b apiv1.JobStats) int {
		return cmp.Or(cmp.Compare(b.Incidents, a.Incidents), cmp.Compare(a.Job, b.Job))
	})
	for _, i := range st.Integrations {
		out.Integrations = append(out.Integrations, apiv1.IntegrationStats{
			Integration: i.Integration, Delivered: i.Delivered, GaveUp: i.GaveUp, Superseded: i.Superseded,
			Due: i.Due, Failed: i.Failed, Latency: apiSpread(i.Latency),
		})
	}
	return out
}

// found returns the entry of a name, made where it is new.
func found[T any](all map[string]*T, name string) *T {
	if all[name] == nil {
		all[name] = new(T)
	}
	return all[name]
}

func apiSpread(s alert.Spread) apiv1.Spread {
	return apiv1.Spread{Count: s.Count, Mean: seconds(s.Mean), Median: seconds(s.Median), Longest: seconds(s.Longest)}
}
