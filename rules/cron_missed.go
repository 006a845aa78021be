package rules

import (
	"fmt"
	"time"
)

// missed: the run that was due at a slot has not succeeded in its grace. With
// max_runtime the grace is for its start, and with failures above 1 it is
// enough that it came to an end.
func (j *CronJob) missed(s cronSeries, schedule *Schedule) *Rule {
	grace, early := j.grace(), time.Duration(j.Early)
	came := s.success
	if j.failures() > 1 {
		came = s.lastEnd()
	}
	slot := func(last float64) time.Time { return schedule.Next(unixTime(last).Add(early)) }
	did, expected := j.missedWords(grace)
	r := j.rule("CronMissed", critical,
		fmt.Sprintf("Cron job %s missed its schedule", j.Name),
		fmt.Sprintf("The run due at {{ due $value | clock }} by schedule %s %s. Is cron running, and is the job still in its table?", schedule, did)+
			downtime("%[2]f", "(due $value)", "; plain cron does not make up for what was due meanwhile."))
	r.Functions = downtimeWords(schedule.location)
	r.Functions["due"] = func(last float64) float64 { return float64(slot(last).Unix()) }
	r.Expr = func(ts time.Time) string {
		return fmt.Sprintf("(%s) < %d", came, schedule.Last(ts.Add(-grace)).Add(-early).Unix())
	}
	r.Evidence = Fixed(came)
	// The breach began when the first slot after the last success ran out of
	// its grace, however late it was noticed.
	r.Since = func(last float64, ts time.Time) time.Time {
		if at := slot(last); !at.IsZero() {
			return at.Add(grace)
		}
		return ts
	}
	if j.rebootGrace() > 0 {
		due := func(last float64, _ time.Time) time.Time { return slot(last) }
		// What is due after the boot is missed like anything else.
		r.Facts = append(r.Facts, j.booted(came, due, func(boot time.Time) time.Time {
			next := schedule.Next(boot)
			if next.IsZero() {
				return next
			}
			return next.Add(grace)
		}))
	}
	if j.MaxRuntime > 0 && s.start != "" {
		r.Facts = append(r.Facts, j.startedInTime(s, slot))
	}
	r.Unit, r.Threshold = "timestamp", fmt.Sprintf("%s of %s", expected, schedule)
	return r
}

// startedInTime is the fact of when the run that is under way started: if that
// was before the run was missed, it has max_runtime to succeed.
func (j *CronJob) startedInTime(s cronSeries, slot func(last float64) time.Time) Fact {
	return Fact{
		Expr: Fixed(s.underWay()),
		Begin: func(since time.Time, last, fact float64) time.Time {
			start := unixTime(fact)
			if start.Before(slot(last).Add(-time.Duration(j.Early))) || start.After(since) {
				return since
			}
			return later(since, start.Add(time.Duration(j.MaxRuntime)))
		},
	}
}

// missedWords says what a missed run did not do, and what is expected.
func (j *CronJob) missedWords(grace time.Duration) (did, expected string) {
	ended, end := "succeeded", "a success"
	if j.failures() > 1 {
		ended, end = "come to an end", "the end of a run"
	}
	if j.MaxRuntime == 0 {
		return fmt.Sprintf("has not %s within %s", ended, humanDuration(grace)),
			fmt.Sprintf("%s within %s of every slot", end, humanDuration(grace))
	}
	runtime := humanDuration(time.Duration(j.MaxRuntime))
	return fmt.Sprintf("has not %s: it had %s to start and then %s to run", ended, humanDuration(grace), runtime),
		fmt.Sprintf("a start within %s of every slot, and %s within %s of it,", humanDuration(grace), end, runtime)
}
