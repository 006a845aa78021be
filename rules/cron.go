package rules

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

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

	OnMissing   OnMissing         `yaml:"on_missing"` // keep when unset
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
	wrong = append(wrong, j.OnMissing.Check("on_missing")...)
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
