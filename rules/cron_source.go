package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"alertd/internal/invalid"
)

// CronSource says how a cron job, or every job that is discovered, tells how it
// does.
type CronSource struct {
	Source   string `yaml:"source"`   // a preset's name; textfile when unset
	Discover string `yaml:"discover"` // a selector, or true: watch every job that it finds
	Match    string `yaml:"match"`    // label matchers of the job's series, in place of those made from its name
	Unit     string `yaml:"unit"`     // systemd service; made from the name when unset
	Timer    string `yaml:"timer"`    // systemd timer; the unit's when unset
}

// cronSeries are PromQL expressions of what a job's metrics say, each with one
// sample for every instance of the job; "" where the metrics do not tell. Each
// can stand at any place in an expression.
type cronSeries struct {
	status   string // 1 after a success, 0 after a failure
	success  string // Unix seconds of the last success
	failure  string // Unix seconds of the last failure
	start    string // Unix seconds of the latest start
	duration string // of the last run that ended, in seconds
	running  string // 1 while the job runs, else 0
	any      string // selects every series of the job
	here     string // where the job gives data now
	gone     string // where it gave data within the last hour, and gives none now
	by       string // the labels that tell apart what here and gone are about

	failuresInRow string // runs that failed since the last that succeeded
	overlapped    string // 1 after a run started beside another one, else 0

	// failureTold is failure at the moments at which the metrics tell it, without
	// what is remembered: it is what the past is searched by.
	failureTold string
	// ownMetrics are the job's own: it may leave some out, or add them later.
	ownMetrics bool
	// lengthUntold means that start and success do not tell how long a run took:
	// they are not of the same run, or not exact.
	lengthUntold bool
}

// lastRun begins what is said of one that failed.
const lastRun = "Its last run"

// cronPreset is one way in which cron jobs tell how they do.
type cronPreset struct {
	name string
	// keys of CronJob that have a meaning for it, apart from those that every
	// job has.
	keys []string
	// label names the job; "" where the names of the metrics do.
	label string
	// pattern is what of the label's value is the job's name: its first group.
	pattern string
	// metrics are those that jobs may be discovered by, the usual one first. Of
	// textfiles they are what names end in.
	metrics func(*CronJob) []string
	// failure says what a failed job means, where that is not simply a run that
	// ended with an error.
	failure string
	// timeless presets do not tell when a job succeeded.
	timeless bool
	// match returns the matchers of the series of the job of that name.
	match  func(*CronJob) string
	series func(cronSelection) cronSeries
}

// cronPresets are the presets that there are, the default first.
func cronPresets() []cronPreset {
	const whole = "(.+)"
	return []cronPreset{
		{
			name: "textfile", keys: []string{"prefix", "metrics"},
			metrics: textfileEnds,
			match:   func(*CronJob) string { return "" }, series: textfileSeries,
		},
		{
			name: "pushgateway", keys: []string{"prefix", "metrics", "match"}, label: "job", pattern: whole,
			metrics: always(pushTime), match: byLabel("job"), series: pushgatewaySeries,
			failure: lastRun + " ended with an error, or the Pushgateway refused what it pushed last, so that nobody knows. Look at the job's log; the alert ends with the next run that succeeds and is taken.",
		},
		{
			name: "cron-manager", keys: []string{"prefix", "match"}, label: "name", pattern: whole,
			metrics: cronManagerMetrics, match: byLabel("name"), series: cronManagerSeries,
			failure: lastRun + " ended with an error, or was cut off together with cronmgr, or could not be started. Look at the job's log; the alert ends with the next run that succeeds.",
		},
		{
			name: "cron-runner", keys: []string{"prefix", "match"}, label: "namespace", pattern: whole,
			metrics: cronRunnerMetrics, match: cronRunnerMatch, series: cronRunnerSeries,
		},
		{
			name: "supercronic", keys: []string{"match"}, label: "command", pattern: whole,
			metrics: always(supercronicRuns), match: supercronicMatch, series: supercronicSeries,
		},
		{
			name: "systemd-timer", keys: []string{"unit", "timer"}, label: "name", pattern: `(.+)\.(?:timer|service)`,
			metrics: always(timerTrigger), match: timerMatch, series: systemdSeries,
		},
		{
			name: "healthchecks", keys: []string{"match"}, label: "name", pattern: whole,
			metrics: always(healthchecksUp), match: byLabel("name"), series: healthchecksSeries, timeless: true,
			failure: "Healthchecks says that the check is down: the job failed, or is late. Look at the job's log; the alert ends when the check is up again.",
		},
	}
}

// byLabel matches a job whose name is the value of the label.
func byLabel(label string) func(*CronJob) string {
	return func(j *CronJob) string { return equals(label, j.Name) }
}

func always(metrics ...string) func(*CronJob) []string {
	return func(*CronJob) []string { return metrics }
}

// preset returns the job's preset; false where it names one that there is not.
func (j *CronJob) preset() (cronPreset, bool) {
	presets := cronPresets()
	if j.Source == "" {
		return presets[0], true
	}
	i := slices.IndexFunc(presets, func(p cronPreset) bool { return p.name == j.Source })
	if i < 0 {
		return cronPreset{}, false
	}
	return presets[i], true
}

// series returns what is known of the job; nothing of one that Check refuses.
func (j *CronJob) series() cronSeries {
	p, ok := j.preset()
	if !ok {
		return cronSeries{}
	}
	selection := newCronSelection(j, p)
	series := p.series(selection)
	series.by = selection.by()
	return series
}

// failure says what it means that the job failed; last is its last run, or its
// last runs.
func (j *CronJob) failure(last string) string {
	p, _ := j.preset()
	text := cmp.Or(p.failure, lastRun+" ended with an error. Look at the job's log; the alert ends with the next run that succeeds.")
	return strings.Replace(text, lastRun, last, 1)
}

// traces describes the series that the job would have.
func (j *CronJob) traces(s cronSeries) string {
	if p, _ := j.preset(); p.label == "" {
		return "metric " + j.prefix() + "_*"
	}
	return "series " + escapeTemplate(s.any)
}

// escapeTemplate keeps text from being read as a template.
func escapeTemplate(text string) string { return strings.ReplaceAll(text, "{{", `{{"{{"}}`) }

// checkSource tells what is wrong with how the job is said to tell how it does.
func (j *CronJob) checkSource() []invalid.Field {
	p, ok := j.preset()
	if !ok {
		var names []string
		for _, p := range cronPresets() {
			names = append(names, p.name)
		}
		return []invalid.Field{{
			Path: "source", Problem: fmt.Sprintf("there is no source %q", j.Source),
			Mend: "write one of " + strings.Join(names, ", ") + ", or remove it for " + names[0],
		}}
	}
	var wrong []invalid.Field
	for _, given := range []struct{ key, value string }{
		{"prefix", j.Prefix}, {"match", j.Match}, {"unit", j.Unit}, {"timer", j.Timer}, {"metrics", j.Metrics.given()},
	} {
		if given.value != "" && !slices.Contains(p.keys, given.key) {
			wrong = append(wrong, invalid.Field{
				Path: given.key, Problem: fmt.Sprintf("%s has no meaning for the source %s", given.key, p.name),
				Mend: "remove it; what it takes: " + strings.Join(append(p.keys, "selector"), ", "),
			})
		}
	}
	wrong = append(wrong, checkSelector("match", j.Match)...)
	wrong = append(wrong, j.Metrics.check(j.Discover != "")...)
	wrong = append(wrong, j.checkTimes()...)
	if j.Discover != "" {
		wrong = append(wrong, j.checkDiscover(p)...)
	}
	return wrong
}

// checkTimes refuses what is to be judged by times that the source does not
// tell.
func (j *CronJob) checkTimes() []invalid.Field {
	p, ok := j.preset()
	if !ok || !p.timeless {
		return nil
	}
	var wrong []invalid.Field
	refuse := func(key string) {
		wrong = append(wrong, invalid.Field{
			Path: key, Problem: fmt.Sprintf("%s has no effect, as the source %s does not tell when a job succeeded", key, p.name),
			Mend: "remove it, and set the schedule there: what is late fails there",
		})
	}
	if j.Schedule != "" {
		refuse("schedule")
	}
	if j.MaxAge != nil && *j.MaxAge > 0 {
		refuse("max_age")
	}
	return wrong
}
