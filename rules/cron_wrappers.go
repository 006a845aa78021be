package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// cronManagerSeries are those that github.com/alswl/cron-manager writes for
// node_exporter's textfile collector, named by the label `name`:
// crontab_failed, _exit_code, _duration_seconds, _running and
// _last_run_timestamp_seconds (cmd/cronmgr/main.go, internal/exporter).
//
// It renews the time of the last run every second while the job runs, and
// writes failed when the job has ended. A job that runs therefore tells nothing
// of success; and where the time stands still although the job is said to run,
// the wrapper has died, or could not even start the command: a failure.
func cronManagerSeries(s cronSelection) cronSeries {
	prefix := cmp.Or(s.job.Prefix, "crontab")
	metric := func(end string) string { return s.of(prefix + end) }
	failed, running, seen, duration := metric("_failed"), metric("_running"), metric("_last_run_timestamp_seconds"), metric("_duration_seconds")
	died := fmt.Sprintf("(%s == 1 unless time() - %s <= 120)", s.named(fmt.Sprintf("min_over_time(%s[2m])", s.plain(prefix+"_running"))), seen)
	failure := fmt.Sprintf("(%s and (%s == 1 and %s == 0 or %s))", seen, failed, running, died)
	series := cronSeries{
		status:   s.memory.last(fmt.Sprintf("(%s * 0 or (%s == bool 0) and %s == 0)", died, failed, running), running),
		success:  s.memory.last(fmt.Sprintf("(%s and %s == 0 and %s == 0)", seen, failed, running), running),
		failure:  s.memory.last(failure, running),
		start:    fmt.Sprintf("(%s - %s)", seen, duration),
		duration: fmt.Sprintf("(%s and %s == 0)", duration, running),
		running:  fmt.Sprintf("(%[1]s unless %[2]s or %[1]s * 0)", running, died),

		failureTold: failure,
	}
	series.any = selector(join(withoutName(s.matchers), parseMatchers(s.job.Selector)), cronManagerMetrics(s.job)...)
	series.here, series.gone = s.presence(series.any)
	return series
}

func cronManagerMetrics(j *CronJob) []string {
	prefix := cmp.Or(j.Prefix, "crontab")
	return []string{prefix + "_failed", prefix + "_running"}
}

// cronRunnerSeries are those that github.com/devinodaniel/cron-go (its binary
// is cron-runner) writes when the job has ended, named by the label
// `namespace`: cron_status_code (0 success, 1 failure, 2 timeout, 3
// terminated), cron_exit_code, cron_start_time_seconds, cron_end_time_seconds,
// cron_duration_milliseconds and cron_dryrun (cmd/main.go). A dry run says that
// it succeeded, and nothing of the job. Of a run that is under way nothing is
// told, so the start of the last one is not that of the latest.
func cronRunnerSeries(s cronSelection) cronSeries {
	metric := func(name string) string { return s.of(cronRunnerMetric(s.job, name)) }
	status, end := metric("cron_status_code"), metric("cron_end_time_seconds")
	done := func(expr string) string { return fmt.Sprintf("(%s unless %s == 1)", expr, metric("cron_dryrun")) }
	failure := done(fmt.Sprintf("%s and %s != 0", end, status))
	series := cronSeries{
		status:   s.memory.last(done(fmt.Sprintf("(%s == bool 0)", status)), status),
		success:  s.memory.last(done(fmt.Sprintf("%s and %s == 0", end, status)), status),
		failure:  s.memory.last(failure, status),
		duration: s.memory.last(done(metric("cron_duration_milliseconds")+" / 1000"), status),
		any:      s.plain(cronRunnerMetric(s.job, "cron_status_code")),

		failureTold: failure,
	}
	series.here, series.gone = s.presence(series.any)
	return series
}

// cronRunnerMatch matches the namespace that cron-runner makes of a name: lower
// case, with underscores for what a metric's name cannot hold.
func cronRunnerMatch(j *CronJob) string {
	name := regexp.MustCompile("[-. /\\\\:;,=()\\[\\]{}<>|?*\"'`~!@#$%^&+]").ReplaceAllString(j.Name, "_")
	return equals("namespace", strings.ToLower(strings.Trim(name, "_")))
}

func cronRunnerMetrics(j *CronJob) []string {
	return []string{cronRunnerMetric(j, "cron_status_code")}
}

// cronRunnerMetric puts the prefix before a metric's name, if there is one.
func cronRunnerMetric(j *CronJob, name string) string {
	if j.Prefix == "" {
		return name
	}
	return strings.TrimSuffix(j.Prefix, "_") + "_" + name
}
