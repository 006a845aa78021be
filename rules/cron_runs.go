package rules

import (
	"fmt"
	"time"

	"alertd/internal/alert"
)

// aboutRuns returns the rules about how runs go, of those that are wanted.
func (j *CronJob) aboutRuns(s cronSeries, zone *time.Location, missingFor time.Duration) []*Rule {
	var rs []*Rule
	add := func(r *Rule, setting, needed string) {
		rs = append(rs, r)
		if s.ownMetrics {
			rs = append(rs, j.untold(s, setting, needed, missingFor))
		}
	}
	if j.MaxRuntime > 0 {
		add(j.runningTooLong(s, zone), "max_runtime", s.start)
	}
	if j.MinRuntime > 0 {
		add(j.finishedTooFast(s), "min_runtime", firstOf(s.duration, s.start))
	}
	if j.NoOverlap {
		add(j.overlapped(s), "no_overlap", s.overlapped)
	}
	return rs
}

// firstOf returns an expression of one or the other, of which one may be "".
func firstOf(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return fmt.Sprintf("(%s) or (%s)", a, b)
}

// runningTooLong: the run that is under way started more than max_runtime ago.
func (j *CronJob) runningTooLong(s cronSeries, zone *time.Location) *Rule {
	most := time.Duration(j.MaxRuntime)
	r := j.rule("CronRunningTooLong", critical,
		fmt.Sprintf("Cron job %s is running too long", j.Name),
		fmt.Sprintf("A run has not ended within %s (max_runtime). Does it hang, or has it become slow?", humanDuration(most))+
			downtime("time() - %[2]f", "$value", " since it started: the run is over, and could not say so."))
	r.Functions = downtimeWords(zone)
	running := fmt.Sprintf("time() - (%s)", s.underWay())
	r.Expr = Fixed(fmt.Sprintf("(%s) > %g", running, most.Seconds()))
	// Once it is over, its length is of interest, where that is known.
	r.Evidence = Fixed(fmt.Sprintf("(%s) or (0 * (%s))", running, s.start))
	if s.duration != "" {
		r.Evidence = Fixed(fmt.Sprintf("(%s) or (%s) or (0 * (%s))", running, s.duration, s.start))
	}
	r.Since = func(runtime float64, ts time.Time) time.Time {
		return ts.Add(most - time.Duration(runtime*float64(time.Second)))
	}
	r.Unit, r.Threshold = "s", "an end within "+humanDuration(most)
	return r
}

// finishedTooFast: the last run succeeded in less than min_runtime.
func (j *CronJob) finishedTooFast(s cronSeries) *Rule {
	least := time.Duration(j.MinRuntime)
	r := j.rule("CronFinishedTooFast", warning,
		fmt.Sprintf("Cron job %s finished too fast", j.Name),
		fmt.Sprintf("Its last run succeeded in less than %s (min_runtime): did it do all of its work, or find nothing to do?", humanDuration(least)))
	r.Expr = Fixed(fmt.Sprintf("((%s) < %g) and (%s)", s.lasted(), least.Seconds(), s.succeeded()))
	// A run that fails proves nothing, however long it took: it counts as 0 s.
	r.Evidence = Fixed(fmt.Sprintf("((%s) and (%s)) or (0 * (%s))", s.lasted(), s.succeeded(), s.lasted()))
	r.Clear = func(lasted float64) bool { return lasted >= least.Seconds() }
	if s.success != "" {
		r.Facts = []Fact{beganAt(s.success)}
	}
	r.Unit, r.Threshold = "s", "at least "+humanDuration(least)
	return r
}

// overlapped: the latest run started while another one was running.
func (j *CronJob) overlapped(s cronSeries) *Rule {
	r := j.rule("CronOverlap", warning,
		fmt.Sprintf("Runs of cron job %s overlap", j.Name),
		"A run started while another one was still running. Has the job become slower than its schedule? alertctl cron run --no-overlap keeps the second run from starting.")
	r.Expr, r.Evidence = Fixed(fmt.Sprintf("(%s) == 1", s.overlapped)), Fixed(s.overlapped)
	if s.start != "" {
		r.Facts = []Fact{beganAt(s.start)}
	}
	r.Threshold = "0 = started alone, 1 = beside another run"
	return r
}

// untold: the job's metrics are there, but not the one that a setting needs.
func (j *CronJob) untold(s cronSeries, setting, needed string, missingFor time.Duration) *Rule {
	r := j.rule("NoData", warning,
		fmt.Sprintf("Cron job %s does not tell what %s needs", j.Name, setting),
		fmt.Sprintf("The job has metrics, but not those that %s goes by, so it cannot alert. Run the job with alertctl cron run, or remove %s.", setting, setting))
	r.ID += "/" + setting
	r.Labels = append(r.Labels, Template{"setting", setting})
	sortTemplates(r.Labels)
	here := fmt.Sprintf("group by (%s) (%s)", s.by, needed)
	r.Expr = Fixed(fmt.Sprintf("%s unless %s", s.here, here))
	r.Evidence = Fixed(here)
	r.For = missingFor
	r.Unit = alert.Presence
	return r
}

// beganAt is the fact that a breach began at a moment that a metric has, in
// Unix seconds.
func beganAt(metric string) Fact {
	return Fact{
		Expr: Fixed(metric),
		Begin: func(since time.Time, _, fact float64) time.Time {
			if at := unixTime(fact); fact > 0 && at.Before(since) {
				return at
			}
			return since
		},
	}
}
