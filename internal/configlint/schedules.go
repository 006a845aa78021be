package configlint

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"alertd/rules"
)

// schedules looks at the cron jobs' schedules and what goes with them.
func (r *review) schedules() {
	for i := range r.config.Cron {
		job := &r.config.Cron[i]
		if job.Schedule == "" {
			continue
		}
		schedule, err := rules.ParseSchedule(job.Schedule, job.Timezone)
		if err != nil {
			continue // the configuration would have been refused
		}
		at := func(key string) string { return fmt.Sprintf("cron[%d].%s", i, key) }
		shortest, longest := schedule.Gaps(r.now)
		if maxAge := value(job.MaxAge); maxAge > 0 && maxAge <= longest {
			r.at(maxAgeBelowPeriod, at("max_age"),
				fmt.Sprintf("max_age %s is over before the next run: the schedule has up to %s between two, so CronStale fires though nothing is wrong", human(maxAge), human(longest)),
				fmt.Sprintf("use more than %s, or remove max_age: the schedule is watched anyway", human(longest)))
		}
		if grace := value(job.Grace); shortest > 0 && grace > shortest {
			r.at(graceBeyondPeriod, at("grace"),
				fmt.Sprintf("grace %s is longer than the %s to the next run, so several runs have to be missed before CronMissed fires", human(grace), human(shortest)),
				"shorten it, unless that is meant")
		}
		if slot, ok := schedule.Shifted(r.now); ok {
			r.shifted(at("schedule"), slot)
		}
	}
}

func (r *review) shifted(path string, slot rules.Shifted) {
	when, what := slot.Wall.Format("15:04"), "does not exist on "+slot.Wall.Format(time.DateOnly)+", when clocks go forward: cron runs the job at once after the jump"
	if slot.Twice {
		what = "comes twice on " + slot.Wall.Format(time.DateOnly) + ", when clocks go back: cron runs the job the first time only"
	}
	r.at(clockShift, path, fmt.Sprintf("%s %s, and systemd timers and other schedulers may do otherwise", when, what),
		"choose a time outside of that hour, or a time zone without summer time, such as UTC, for both the job and this entry")
}

func value(d *model.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return time.Duration(*d)
}

func human(d time.Duration) string { return model.Duration(d).String() }
