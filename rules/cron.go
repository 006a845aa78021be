package rules

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/invalid"
)

// CronJob is an entry of the `cron` section: one job and what is expected of it.
type CronJob struct {
	Name     string `yaml:"name"`
	Prefix   string `yaml:"prefix"`   // of the metric names; the name when unset
	Selector string `yaml:"selector"` // more label matchers

	FailedFor model.Duration  `yaml:"failed_for"` // how long the status may be 0
	MaxAge    *model.Duration `yaml:"max_age"`    // how old the last success may be; 0 turns it off
	Schedule  string          `yaml:"schedule"`
	Timezone  string          `yaml:"timezone"`
	Grace     *model.Duration `yaml:"grace"` // from a slot to the success of its run

	Metrics     CronMetrics       `yaml:"metrics"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// CronMetrics overrides the names of a job's metrics.
type CronMetrics struct {
	Status  string `yaml:"status"`  // 1 after a success, 0 after a failure
	Success string `yaml:"success"` // Unix seconds of the last success
	Failure string `yaml:"failure"` // Unix seconds of the last failure
}

// Defaults of a cron job.
const (
	// DefaultMaxAge is for a job without a schedule: a daily job and an hour or
	// two of lateness.
	DefaultMaxAge = 26 * time.Hour
	DefaultGrace  = 30 * time.Minute
)

// CronJobLabel names the job in the labels of its alerts. It is not `job`,
// which names the scrape job.
const CronJobLabel = "cron_job"

// metricName is a regular expression of the classic metric names, which the
// prefix and the overriding names are held to.
const metricName = `^[a-zA-Z_:][a-zA-Z0-9_:]*$`

// Check tells what is wrong with the job.
func (j *CronJob) Check() []invalid.Field {
	var wrong []invalid.Field
	add := func(path, problem, mend string) {
		wrong = append(wrong, invalid.Field{Path: path, Problem: problem, Mend: mend})
	}
	if j.Name == "" {
		add("name", "a cron job needs a name", "add name: my-job")
	}
	name := regexp.MustCompile(metricName)
	for _, m := range []struct{ path, value string }{
		{"prefix", j.prefix()},
		{"metrics.status", j.Metrics.Status},
		{"metrics.success", j.Metrics.Success},
		{"metrics.failure", j.Metrics.Failure},
	} {
		if m.value != "" && !name.MatchString(m.value) {
			add(m.path, fmt.Sprintf("%q is not a metric name", m.value), "use letters, digits and underscores, such as my_job")
		}
	}
	if j.Schedule == "" && j.Grace != nil {
		add("grace", "grace without a schedule has no meaning", "add a schedule, or remove grace")
	}
	if j.Schedule == "" && j.Timezone != "" {
		add("timezone", "a time zone without a schedule has no meaning", "add a schedule, or remove timezone")
	}
	if _, err := time.LoadLocation(j.Timezone); err != nil {
		add("timezone", err.Error(), "use an IANA name such as Europe/Paris")
	} else if j.Schedule != "" {
		if _, err := ParseSchedule(j.Schedule, j.Timezone); err != nil {
			add("schedule", err.Error(), `use five fields such as "30 2 * * *", or @daily`)
		}
	}
	return append(wrong, checkSelector("selector", j.Selector)...)
}

// prefix returns what the metric names begin with; made from the name as
// `alertctl cron run` does it.
func (j *CronJob) prefix() string {
	if j.Prefix != "" {
		return j.Prefix
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		default:
			return '_'
		}
	}, j.Name)
}

// series are the PromQL selectors of a job's metrics.
type cronSeries struct{ status, success, any string }

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
	return cronSeries{
		status:  selector(j.Selector, status...),
		success: fmt.Sprintf("max without () (%s)", selector(j.Selector, success...)),
		any:     selector(j.Selector, all...),
	}
}

func (j *CronJob) compile(missingFor time.Duration) ([]*Rule, error) {
	s := j.series()
	rs := []*Rule{j.failed(s)}
	var schedule *Schedule
	if j.Schedule != "" {
		var err error
		if schedule, err = ParseSchedule(j.Schedule, j.Timezone); err != nil {
			return nil, fmt.Errorf("cron job %s: %w", j.Name, err)
		}
		rs = append(rs, j.missed(s, schedule))
	}
	if maxAge := j.maxAge(); maxAge > 0 {
		rs = append(rs, j.stale(s, maxAge))
	}
	if schedule != nil || j.maxAge() > 0 {
		rs = append(rs, j.neverRan(s, schedule))
	}
	return append(rs, j.noData(s, missingFor)), nil
}

func (j *CronJob) maxAge() time.Duration {
	switch {
	case j.MaxAge != nil:
		return time.Duration(*j.MaxAge)
	case j.Schedule != "":
		return 0
	default:
		return DefaultMaxAge
	}
}

func (j *CronJob) grace() time.Duration {
	if j.Grace != nil {
		return time.Duration(*j.Grace)
	}
	return DefaultGrace
}

// rule returns what all rules of the job share.
func (j *CronJob) rule(name, severity, summary, description string) *Rule {
	labels := map[string]string{CronJobLabel: j.Name, "severity": severity}
	maps.Copy(labels, j.Labels)
	return &Rule{
		ID:        "cron/" + j.Name + "/" + name,
		Name:      name,
		OnMissing: Keep,
		Labels:    templates(labels, nil),
		Annotations: templates(map[string]string{
			"summary": summary, "description": description,
		}, j.Annotations),
	}
}

// failed: the last run ended with an error, for failed_for.
func (j *CronJob) failed(s cronSeries) *Rule {
	r := j.rule("CronFailed", critical,
		fmt.Sprintf("Cron job %s failed", j.Name),
		"Its last run ended with an error. Look at the job's log; the alert ends with the next run that succeeds.")
	r.Expr, r.Evidence = Fixed(s.status+" == 0"), Fixed(s.status)
	r.For = time.Duration(j.FailedFor)
	r.Threshold = "1 = succeeded, 0 = failed"
	return r
}

// missed: the run that was due at the last slot has not succeeded in its grace.
func (j *CronJob) missed(s cronSeries, schedule *Schedule) *Rule {
	grace := j.grace()
	r := j.rule("CronMissed", critical,
		fmt.Sprintf("Cron job %s missed its schedule", j.Name),
		fmt.Sprintf("The run due by schedule %s has not succeeded within %s. Is cron running, and is the job still in its table?", schedule, humanDuration(grace)))
	r.Expr = func(ts time.Time) string {
		return fmt.Sprintf("%s < %d", s.success, schedule.Last(ts.Add(-grace)).Unix())
	}
	r.Evidence = Fixed(s.success)
	// The breach began when the first slot after the last success ran out of
	// its grace, however late it was noticed.
	r.Since = func(lastSuccess float64, ts time.Time) time.Time {
		if slot := schedule.Next(unixTime(lastSuccess)); !slot.IsZero() {
			return slot.Add(grace)
		}
		return ts
	}
	r.Unit, r.Threshold = "timestamp", fmt.Sprintf("a success within %s of every slot of %s", humanDuration(grace), schedule)
	return r
}

// stale: the last success is older than max_age.
func (j *CronJob) stale(s cronSeries, maxAge time.Duration) *Rule {
	r := j.rule("CronStale", critical,
		fmt.Sprintf("Cron job %s has not succeeded for too long", j.Name),
		fmt.Sprintf("Its last success is older than %s (max_age). Is cron running, and does the job still end well?", humanDuration(maxAge)))
	age := "time() - " + s.success
	r.Expr = Fixed(fmt.Sprintf("%s > %d", age, int64(maxAge.Seconds())))
	r.Evidence = Fixed(age)
	r.Since = func(age float64, ts time.Time) time.Time {
		return ts.Add(maxAge - time.Duration(age*float64(time.Second)))
	}
	r.Unit, r.Threshold = "s", "> "+humanDuration(maxAge)
	return r
}

// neverRan: no metric of the job has been seen by its first deadline.
func (j *CronJob) neverRan(s cronSeries, schedule *Schedule) *Rule {
	r := j.rule("CronNeverRan", critical,
		fmt.Sprintf("Cron job %s never ran", j.Name),
		fmt.Sprintf("Prometheus has no metric %s_* of it, neither now nor in the past week. Is the job installed, and does node_exporter read the directory that it writes to?", j.prefix()))
	r.Expr = Fixed(fmt.Sprintf("group(absent_over_time(%s[7d]))", s.any))
	r.Evidence = Fixed(fmt.Sprintf("group(%s)", s.any))
	r.Deadline = func(activeAt time.Time) time.Time {
		if schedule == nil {
			return activeAt.Add(j.maxAge())
		}
		return schedule.Next(activeAt).Add(j.grace())
	}
	r.Unit = alert.Presence
	return r
}

// noData: the job's metrics were there, and are gone while their target lives.
func (j *CronJob) noData(s cronSeries, missingFor time.Duration) *Rule {
	r := j.rule("NoData", warning,
		fmt.Sprintf("No data from cron job %s", j.Name),
		"Its metrics were there within the last hour and are gone: has its textfile been deleted, or is it malformed? What was firing stays as it was until data returns.")
	here, gone := vanished(s.any)
	r.Expr = Fixed(fmt.Sprintf("(%s) unless on (instance, job) (%s)", gone, hostGone("")))
	r.Evidence = Fixed(here)
	r.For = missingFor
	r.Unit = alert.Presence
	return r
}

func unixTime(seconds float64) time.Time {
	return time.UnixMilli(int64(seconds * 1000)).UTC()
}
