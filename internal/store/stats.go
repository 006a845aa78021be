package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"alertd/internal/alert"
)

// incidentsWithin reads what was firing at some time within [?1, ?2), in one go:
// finding the record of an incident is most of the work.
const incidentsWithin = `WITH incidents AS (
	SELECT * FROM alerts WHERE state = 'firing' AND resolved_at = 0 AND fired_at > 0 AND fired_at < ?2
	UNION ALL
	SELECT * FROM alerts WHERE state = 'resolved' AND resolved_at >= ?1 AND fired_at > 0 AND fired_at < ?2)
	SELECT COALESCE(labels ->> '$.alertname', ''), COALESCE(labels ->> '$.cron_job', ''), flaps, fired_at, resolved_at,
		COALESCE((SELECT MIN(t.at) FROM first_told t WHERE t.alert_id = i.id), 0),
		COALESCE((SELECT MIN(e.at) FROM events e WHERE e.alert_id = i.id AND e.alert_id <> ''
			AND e.kind NOT IN ('pending', 'firing', 'resolved') AND e.kind = 'acknowledged'), 0)
	FROM incidents i`

func (s *sqliteStore) Stats(ctx context.Context, from, to time.Time) (*alert.Stats, error) {
	var st *alert.Stats
	first, last := nanos(from), nanos(to)
	err := s.read(ctx, opStats, "summing up the incidents", snapshot(func(ctx context.Context, c *conn) error {
		sum := newSum(first, last)
		if _, err := each(ctx, c, sum.add, incidentsWithin, first, last); err != nil {
			return err
		}
		st = sum.stats(from, to)
		var err error
		st.Integrations, err = integrationStats(ctx, c, first, last)
		return err
	}))
	return st, err
}

// sum adds up incidents. Its times are Unix nanoseconds, 0 for never.
type sum struct {
	first, last                   int64
	rules                         map[[2]string]*alert.RuleStats // by name and job
	spans                         map[string][]span              // by job, "" being all
	recovered, acknowledged, told []time.Duration
}

func newSum(first, last int64) *sum {
	return &sum{first: first, last: last, rules: map[[2]string]*alert.RuleStats{}, spans: map[string][]span{}}
}

// span is a time, its end left out.
type span struct{ from, to int64 }

// add adds the incident of a row.
func (s *sum) add(rows *sql.Rows) (bool, error) {
	var rule [2]string
	var flaps int
	var fired, ended, told, acked int64
	if err := rows.Scan(&rule[0], &rule[1], &flaps, &fired, &ended, &told, &acked); err != nil {
		return false, err
	}
	r := s.rules[rule]
	if r == nil {
		r = &alert.RuleStats{Name: rule[0], Job: rule[1]}
		s.rules[rule] = r
	}
	lasted := span{max(fired, s.first), s.last}
	switch {
	case ended == 0:
		r.Firing++
	case ended < s.last:
		lasted.to = ended
		s.recovered = append(s.recovered, time.Duration(ended-fired))
	}
	s.spans[""] = append(s.spans[""], lasted)
	if r.Job != "" {
		s.spans[r.Job] = append(s.spans[r.Job], lasted)
	}
	r.Incidents++
	r.Fired += max(flaps, 1)
	r.Lasted += time.Duration(lasted.to - lasted.from)
	if flaps > 0 {
		r.Flapping++
	}
	if told > 0 {
		s.told = append(s.told, time.Duration(max(0, told-fired)))
	}
	if acked > 0 {
		s.acknowledged = append(s.acknowledged, time.Duration(max(0, acked-fired)))
	}
	return true, nil
}

func (s *sum) stats(from, to time.Time) *alert.Stats {
	st := &alert.Stats{
		From: from, To: to, JobDowntime: map[string]time.Duration{},
		Recovery: spreadOf(s.recovered), Acknowledged: spreadOf(s.acknowledged), Told: spreadOf(s.told),
	}
	for job, spans := range s.spans {
		st.JobDowntime[job] = covered(spans)
	}
	st.Downtime = st.JobDowntime[""]
	delete(st.JobDowntime, "")
	for _, r := range s.rules {
		st.Rules = append(st.Rules, *r)
	}
	slices.SortFunc(st.Rules, func(a, b alert.RuleStats) int {
		return cmp.Or(cmp.Compare(b.Fired, a.Fired), cmp.Compare(b.Lasted, a.Lasted), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Job, b.Job))
	})
	return st
}

// covered is how much time the spans cover together.
func covered(spans []span) time.Duration {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	total, until := int64(0), int64(math.MinInt64)
	for _, s := range spans {
		total += max(0, s.to-max(s.from, until))
		until = max(until, s.to)
	}
	return time.Duration(total)
}

func spreadOf(all []time.Duration) alert.Spread {
	if len(all) == 0 {
		return alert.Spread{}
	}
	slices.Sort(all)
	mean := 0.0 // as a sum it might not fit
	for _, d := range all {
		mean += float64(d) / float64(len(all))
	}
	return alert.Spread{Count: len(all), Mean: time.Duration(mean), Median: all[len(all)/2], Longest: all[len(all)-1]}
}

// integrationStats sums up what was finished in the time, and what is due.
func integrationStats(ctx context.Context, c *conn, first, last int64) ([]alert.IntegrationStats, error) {
	byName := map[string]*alert.IntegrationStats{}
	latencies := map[string][]time.Duration{}
	of := func(name string) *alert.IntegrationStats {
		if byName[name] == nil {
			byName[name] = &alert.IntegrationStats{Integration: name}
		}
		return byName[name]
	}
	_, err := each(ctx, c, func(rows *sql.Rows) (bool, error) {
		var name string
		var state alert.DeliveryState
		var attempts int
		var latency time.Duration
		if err := rows.Scan(&name, &state, &attempts, &latency); err != nil {
			return false, err
		}
		i := of(name)
		switch state {
		case alert.DeliveryDelivered:
			i.Delivered++
			i.Failed += max(0, attempts-1)
			latencies[name] = append(latencies[name], latency)
		case alert.DeliverySuperseded: // its successor counts its attempts
			i.Superseded++
		default:
			i.GaveUp++
			i.Failed += attempts
		}
		return true, nil
	}, `SELECT integration, state, attempts, finished_at - created_at FROM deliveries
		WHERE finished_at > 0 AND finished_at >= ? AND finished_at < ?`, first, last)
	if err != nil {
		return nil, err
	}
	_, err = each(ctx, c, func(rows *sql.Rows) (bool, error) {
		var name string
		var due, attempts int
		if err := rows.Scan(&name, &due, &attempts); err != nil {
			return false, err
		}
		of(name).Due, of(name).Failed = due, of(name).Failed+attempts
		return true, nil
	}, `SELECT integration, COUNT(*), SUM(attempts) FROM deliveries INDEXED BY deliveries_due WHERE state = 'due' GROUP BY integration`)
	if err != nil {
		return nil, err
	}
	out := make([]alert.IntegrationStats, 0, len(byName))
	for name, i := range byName {
		i.Latency = spreadOf(latencies[name])
		out = append(out, *i)
	}
	slices.SortFunc(out, func(a, b alert.IntegrationStats) int { return cmp.Compare(a.Integration, b.Integration) })
	return out, nil
}
