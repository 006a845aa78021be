package rules

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
)

// The usual ends of the names of a textfile's metrics.
const (
	statusEnd   = "_last_run_status"
	durationEnd = "_last_duration_seconds"
	runningEnd  = "_running"
	streakEnd   = "_consecutive_failures"
	overlapEnd  = "_overlapped"
)

// timestampEnds are what the names of metrics end in that tell when something
// last happened: CryptoBot's, that of Prometheus's naming guide, and that of
// its older documentation.
func timestampEnds(what string) []string {
	last := "_last_" + what
	return []string{last + "_timestamp", last + "_timestamp_seconds", last + "_unixtime"}
}

// textfileSeries are those of jobs whose metrics begin with the job's own name,
// as `alertctl cron run` and CryptoBot's script leave them for node_exporter's
// textfile collector.
//
// A job may be written by the wrapper or by a script of its own, which gives
// status, success and failure only; the rest is then empty, and no rule fires.
func textfileSeries(s cronSelection) cronSeries {
	m := s.job.Metrics
	status, success, failed := s.names(m.Status, statusEnd), s.names(m.Success, timestampEnds("success")...), s.names(m.Failure, timestampEnds("failure")...)
	failure := s.newest(failed)
	series := cronSeries{
		status:   m.verdict(s.textfile(status)),
		success:  s.newest(success),
		failure:  failure,
		start:    s.newest(s.names(m.Start, timestampEnds("start")...)),
		duration: s.textfile(s.names(m.Duration, durationEnd)),
		running:  s.textfile(s.names(m.Running, runningEnd)),

		failureTold:   failure,
		ownMetrics:    true,
		failuresInRow: s.textfile(s.names("", streakEnd)),
		overlapped:    s.textfile(s.names("", overlapEnd)),
	}
	if s.discovered {
		series.any = s.discoveredBy()
	} else {
		series.any = selector(s.added(), append(append(status, success...), failed...)...)
	}
	series.here, series.gone = s.presence(series.any)
	return series
}

// names returns what names of metrics are; of discovered jobs, what they end
// in. The user's own takes precedence over the usual ends.
func (s cronSelection) names(own string, usual ...string) []string {
	switch {
	case own != "":
		return []string{own}
	case s.discovered:
		return usual
	}
	var all []string
	for _, end := range usual {
		all = append(all, s.job.prefix()+end)
	}
	return all
}

// textfile returns the series of one metric of the jobs. Discovered jobs are
// those that have a series that jobs are discovered by.
func (s cronSelection) textfile(names []string) string {
	if !s.discovered {
		return selector(s.added(), names...)
	}
	ends := anyOf(names)
	series := selector(join(withoutName(s.matchers), parseMatchers(s.job.Selector), metricsNamed(".+"+ends)), "")
	return fmt.Sprintf("(%s and on (%s) %s)", nameByMetric(series, ends), s.by(), s.named(s.discoveredBy()))
}

// newest makes one series of those that spell one thing differently.
func (s cronSelection) newest(names []string) string {
	return fmt.Sprintf("max without () (%s)", s.textfile(names))
}

// discoveredBy selects the series that textfile jobs are discovered by.
func (s cronSelection) discoveredBy() string {
	return selector(join(s.matchers, parseMatchers(s.job.Selector), metricsNamed(".+"+s.discoveredEnds())), "")
}

// discoveredEnds is what the names of those series end in, as a pattern.
func (s cronSelection) discoveredEnds() string {
	return anyOf(textfileEnds(s.job))
}

// textfileEnds are what the names of the metrics end in that jobs are
// discovered by.
func textfileEnds(j *CronJob) []string {
	ends := []string{cmp.Or(j.Metrics.Status, statusEnd)}
	if j.Metrics.Success != "" {
		return append(ends, j.Metrics.Success)
	}
	return append(ends, timestampEnds("success")...)
}

// nameByMetric gives series the name of their job: the metric's, less its end.
func nameByMetric(expr, end string) string {
	return labelJob(expr, model.MetricNameLabel, "(.+)"+end)
}

func anyOf(patterns []string) string { return "(?:" + strings.Join(patterns, "|") + ")" }
