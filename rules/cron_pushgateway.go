package rules

import "fmt"

// The Pushgateway's own metrics of every group that is pushed to it: Unix times
// of the last push that it took, and of the last that it refused; 0 is never.
// See its README, "About metric inconsistencies" and "Alerting on failed
// pushes".
const (
	pushTime        = "push_time_seconds"
	pushFailureTime = "push_failure_time_seconds"
)

// pushgatewaySeries are those of a job that pushes to a Pushgateway. What it
// pushes of itself (`*_last_success_timestamp_seconds`,
// `job_last_success_unixtime`, `*_last_run_status`) is believed first.
//
// The gateway's own times tell of pushes only. A push that it refused means
// that the job's results are not known, which is told as a failure until one is
// taken; a push that it took is taken to be the end of a run that went well
// where the job says nothing of its own, as is usual to push at the end.
// Groups never expire, so nothing but their age tells of a job that stopped.
func pushgatewaySeries(s cronSelection) cronSeries {
	m := s.job.Metrics
	status := m.verdict(s.pushed(m.Status, statusEnd))
	pushes, refusals := s.of(pushTime), s.of(pushFailureTime)
	failure := fmt.Sprintf("(%s or on (instance, job) (%s > 0))", s.newestPushed(m.Failure, "failure"), refusals)
	series := cronSeries{
		// A job's own metrics may have more labels than its group.
		status: fmt.Sprintf("((%s > %s) * 0 or on (instance, job) %s or on (instance, job) (%s > bool 0))", refusals, pushes, status, pushes),
		success: fmt.Sprintf("(%s or on (instance, job) (%s > 0 unless on (instance, job) %s == 0))",
			s.newestPushed(m.Success, "success"), pushes, status),
		failure:  failure,
		start:    s.newestPushed(m.Start, "start"),
		duration: s.pushed(m.Duration, durationEnd),
		running:  s.pushed(m.Running, runningEnd),
		any:      s.plain(pushTime),

		failureTold:   failure,
		ownMetrics:    true,
		failuresInRow: s.pushed("", streakEnd),
		overlapped:    s.pushed("", overlapEnd),
	}
	series.here, series.gone = s.presence(series.any)
	return series
}

// pushed returns a metric that the job pushes of itself: of its prefix, or, as
// the group is the job's alone, of any.
func (s cronSelection) pushed(own string, ends ...string) string {
	pattern := own
	if own == "" {
		pattern = s.job.Prefix + anyOf(ends)
		if s.job.Prefix == "" {
			pattern = ".+" + anyOf(ends)
		}
	} else if s.discovered {
		pattern = ".+" + own
	}
	return fmt.Sprintf("max without () (%s)", s.named(selector(join(withoutName(s.matchers), parseMatchers(s.job.Selector), metricsNamed(pattern)), "")))
}

func (s cronSelection) newestPushed(own, what string) string {
	return s.pushed(own, timestampEnds(what)...)
}
