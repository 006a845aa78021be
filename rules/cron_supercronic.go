package rules

import (
	"fmt"
	"regexp"
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
	failed, succeeded := s.counted(supercronicFailures), s.counted(supercronicSuccesses)
	scraped := fmt.Sprintf("on (instance, job) %s == 1", s.scraped())
	series := cronSeries{
		// A failure and a success in one step are a failure, until the next.
		status:  fmt.Sprintf("(last_over_time((%s * 0 or %s * 0 + 1)%s) and %s)", failed, succeeded, s.memory, scraped),
		success: fmt.Sprintf("(max_over_time(timestamp(%s)%s) and %s)", succeeded, s.memory, scraped),
		failure: fmt.Sprintf("(max_over_time(timestamp(%s)%s) and %s)", failed, s.memory, scraped),
		running: fmt.Sprintf("clamp_max(sum without (position, schedule) (%s), 1)", s.of(supercronicRunning)),
		any:     s.plain(supercronicRuns),
	}
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
	sum := func(expr string) string { return fmt.Sprintf("sum without (position, schedule) (%s)", s.named(expr)) }
	now, then := sum(series), sum(fmt.Sprintf("%s offset %s", series, step))
	before := sum(fmt.Sprintf("last_over_time(%s[%s] offset %s)", series, humanDuration(s.memory.window), step))
	return fmt.Sprintf("(%[1]s unless %[1]s == %[2]s or (%[1]s unless %[3]s) and on (instance, job) %[4]s offset %[5]s == 1)",
		now, before, then, s.scraped(), step)
}

// scraped selects whether the targets of the jobs are scraped: 1 or 0.
func (s cronSelection) scraped() string { return s.targets("up", "position", "schedule") }

// supercronicMatch matches commands that the name stands in as a word of its
// own: backup is in /opt/backup.sh and not in backups or pg-backup.
func supercronicMatch(j *CronJob) string {
	const around = "[^a-zA-Z0-9_-]"
	return oneOf("command", fmt.Sprintf("(?:.*%[1]s)?%[2]s(?:%[1]s.*)?", around, regexp.QuoteMeta(j.Name)))
}
