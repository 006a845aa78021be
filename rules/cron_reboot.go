package rules

import (
	"fmt"
	"time"
)

// bootTime is an expression of when the host of each instance booted, in Unix
// seconds. Where an instance stands for several hosts it has no sample; that of
// one host may differ by a second from scrape to scrape.
func bootTime(matchers string) string {
	boot := selector(matchers, "node_boot_time_seconds")
	return fmt.Sprintf("max by (instance) (%s) and (max by (instance) (%s) - min by (instance) (%s) < 60)", boot, boot, boot)
}

// booted is the fact of when the host of a series booted: a run that was due
// before then has the reboot grace to catch up, counted from the boot. due
// returns when the run was due, given the rule's value and when the breach
// would begin; deadline, where there is one, by when at the latest the host has
// missed another run since its boot.
func (j *CronJob) booted(series string, due func(value float64, since time.Time) time.Time, deadline func(boot time.Time) time.Time) Fact {
	grace := j.rebootGrace()
	return Fact{
		Expr: Fixed(fmt.Sprintf("0 * (%s) + on (instance) group_left () (%s)", series, bootTime(""))),
		Begin: func(since time.Time, value, fact float64) time.Time {
			boot := unixTime(fact)
			if !boot.After(due(value, since)) {
				return since
			}
			until := boot.Add(grace)
			if deadline != nil {
				if t := deadline(boot); !t.IsZero() && t.Before(until) {
					until = t
				}
			}
			return later(since, until)
		},
	}
}

// downtimeMark is where the part of a description begins that only alertd's
// templates can say.
const downtimeMark = "{{/* when its host was down */}}"

// downtime is a part of a description that tells, after due, a PromQL
// expression that is given the template's arg, when the host was down if it has
// booted since, followed by what that means. The template needs downtimeWords.
// That the host was up is told by its last sample before it booted, which is
// looked for minute by minute in a week, and then second by second.
func downtime(due, arg, meaning string) string {
	const sampled = `timestamp(node_boot_time_seconds{instance=%[1]q})`
	return downtimeMark + `{{ with query (printf "(` + bootTime("instance=%[1]q") + `) > ` + due + `" $labels.instance ` + arg + `) }}` +
		`{{ $boot := . | first | value }} Its host was down ` +
		`{{ with query (printf "max(max_over_time(` + sampled + `[7d:1m] @ %[2]f))" $labels.instance $boot) }}` +
		`{{ $up := . | first | value }}` +
		`{{ with query (printf "max(max_over_time((` + sampled + ` < %[2]f)[1m:1s] @ %[3]f))" $labels.instance $boot (minuteAfter $up)) }}` +
		`{{ $up = . | first | value }}{{ end }}` +
		`from {{ clock $up }} to {{ clock $boot }}{{ else }}until {{ clock $boot }}{{ end }}` +
		meaning + `{{ end }}`
}

// downtimeWords returns the functions that downtime calls; clock writes Unix
// seconds for people.
func downtimeWords(location *time.Location) map[string]any {
	return map[string]any{
		"clock": func(seconds float64) string {
			return unixTime(seconds).In(location).Format("2006-01-02 15:04:05 MST")
		},
		"minuteAfter": func(seconds float64) float64 { return seconds + 60 },
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
