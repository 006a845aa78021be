package backtest

import (
	"context"
	"math"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// observe keeps the values of the alerts that breach.
func (r *replay) observe(breaches []rules.Breach) {
	if len(breaches) == 0 {
		return
	}
	byLabels := make(map[alert.Fingerprint]float64, len(breaches))
	for _, b := range breaches {
		byLabels[b.Labels.Fingerprint()] = b.Value
	}
	for i := range r.active {
		a := &r.active[i]
		v, breaching := byLabels[a.Fingerprint()]
		if !breaching {
			continue
		}
		e, known := r.seen[a.ID]
		if !known || math.IsNaN(e.peak) || !r.low && v > e.peak || r.low && v < e.peak {
			e.peak = v
		}
		e.last = v
		r.seen[a.ID] = e
	}
}

// record keeps what an evaluation changed.
func (r *replay) record(ctx context.Context, steps rules.Steps, samples []alert.Sample, breaches []rules.Breach, ts time.Time) {
	r.out.Ended += len(steps.Deleted)
	for _, id := range steps.Deleted {
		delete(r.seen, id)
	}
	for _, a := range steps.Changed {
		switch {
		case a.State == alert.Firing && a.FiredAt.Equal(ts):
			if i := slices.IndexFunc(breaches, func(b rules.Breach) bool { return b.Labels.Equal(a.Labels) }); i >= 0 {
				a.Annotations = r.expander.Annotations(ctx, r.rule, samples[i:i+1], ts)[0]
			}
			r.told[a.ID] = len(r.out.Incidents)
			r.out.Incidents = append(r.out.Incidents, Incident{
				Labels: a.Labels, Annotations: a.Annotations, ActiveAt: a.ActiveAt, FiredAt: a.FiredAt,
				Began: !a.ActiveAt.After(r.from),
			})
		case a.State == alert.Resolved:
			n := r.told[a.ID]
			i := &r.out.Incidents[n]
			a.Annotations = i.Annotations
			i.ResolvedAt, i.Resolution, i.Recovered = a.ResolvedAt, a.Resolution, a.RecoveredValue
			i.Missing = a.Resolution == alert.NoData
			r.end(&a)
			delete(r.told, a.ID)
		default:
			continue // pending, or no data for a while: nobody is told
		}
		r.out.Changes = append(r.out.Changes, a)
	}
}

// end writes an alert's values into its incident, if it had one.
func (r *replay) end(a *alert.Alert) {
	if n, fired := r.told[a.ID]; fired {
		e := r.seen[a.ID]
		r.out.Incidents[n].Peak, r.out.Incidents[n].Last, r.out.Incidents[n].Flaps = e.peak, e.last, a.Flaps
	}
	delete(r.seen, a.ID)
}
