package rules_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"alertd/rules"
)

func TestSourceMistakes(t *testing.T) {
	nan, one := math.NaN(), 1.0
	for name, c := range map[string]struct {
		job  rules.CronJob
		want []string
	}{
		"unknown": {
			rules.CronJob{Name: "a", CronSource: from("cron")},
			[]string{`source: there is no source "cron": write one of textfile, pushgateway, cron-manager, cron-runner, supercronic, systemd-timer, healthchecks, or remove it for textfile`},
		},
		"keys of other sources": {
			rules.CronJob{Name: "2nd", Prefix: "x", CronSource: rules.CronSource{Source: "systemd-timer", Match: `name="x"`}, Metrics: rules.CronMetrics{Status: "x"}},
			[]string{
				"prefix: prefix has no meaning for the source systemd-timer: remove it; what it takes: unit, timer, selector",
				"match: match has no meaning for the source systemd-timer: remove it; what it takes: unit, timer, selector",
				"metrics: metrics has no meaning for the source systemd-timer: remove it; what it takes: unit, timer, selector",
			},
		},
		"a unit of a textfile": {
			rules.CronJob{Name: "a", CronSource: rules.CronSource{Unit: "a.service"}},
			[]string{"unit: unit has no meaning for the source textfile: remove it; what it takes: prefix, metrics, selector"},
		},
		"no matchers": {
			rules.CronJob{Name: "a", CronSource: rules.CronSource{Source: "cron-manager", Match: "name"}},
			[]string{`match: not a list of label matchers: 1:7: parse error: unexpected "}" in label matching, expected label matching operator: write them as in PromQL, without braces: instance="db-1", job=~"node.*"`},
		},
		"times where none are told": {
			rules.CronJob{Name: "a", CronSource: from("healthchecks"), Schedule: "@daily", MaxAge: duration(time.Hour)},
			[]string{
				"schedule: schedule has no effect, as the source healthchecks does not tell when a job succeeded: remove it, and set the schedule there: what is late fails there",
				"max_age: max_age has no effect, as the source healthchecks does not tell when a job succeeded: remove it, and set the schedule there: what is late fails there",
			},
		},
		"values": {
			rules.CronJob{Name: "a", Metrics: rules.CronMetrics{Status: "a-b", OKValue: &nan, FailedValue: &one}},
			[]string{
				`metrics.status: "a-b" is not a metric name: use letters, digits and underscores, such as my_job`,
				"metrics.failed_value: both ok_value and failed_value are given: remove one: whatever is not the other",
				"metrics.ok_value: a status is held against a plain number: write one such as 0",
			},
		},
		"discover and one": {
			rules.CronJob{Name: "a", Prefix: "p", CronSource: discover("", "true"), Metrics: rules.CronMetrics{Status: "exit_code"}},
			[]string{
				`metrics.status: "exit_code" is not what names of metrics end in: discovered jobs have a suffix here, such as _last_exit_code`,
				"name: name has no meaning beside discover: remove it, or remove discover: jobs that are discovered have names",
				`prefix: prefix has no meaning beside discover: write it into discover: {__name__=~"backup_.+"}`,
			},
		},
		"discover what is no selector": {
			rules.CronJob{CronSource: discover("", "{x")},
			[]string{`discover: not a selector: 1:3: parse error: unexpected end of input inside braces: write true, or a selector as in PromQL, such as '{__name__=~".+_last_run_status"}'`},
		},
		"discover a range": {
			rules.CronJob{CronSource: discover("cron-manager", "crontab_failed[5m]")},
			[]string{`discover: not a selector: 1:15: parse error: unexpected "[": write true, or a selector as in PromQL, such as 'crontab_failed'`},
		},
		"discover by another metric": {
			rules.CronJob{CronSource: discover("cron-manager", "up")},
			[]string{"discover: up is no metric that jobs of the source cron-manager are found by: write true, or crontab_failed or crontab_running"},
		},
		"no name": {
			rules.CronJob{},
			[]string{"name: a cron job needs a name: add name: my-job, or discover: true to watch all that there are"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, w := range c.job.Check() {
				got = append(got, w.Path+": "+w.Problem+": "+w.Mend)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("mistakes are\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
		})
	}
}

// Whatever a job says that Check lets through compiles to expressions that
// parse, at any time.
func FuzzCronSource(f *testing.F) {
	for i, source := range []string{"", "pushgateway", "cron-manager", "cron-runner", "supercronic", "systemd-timer", "healthchecks"} {
		f.Add("backup", source, "", "", `instance="a",`, "", "", "", "@daily", 0.0, int64(i), byte(0xff))
		f.Add("", source, "true", "", "", "", "", "", "", 1.0, int64(i)*1e6, byte(i))
	}
	f.Add(`a"b\{{.}}`, "supercronic", "", "", "", "", "", "", "0 0 29 2 *", -1.0, int64(-1), byte(3))
	f.Add("a\nb\xff`", "cron-runner", "", "p_", "", "", "", "", "", 2.5, int64(1)<<40, byte(2))
	f.Add("", "", `{__name__=~".+_status", a!~"(x|y)"}`, "", "b!=\"\" # c\n", "_status", "", "", "", math.Inf(1), int64(5), byte(4))
	f.Add("2nd", "systemd-timer", "", "", "state=\"x\"", "", "2.service", "weekly.timer", "", 0.0, int64(5), byte(1))
	f.Fuzz(func(t *testing.T, name, source, discovered, prefix, selector, status, unit, timer, schedule string, value float64, ts int64, contract byte) {
		match := ""
		if len(unit) > 0 && source != "systemd-timer" {
			match = unit
		}
		job := rules.CronJob{
			Name: name, Prefix: prefix, Selector: selector, Schedule: schedule,
			CronSource: rules.CronSource{Source: source, Discover: discovered, Match: match, Unit: unit, Timer: timer},
			Metrics:    rules.CronMetrics{Status: status},
		}
		if value != 0 {
			job.Metrics.OKValue = &value
		}
		for i, set := range []func(){
			func() { job.MaxRuntime = model.Duration(time.Hour) },
			func() { job.Failures = 2 + int(contract)%20 },
			func() { job.MinRuntime = model.Duration(time.Second) },
			func() { job.NoOverlap = true },
			func() { job.RebootGrace = duration(0) },
		} {
			if contract&(1<<i) != 0 {
				set()
			}
		}
		// What the source does not tell is left out, so that the rest is tried.
		for _, wrong := range job.Check() {
			switch wrong.Path {
			case "max_runtime":
				job.MaxRuntime = 0
			case "min_runtime":
				job.MinRuntime = 0
			case "no_overlap":
				job.NoOverlap = false
			case "failures":
				job.Failures = 0
			}
		}
		if len(job.Check()) > 0 {
			return
		}
		listed := rules.CronJob{Name: "listed", CronSource: rules.CronSource{Source: source}, FailedFor: model.Duration(time.Minute)}
		groups, err := cronSpec(job, listed).Compile()
		if err != nil {
			t.Fatalf("a job without mistakes does not compile: %v", err)
		}
		at := time.Unix(ts%(1<<33), 0)
		for _, g := range groups {
			for _, r := range g.Rules {
				exprs := []string{r.Expr(at), r.Evidence(at)}
				for _, fact := range r.Facts {
					exprs = append(exprs, fact.Expr(at))
				}
				for _, expr := range exprs {
					if _, err := rules.NewParser().ParseExpr(expr); err != nil {
						t.Errorf("%s of %+v:\n%s\n%v", r.ID, job, expr, err)
					}
				}
			}
		}
	})
}
