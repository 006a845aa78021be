package rules

import (
	"cmp"
	"fmt"
	"strings"
)

// timerTrigger is when a systemd timer last started its service, in Unix
// seconds; 0 for one that has not since the host's start, unless the timer is
// persistent.
const timerTrigger = "node_systemd_timer_last_trigger_seconds"

// systemdSeries are those that node_exporter gives with --collector.systemd of
// a timer and the service that it starts (collector/systemd_linux.go).
//
// systemd keeps a failed unit failed until it starts again, and forgets it when
// the host does: what a service's state says counts only if its timer has
// started it since. While it runs, what it did last is what is remembered. The
// units are listed before the timers are asked, so that a service which has just
// been started may still look as before: a success is believed after a minute.
func systemdSeries(s cronSelection) cronSeries {
	unitState := func(matchers string) string {
		return selector(join(parseMatchers(s.serviceMatch()), parseMatchers(s.job.Selector), parseMatchers(matchers)), "node_systemd_unit_state")
	}
	// 0 while it runs, 1 after a success, 2 after a failure.
	state := fmt.Sprintf("sum without (name, state, type) (%s)",
		s.named(fmt.Sprintf("%s * 2 or %s", unitState(`state="failed"`), unitState(`state="inactive"`))))
	trigger := fmt.Sprintf("max without (name) (%s)", s.of(timerTrigger))
	sinceBoot := fmt.Sprintf("%s > on (instance, job) group_left () max by (instance, job) (%s)",
		trigger, s.targets("node_boot_time_seconds", "state", "type"))
	failure := fmt.Sprintf("(%s and %s == 2)", sinceBoot, state)
	series := cronSeries{
		status:  s.memory.last(fmt.Sprintf("(2 - (%s > 0) and %s)", state, sinceBoot), trigger),
		success: s.memory.last(fmt.Sprintf("(%s < time() - 60 and %s == 1)", sinceBoot, state), trigger),
		failure: s.memory.last(failure, trigger),
		start:   fmt.Sprintf("(%s > 0)", trigger),
		running: fmt.Sprintf("max without (name, state, type) (%s)", s.named(unitState(`state=~"activating|active|deactivating"`))),
		any:     s.plain(timerTrigger),

		failureTold:  failure,
		lengthUntold: true, // a success is known by the start of its run
	}
	series.here, series.gone = s.presence(series.any)
	return series
}

// timerMatch matches the timer of the job.
func timerMatch(j *CronJob) string {
	return equals("name", withUnitType(cmp.Or(j.Timer, strings.TrimSuffix(j.Unit, ".service"), j.Name), ".timer"))
}

// serviceMatch matches the service of the job, or those of all.
func (s cronSelection) serviceMatch() string {
	if s.discovered {
		return oneOf("name", `.+\.service`)
	}
	j := s.job
	return equals("name", withUnitType(cmp.Or(j.Unit, strings.TrimSuffix(j.Timer, ".timer"), j.Name), ".service"))
}

func withUnitType(name, suffix string) string { return strings.TrimSuffix(name, suffix) + suffix }
