package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// CronJob is an entry of the `cron` section: one job and what is expected of it.
type CronJob struct {
	Name string `yaml:"name"`

	CronSource `yaml:",inline"`

	Prefix   string `yaml:"prefix"`   // of the metric names; the name when unset
	Selector string `yaml:"selector"` // more label matchers

	FailedFor model.Duration  `yaml:"failed_for"` // how long the status may be 0
	Failures  int             `yaml:"failures"`   // in a row before it alerts; 0 is 1
	MaxAge    *model.Duration `yaml:"max_age"`    // how old the last success may be; 0 turns it off

	Schedule string          `yaml:"schedule"`
	Timezone string          `yaml:"timezone"`
	Grace    *model.Duration `yaml:"grace"` // from a slot to the success of its run; with MaxRuntime, to its start
	Early    model.Duration  `yaml:"early"` // how long before a slot a run counts for it

	MaxRuntime  model.Duration  `yaml:"max_runtime"`  // 0 is any
	MinRuntime  model.Duration  `yaml:"min_runtime"`  // of a run that succeeds
	NoOverlap   bool            `yaml:"no_overlap"`   // no run may start beside another
	RebootGrace *model.Duration `yaml:"reboot_grace"` // from the boot of its host to the success of a run that was due before

	OnMissing   OnMissing         `yaml:"on_missing"` // keep when unset
	Metrics     CronMetrics       `yaml:"metrics"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
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

// prefix returns what the metric names begin with; for a textfile made from the
// name as `alertctl cron run` does it.
func (j *CronJob) prefix() string {
	if p, ok := j.preset(); !ok || p.label != "" || j.Discover != "" || j.Prefix != "" {
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
	return j.compileFrom(j.series(), missingFor)
}

func (j *CronJob) compileFrom(s cronSeries, missingFor time.Duration) ([]*Rule, error) {
	var schedule *Schedule
	zone := time.UTC
	if j.Schedule != "" {
		var err error
		if schedule, err = ParseSchedule(j.Schedule, j.Timezone); err != nil {
			return nil, fmt.Errorf("cron job %s: %w", j.ID(), err)
		}
		zone = schedule.location
	}
	if wrong := append(j.checkTimes(), j.checkTold(s)...); len(wrong) > 0 {
		return nil, fmt.Errorf("cron job %s: %s %s", j.ID(), wrong[0].Path, wrong[0].Problem)
	}
	rs := []*Rule{j.failed(s, schedule)}
	if schedule != nil {
		rs = append(rs, j.missed(s, schedule))
	}
	if maxAge := j.maxAge(); maxAge > 0 {
		rs = append(rs, j.stale(s, maxAge, zone))
	}
	rs = append(rs, j.aboutRuns(s, zone, missingFor)...)
	if schedule != nil || j.maxAge() > 0 || s.success == "" {
		rs = append(rs, j.neverRan(s, schedule))
	}
	return append(rs, j.noData(s, missingFor)), nil
}

func (j *CronJob) maxAge() time.Duration {
	switch p, _ := j.preset(); {
	case p.timeless:
		return 0
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

func (j *CronJob) rebootGrace() time.Duration {
	if j.RebootGrace != nil {
		return time.Duration(*j.RebootGrace)
	}
	return j.grace()
}

func (j *CronJob) failures() int { return max(j.Failures, 1) }
