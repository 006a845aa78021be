package rules

import (
	"fmt"
	"regexp"
	"time"
)

// Supercronic's counters, by the labels command, position and schedule
// (github.com/aptible/supercronic, prometheus_metrics). Client libraries add no
// suffix to them; a counter is there from its first run on.
const (
	supercronicRuns      = "supercronic_executions"
	supercronicSuccesses = "supercronic_successful_executions"
	supercronicFailures  = "supercronic_failed_executions"
	supercronicRunning   = "supercronic_currently_running"
)

// supercronicSeries are those of an entry of a crontab that supercronic runs.
// It counts only, so what happened last is looked for in how its counters
// changed, to the minute. A crontab is edited: neither the position nor the
// schedule of a command tells jobs apart.
//
// A process that was restarted has no counters until a job ran: that they are
// gone is no news while their target is scraped.
func supercronicSeries(s cronSelection) cronSeries {
	failed, succeeded, begun := s.counted(supercronicFailures), s.counted(supercronicSuccesses), s.begun()
	scraped := fmt.Sprintf("on (instance, job) %s == 1", s.scraped())
	series := cronSeries{
		// A failure and a success in one step are a failure, until the next.
		status:  fmt.Sprintf("(last_over_time((%s * 0 or %s * 0 + 1)%s) and %s)", failed, succeeded, s.memory, scraped),
		success: fmt.Sprintf("(max_over_time(timestamp(%s)%s) and %s)", succeeded, s.memory, scraped),
		failure: fmt.Sprintf("(max_over_time(timestamp(%s)%s) and %s)", failed, s.memory, scraped),
		start:   fmt.Sprintf("((timestamp(%[1]s) or max_over_time(timestamp(%[1]s)%[2]s)) and %[3]s)", begun, s.memory, scraped),
		any:     s.plain(supercronicRuns),

		lengthUntold: true, // what is short may never have been seen to run
	}
	// A run ends with its process.
	series.running = fmt.Sprintf("(clamp_max(%s, 1) or %s * 0 and %s)", s.total(s.plain(supercronicRunning)),
		s.total(fmt.Sprintf("last_over_time(%s[%s])", series.any, humanDuration(s.memory.window))), scraped)
	series.failuresInRow = fmt.Sprintf("sum_over_time((%[1]s unless timestamp(%[1]s) < %[2]s)%[3]s)",
		s.counts(supercronicFailures), atEvaluation(series.success), s.memory)
	_, gone := s.presence(series.any)
	series.gone = fmt.Sprintf("%s unless %s", gone, scraped)
	series.here = fmt.Sprintf("(group by (%s) (%s) and %s)", s.by(),
		s.named(fmt.Sprintf("last_over_time(%s[%s])", series.any, humanDuration(s.memory.window))), scraped)
	return series
}

// counted returns the counter where it counted a run within the last step: its
// value is another than the last one before, or it appeared although its target
// was scraped before. One that appears with the value that it had when its
// target was lost has counted nothing.
func (s cronSelection) counted(counter string) string {
	step, series := humanDuration(s.memory.step), s.plain(counter)
	now, then, before := s.total(series), s.total(fmt.Sprintf("%s offset %s", series, step)), s.before(counter)
	return fmt.Sprintf("(%[1]s unless %[1]s == %[2]s or (%[1]s unless %[3]s) and on (instance, job) %[4]s offset %[5]s == 1)",
		now, before, then, s.scraped(), step)
}

// counts returns how many runs the counter counted within the last step, where it
// counted one: 1 where it began anew.
func (s cronSelection) counts(counter string) string {
	counted := s.counted(counter)
	return fmt.Sprintf("(%[1]s - %[2]s > 0 or %[1]s * 0 + 1)", counted, s.before(counter))
}

// before returns the last value of the counter that is a step old.
func (s cronSelection) before(counter string) string {
	return s.total(fmt.Sprintf("last_over_time(%s[%s] offset %s)", s.plain(counter), humanDuration(s.memory.window), humanDuration(s.memory.step)))
}

// begun returns the jobs that run now and have been seen not to do so within the
// last step and a scrape: at some step soon after its start, every run that
// lasts is among them.
func (s cronSelection) begun() string {
	running, step := s.plain(supercronicRunning), s.memory.step
	const scrape = time.Minute
	return fmt.Sprintf("(%s > 0 unless (%s > 0 and %s > 0))", s.total(running),
		s.total(fmt.Sprintf("min_over_time(%s[%s])", running, humanDuration(step+scrape))),
		s.total(fmt.Sprintf("%s offset %s", running, humanDuration(step))))
}

// total returns the series of the jobs, named, without what tells no jobs apart.
func (s cronSelection) total(expr string) string {
	return fmt.Sprintf("sum without (position, schedule) (%s)", s.named(expr))
}

// scraped selects whether the targets of the jobs are scraped: 1 or 0.
func (s cronSelection) scraped() string { return s.targets("up", "position", "schedule") }

// supercronicMatch matches commands that the name stands in as a word of its
// own: backup is in /opt/backup.sh and not in backups or pg-backup.
func supercronicMatch(j *CronJob) string {
	const around = "[^a-zA-Z0-9_-]"
	return oneOf("command", fmt.Sprintf("(?:.*%[1]s)?%[2]s(?:%[1]s.*)?", around, regexp.QuoteMeta(j.Name)))
}
