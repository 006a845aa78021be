package rules

import "fmt"

// cronSeries are PromQL expressions of what a job's metrics say, each with one
// sample for every instance of the job; "" where the metrics do not tell.
type cronSeries struct {
	status   string // 1 after a success, 0 after a failure
	success  string // Unix seconds of the last success
	failure  string // Unix seconds of the last failure
	start    string // Unix seconds of the latest start
	duration string // of the last run that ended, in seconds
	running  string // 1 while the job runs, else 0
	any      string // selects every series of the job

	failuresInRow string // runs that failed since the last that succeeded
	overlapped    string // 1 after a run started beside another one, else 0
}

func (j *CronJob) series() cronSeries {
	p := j.prefix()
	status := []string{p + "_last_run_status"}
	if j.Metrics.Status != "" {
		status = []string{j.Metrics.Status}
	}
	// Both spellings are in use; max without () makes one series of them.
	success := []string{p + "_last_success_timestamp", p + "_last_success_timestamp_seconds"}
	if j.Metrics.Success != "" {
		success = []string{j.Metrics.Success}
	}
	failure := []string{p + "_last_failure_timestamp", p + "_last_failure_timestamp_seconds"}
	if j.Metrics.Failure != "" {
		failure = []string{j.Metrics.Failure}
	}
	all := append(append(append([]string{}, status...), success...), failure...)
	// The job may be written by the wrapper or by a script of its own, which
	// gives the first three only; the rest is then empty, and no rule fires.
	start := []string{p + "_last_start_timestamp", p + "_last_start_timestamp_seconds"}
	return cronSeries{
		status:   selector(j.Selector, status...),
		success:  newest(j.Selector, success),
		failure:  newest(j.Selector, failure),
		start:    newest(j.Selector, start),
		duration: selector(j.Selector, p+"_last_duration_seconds"),
		running:  selector(j.Selector, p+"_running"),
		any:      selector(j.Selector, all...),

		failuresInRow: selector(j.Selector, p+"_consecutive_failures"),
		overlapped:    selector(j.Selector, p+"_overlapped"),
	}
}

// newest makes one series of those that spell one thing differently.
func newest(matchers string, names []string) string {
	return fmt.Sprintf("max without () (%s)", selector(matchers, names...))
}
