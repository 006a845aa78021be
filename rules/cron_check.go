package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"alertd/internal/invalid"
)

// maxFailures is how many failures in a row may be asked for.
const maxFailures = 100

// metricName is a regular expression of the classic metric names, which the
// prefix and the overriding names are held to.
const metricName = `^[a-zA-Z_:][a-zA-Z0-9_:]*$`

// Check tells what is wrong with the job.
func (j *CronJob) Check() []invalid.Field {
	var wrong []invalid.Field
	add := func(path, problem, mend string) {
		wrong = append(wrong, invalid.Field{Path: path, Problem: problem, Mend: mend})
	}
	if j.Name == "" && j.Discover == "" {
		add("name", "a cron job needs a name", "add name: my-job, or discover: true to watch all that there are")
	}
	if strings.ContainsFunc(j.Name, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
		add("name", "the name has control characters, such as a line break", "use a name that fits in a line of text")
	}
	if p := j.prefix(); p != "" && !isMetricName(p) {
		add("prefix", fmt.Sprintf("%q is not a metric name", p), "use letters, digits and underscores, such as my_job")
	}
	wrong = append(wrong, j.checkSource()...)
	wrong = append(wrong, j.checkSchedule()...)
	wrong = append(wrong, j.checkRuns()...)
	wrong = append(wrong, j.checkTold(j.series())...)
	wrong = append(wrong, j.OnMissing.Check("on_missing")...)
	return append(wrong, checkSelector("selector", j.Selector)...)
}

// checkSchedule tells what is wrong with when the job is due.
func (j *CronJob) checkSchedule() []invalid.Field {
	var wrong []invalid.Field
	add := func(path, problem, mend string) {
		wrong = append(wrong, invalid.Field{Path: path, Problem: problem, Mend: mend})
	}
	if j.Schedule == "" && j.Grace != nil {
		add("grace", "grace without a schedule has no meaning", "add a schedule, or remove grace")
	}
	if j.Schedule == "" && j.Early != 0 {
		add("early", "early without a schedule has no meaning", "add a schedule, or remove early")
	}
	if j.Schedule == "" && j.Timezone != "" {
		add("timezone", "a time zone without a schedule has no meaning", "add a schedule, or remove timezone")
	}
	if j.Schedule == "" && j.maxAge() == 0 && j.RebootGrace != nil {
		add("reboot_grace", "reboot_grace with neither a schedule nor max_age has no meaning", "add one of them, or remove reboot_grace")
	}
	zone := j.Timezone
	if _, err := time.LoadLocation(zone); err != nil {
		add("timezone", err.Error(), "use an IANA name such as Europe/Paris")
		zone = "" // the schedule can be looked at all the same
	}
	if j.Schedule == "" {
		return wrong
	}
	schedule, err := ParseSchedule(j.Schedule, zone)
	if err != nil {
		add("schedule", err.Error(), `use five fields such as "30 2 * * *", six with the seconds first, or @daily`)
		return wrong
	}
	if shortest := schedule.shortest(); shortest > 0 && 2*time.Duration(j.Early) > shortest {
		add("early", fmt.Sprintf("%s is more than half the time between two slots (%s): a late run would count for the next one", j.Early, humanDuration(shortest)),
			"use less than "+humanDuration(shortest/2))
	}
	return wrong
}

// checkRuns tells what is wrong with what is expected of the job's runs.
func (j *CronJob) checkRuns() []invalid.Field {
	var wrong []invalid.Field
	if j.Failures < 0 || j.Failures > maxFailures {
		wrong = append(wrong, invalid.Field{
			Path: "failures", Problem: fmt.Sprintf("%d is no number of failures", j.Failures),
			Mend: fmt.Sprintf("use 1 to %d", maxFailures),
		})
	}
	if j.MaxRuntime > 0 && j.MinRuntime >= j.MaxRuntime {
		wrong = append(wrong, invalid.Field{
			Path: "min_runtime", Problem: fmt.Sprintf("min_runtime (%s) is not below max_runtime (%s)", j.MinRuntime, j.MaxRuntime),
			Mend: "no run could be right: lower min_runtime or raise max_runtime",
		})
	}
	return wrong
}

// checkTold tells which settings need what the job's metrics do not tell.
func (j *CronJob) checkTold(s cronSeries) []invalid.Field {
	var wrong []invalid.Field
	teller, instead := "the metrics of this job do", "run the job with alertctl cron run"
	if !slices.Contains([]string{"", "textfile", "pushgateway"}, j.Source) {
		teller, instead = "the source "+j.Source+" does", instead+" and remove source"
	}
	need := func(wanted bool, path, what string, told ...string) {
		if wanted && strings.Join(told, "") == "" {
			wrong = append(wrong, invalid.Field{
				Path: path, Problem: fmt.Sprintf("needs %s, which %s not tell", what, teller),
				Mend: instead + ", or remove " + path,
			})
		}
	}
	need(j.MaxRuntime > 0, "max_runtime", "the time of the last start", s.start)
	if s.start != "" {
		need(j.MaxRuntime > 0, "max_runtime", "whether the job runs or when it ended", s.running, s.success, s.failure)
	}
	byTimes := s.start
	if s.lengthUntold {
		byTimes = ""
	}
	need(j.MinRuntime > 0, "min_runtime", "how long the last run took", s.duration, byTimes)
	if s.duration == "" {
		need(j.MinRuntime > 0, "min_runtime", "the time of the last success", s.success)
	}
	need(j.MinRuntime > 0, "min_runtime", "whether the last run succeeded", s.status, s.success)
	need(j.NoOverlap, "no_overlap", "whether a run started beside another", s.overlapped)
	need(j.Failures > 1, "failures", "how many runs failed or when the last one did", s.failuresInRow, s.failureTold)
	return wrong
}
