package rules_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/rules"
)

// What a source does not tell is refused where a setting needs it, of one job
// and of all that are discovered alike.
func TestContractBySource(t *testing.T) {
	for source, want := range map[string][]string{
		"textfile":      nil,
		"pushgateway":   nil,
		"cron-manager":  {"no_overlap"},
		"cron-runner":   {"max_runtime", "no_overlap"},
		"supercronic":   {"min_runtime", "no_overlap"},
		"systemd-timer": {"min_runtime", "no_overlap"},
		"healthchecks":  {"schedule", "max_age", "max_runtime", "min_runtime", "no_overlap", "failures"},
	} {
		for _, j := range []rules.CronJob{{Name: "etl", CronSource: from(source)}, {CronSource: discover(source, "true")}} {
			j.Schedule, j.MaxAge, j.Failures, j.NoOverlap = "@hourly", duration(time.Hour), 2, true
			j.MaxRuntime, j.MinRuntime = model.Duration(time.Hour), model.Duration(time.Minute)
			var got []string
			for _, wrong := range j.Check() {
				if !slices.Contains(got, wrong.Path) {
					got = append(got, wrong.Path)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s refuses %q, want %q", source, got, want)
			}
			if _, err := cronSpec(j).Compile(); (err != nil) != (want != nil) {
				t.Errorf("%s compiles with %v", source, err)
			}
		}
	}
}

// The contract holds of discovered jobs, each by its own metrics.
func TestDiscoveredContract(t *testing.T) {
	phases := []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "recovered", false}, {30 * time.Minute, "back", false}}
	tellSources(t, map[string]sourceTale{
		// The failures at 10, of cryptobot_cron, and at 20, of nightly_etl, are the
		// first in a row; cryptobot_cron does not tell when it starts.
		"failures and max_runtime": {
			job: rules.CronJob{CronSource: discover("", "true"), MaxAge: duration(0), Failures: 2, MaxRuntime: model.Duration(time.Hour)}, phases: phases, to: 40 * time.Minute,
			want: []string{"5m0s NoData cryptobot_cron firing"},
		},
		"schedule": {
			job:    rules.CronJob{CronSource: discover("", `{__name__=~"nightly.+"}`), Schedule: "*/20 * * * *", Grace: duration(5 * time.Minute)},
			phases: phases[:2], to: 50 * time.Minute,
			want: []string{
				"5m0s CronMissed nightly_etl firing", "10m0s CronMissed nightly_etl resolved", "25m0s CronMissed nightly_etl firing",
			},
		},
		"missing data": {
			job:    rules.CronJob{CronSource: discover("", "true"), MaxAge: duration(0), OnMissing: rules.Resolve},
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {15 * time.Minute, "file gone", false}},
			to:     25 * time.Minute,
			want:   []string{"10m0s CronFailed cryptobot_cron firing", "15m0s CronFailed nightly_etl firing", "15m0s CronFailed cryptobot_cron resolved", "20m0s NoData cryptobot_cron firing"},
		},
	})
}

// A discovered job is held to its schedule after a boot of its host as a listed
// one is, and its alert says when the host was down.
func TestDiscoveredAfterReboot(t *testing.T) {
	spec := hourly(func(j *rules.CronJob) { j.Name, j.Discover = "", `{__name__=~".+_last_success_timestamp"}` })
	load := reboots(330, []int{1, 61, 181, 241, 301}, [2]int{110, 140})
	expectStory(t, aboutJob(story(t, spec, load, 0, 329*time.Minute)),
		"2h30m0s CronMissed etl firing", "3h1m0s CronMissed etl resolved")

	p := newPrometheus(t, load)
	x := rules.Expander{Query: p.query, ExternalURL: &url.URL{}}
	missed := alert.Sample{Labels: alert.LabelsFromStrings("cron_job", "etl", "instance", "ec2"), Value: 61 * 60}
	got := x.Annotations(t.Context(), ruleOf(t, spec, "CronMissed"), []alert.Sample{missed}, time.Unix(int64(minute(160)), 0))[0]
	for name, want := range map[string]string{
		"summary":     "Cron job etl missed its schedule",
		"description": "Its host was down from 1970-01-01 01:49:00 UTC to 1970-01-01 02:20:00 UTC",
	} {
		if !strings.Contains(got.Get(name), want) {
			t.Errorf("the %s is %q, want %q in it", name, got.Get(name), want)
		}
	}
}

// A run of a discovered job that hangs is told by the job's name, and ends with
// the run.
func TestDiscoveredRunningTooLong(t *testing.T) {
	spec := job(func(j *rules.CronJob) {
		j.Name, j.Discover, j.MaxRuntime = "", "true", model.Duration(30*time.Minute)
	})
	load := beats(120) +
		metric("etl_last_run_status", 120, func(int) any { return 1 }) +
		metric("etl_last_start_timestamp", 120, func(m int) any { return since(m, 0, 10, 40, 110) }) +
		metric("etl_last_success_timestamp", 120, func(m int) any { return since(m, 20, 95) }) +
		metric("etl_running", 120, func(m int) any { return between(m, 10, 20) + between(m, 40, 95) + between(m, 110, 120) })
	expectStory(t, story(t, spec, load, 0, 119*time.Minute),
		"1h11m0s CronRunningTooLong etl firing", "1h35m0s CronRunningTooLong etl resolved")
}

// cron-manager renews the time and the length of a run while it goes on.
func TestCronManagerContract(t *testing.T) {
	j := rules.CronJob{Name: "etl", CronSource: from("cron-manager"), MaxAge: duration(3 * time.Hour), Failures: 2, MaxRuntime: model.Duration(30 * time.Minute), MinRuntime: model.Duration(2 * time.Minute)}
	// It runs from 10 to 20 and fails, from 40 to 90 and fails, and from 100 to 101.
	run := func(m int) (start, end int) {
		switch {
		case m < 10:
			return -10, -5
		case m < 40:
			return 10, 20
		case m < 100:
			return 40, 90
		}
		return 100, 101
	}
	of := func(name string, value func(m, start, end int) any) string {
		return metric("crontab_"+name, 130, func(m int) any {
			start, end := run(m)
			return value(m, start, end)
		})
	}
	load := "load 1m" +
		of("running", func(m, _, end int) any { return between(m, 0, end) }) +
		of("failed", func(m, _, end int) any { return between(m, 20, 101) - between(m, 90, end) }) +
		of("last_run_timestamp_seconds", func(m, _, end int) any { return minute(min(m, end)) }) +
		of("duration_seconds", func(m, start, end int) any { return minute(min(m, end) - start) })
	j.Match = host
	expectStory(t, story(t, cronSpec(j), load, 0, 129*time.Minute),
		"1h11m0s CronRunningTooLong etl firing",
		"1h30m0s CronFailed etl firing", "1h30m0s CronRunningTooLong etl resolved",
		"1h41m0s CronFailed etl resolved", "1h41m0s CronFinishedTooFast etl firing")
}

func TestSupercronicContract(t *testing.T) {
	on := target{"app:9746", "supercronic", false}
	job := rules.CronJob{Name: "backup", CronSource: from("supercronic"), MaxAge: duration(3 * time.Hour), Failures: 2, MaxRuntime: model.Duration(30 * time.Minute)}
	failing := job
	failing.Name = "pg-backup"
	tellSources(t, map[string]sourceTale{
		// To the minute: its start is known by the steps at which it was not yet
		// seen to run.
		"runs on": {
			on: on, job: job, to: 100 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {30 * time.Minute, "recovered", false}, {40 * time.Minute, "running", false}, {90 * time.Minute, "recovered", false}},
			want:   []string{"1h11m0s CronRunningTooLong backup firing", "1h30m0s CronRunningTooLong backup resolved"},
		},
		"ends with its process": {
			on: on, job: job, to: 100 * time.Minute,
			phases: []phase{{0, "recovered", false}, {10 * time.Minute, "running", false}, {20 * time.Minute, "restarted", false}},
		},
		"fails every time": {
			on: on, job: failing, to: 60 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "recovered", false}},
			want:   []string{"10m0s CronFailed pg-backup firing"},
		},
	})
}

func TestSystemdContract(t *testing.T) {
	job := rules.CronJob{Name: "backup", CronSource: from("systemd-timer"), MaxAge: duration(3 * time.Hour), Failures: 2, MaxRuntime: model.Duration(30 * time.Minute)}
	tellSources(t, map[string]sourceTale{
		"runs too long, fails once": {
			job: job, to: 90 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "just started", false}, {11 * time.Minute, "running", false}, {50 * time.Minute, "failed", false}, {60 * time.Minute, "running again", false}, {80 * time.Minute, "succeeded again", false}},
			want:   []string{"41m0s CronRunningTooLong backup firing", "50m0s CronRunningTooLong backup resolved"},
		},
		"fails twice": {
			job: job, to: 80 * time.Minute,
			phases: []phase{{0, "failed", false}, {40 * time.Minute, "failed again", false}, {60 * time.Minute, "succeeded at last", false}},
			want:   []string{"40m0s CronFailed backup firing", "1h0m0s CronFailed backup resolved"},
		},
	})
}

func TestCronRunnerContract(t *testing.T) {
	job := rules.CronJob{Name: "nightly-etl", CronSource: from("cron-runner"), MaxAge: duration(3 * time.Hour), Failures: 2, MinRuntime: model.Duration(110 * time.Second)}
	tellSources(t, map[string]sourceTale{
		"fails once": {
			job: job, to: 40 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "timed out", false}, {20 * time.Minute, "dry run", false}, {30 * time.Minute, "succeeded again", false}},
			want:   []string{},
		},
	})
}
