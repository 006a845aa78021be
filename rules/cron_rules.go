package rules

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"time"

	"alertd/internal/alert"
)

// rule returns what all rules of the job share.
func (j *CronJob) rule(name, severity, summary, description string) *Rule {
	labels := map[string]string{CronJobLabel: j.Name, "severity": severity}
	maps.Copy(labels, j.Labels)
	return &Rule{
		ID:        "cron/" + j.ID() + "/" + name,
		Name:      name,
		Job:       j.ID(),
		OnMissing: cmp.Or(j.OnMissing, Keep),
		Labels:    templates(labels, nil),
		Annotations: templates(map[string]string{
			"summary": summary, "description": description,
		}, j.Annotations),
	}
}

// failed: the last run ended with an error, for failed_for, and so did as many
// before it that there are failures in a row.
func (j *CronJob) failed(s cronSeries, schedule *Schedule) *Rule {
	last := lastRun
	if j.failures() > 1 {
		last = fmt.Sprintf("At least %d runs in a row", j.failures())
	}
	r := j.rule("CronFailed", critical,
		fmt.Sprintf("Cron job %s failed", j.Name),
		j.failure(last))
	r.Expr, r.Evidence = Fixed(s.status+" == 0"), Fixed(s.status)
	if s.failure != "" {
		r.Facts = append(r.Facts, beganAt(s.failureTime()))
	}
	if j.failures() > 1 {
		r.Facts = append(r.Facts, j.enoughFailures(s, schedule))
	}
	r.For = time.Duration(j.FailedFor)
	r.Threshold = "1 = succeeded, 0 = failed"
	return r
}

// enoughFailures is the fact of how many runs in a row have failed: with fewer
// than there may be, nothing begins.
func (j *CronJob) enoughFailures(s cronSeries, schedule *Schedule) Fact {
	return Fact{
		Expr: func(ts time.Time) string { return s.streak(j.lookback(schedule, ts)) },
		Begin: func(since time.Time, _, count float64) time.Time {
			if count < float64(j.failures()) {
				return time.Time{}
			}
			return since
		},
	}
}

// lookback returns how far back failures in a row are counted: as many slots as
// there are to be failures and one more, or as many times max_age.
func (j *CronJob) lookback(schedule *Schedule, ts time.Time) time.Duration {
	if schedule == nil {
		return times(j.failures()+1, max(j.maxAge(), DefaultMaxAge), math.MaxInt64)
	}
	slot := schedule.Last(ts)
	for range j.failures() {
		if before := schedule.Last(slot.Add(-1)); !before.IsZero() {
			slot = before
		}
	}
	return max(ts.Sub(slot), time.Hour)
}

// stale: the last success is older than max_age.
func (j *CronJob) stale(s cronSeries, maxAge time.Duration, zone *time.Location) *Rule {
	r := j.rule("CronStale", critical,
		fmt.Sprintf("Cron job %s has not succeeded for too long", j.Name),
		fmt.Sprintf("Its last success is older than %s (max_age). Is cron running, and does the job still end well?", humanDuration(maxAge))+
			downtime("time() - %[2]f", "$value", " since then."))
	r.Functions = downtimeWords(zone)
	age := "time() - " + s.success
	r.Expr = Fixed(fmt.Sprintf("%s > %d", age, int64(maxAge.Seconds())))
	r.Evidence = Fixed(age)
	r.Since = func(age float64, ts time.Time) time.Time {
		return ts.Add(maxAge - time.Duration(age*float64(time.Second)))
	}
	if j.rebootGrace() > 0 {
		succeeded := func(_ float64, since time.Time) time.Time { return since.Add(-maxAge) }
		r.Facts = append(r.Facts, j.booted(s.success, succeeded, nil))
	}
	r.Unit, r.Threshold = "s", "> "+humanDuration(maxAge)
	return r
}

// neverRan: no metric of the job has been seen by its first deadline.
func (j *CronJob) neverRan(s cronSeries, schedule *Schedule) *Rule {
	r := j.rule("CronNeverRan", critical,
		fmt.Sprintf("Cron job %s never ran", j.Name),
		fmt.Sprintf("Prometheus has no %s of it, neither now nor in the past week. Is the job installed, and does what reads its metrics work?", j.traces(s)))
	r.Expr = Fixed(fmt.Sprintf("group(absent_over_time(%s[7d]))", s.any))
	r.Evidence = Fixed(fmt.Sprintf("group(%s)", s.any))
	r.Deadline = func(activeAt time.Time) time.Time {
		if schedule == nil {
			return activeAt.Add(cmp.Or(j.maxAge(), DefaultMaxAge))
		}
		return schedule.Next(activeAt).Add(j.grace())
	}
	r.Unit, r.OnMissing = alert.Presence, Keep // missing data is what it tells of
	return r
}

// noData: the job's metrics were there, and are gone while their target lives.
func (j *CronJob) noData(s cronSeries, missingFor time.Duration) *Rule {
	r := j.rule("NoData", warning,
		fmt.Sprintf("No data from cron job %s", j.Name),
		"Its metrics were there within the last hour and are gone: has its textfile been deleted, is it malformed, or is whatever else gives them down? What was firing stays as it was until data returns.")
	r.Expr = Fixed(fmt.Sprintf("(%s) unless on (instance, job) (%s)", s.gone, hostGone("")))
	r.Evidence = Fixed(s.here)
	r.For = missingFor
	r.Unit, r.OnMissing = alert.Presence, Keep // missing data is what it tells of
	return r
}

// unixTime reads a metric's time. What no clock shows, such as an infinite one,
// becomes the nearest of 1677 and 2262: beyond them neither the store nor JSON
// can hold times. No number at all is 1970.
func unixTime(seconds float64) time.Time {
	const farthest = float64(math.MaxInt64 / int64(time.Second))
	if math.IsNaN(seconds) {
		seconds = 0
	}
	return time.UnixMilli(int64(1000 * max(-farthest, min(seconds, farthest)))).UTC()
}
