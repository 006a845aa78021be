package rules_test

import (
	"testing"
	"time"

	"alertd/rules"
)

func from(source string) rules.CronSource { return rules.CronSource{Source: source} }

func TestTextfileSamples(t *testing.T) {
	phases := []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {30 * time.Minute, "recovered", false}, {50 * time.Minute, "file gone", false}, {70 * time.Minute, "back", false}}
	zero, twentyThree := 0.0, 23.0
	tellSources(t, map[string]sourceTale{
		"CryptoBot": {
			job: rules.CronJob{Name: "cryptobot_cron", MaxAge: duration(20 * time.Minute)}, phases: phases, to: 89 * time.Minute,
			want: []string{
				"10m0s CronFailed cryptobot_cron firing", "20m0s CronStale cryptobot_cron firing",
				"30m0s CronFailed cryptobot_cron resolved", "30m0s CronStale cryptobot_cron resolved",
				"55m0s NoData cryptobot_cron firing", "1h10m0s NoData cryptobot_cron resolved",
			},
		},
		"exit code, 0 is well": {
			job:    rules.CronJob{Name: "archive", MaxAge: duration(25 * time.Minute), Metrics: rules.CronMetrics{Status: "archive_exit_code", OKValue: &zero}},
			phases: phases, to: 60 * time.Minute,
			want: []string{
				"10m0s CronFailed archive firing", "25m0s CronStale archive firing",
				"30m0s CronFailed archive resolved", "30m0s CronStale archive resolved", "55m0s CronStale archive firing",
			},
		},
		"exit code, 23 is ill": {
			job:    rules.CronJob{Name: "archive", MaxAge: duration(0), Metrics: rules.CronMetrics{Status: "archive_exit_code", FailedValue: &twentyThree}},
			phases: phases, to: 60 * time.Minute,
			want: []string{"10m0s CronFailed archive firing", "30m0s CronFailed archive resolved"},
		},
	})
}

func TestPushgatewaySamples(t *testing.T) {
	on := target{"gateway:9091", "pushgateway", true}
	phases := []phase{{0, "pushed", false}, {10 * time.Minute, "failed", false}, {40 * time.Minute, "recovered", false}, {60 * time.Minute, "", false}, {80 * time.Minute, "recovered", false}, {90 * time.Minute, "deleted", false}}
	tellSources(t, map[string]sourceTale{
		// The last push that was taken was 40 minutes before 40; its next comes
		// never.
		"own status and success": {
			on: on, job: rules.CronJob{Name: "backup", CronSource: from("pushgateway"), MaxAge: duration(30 * time.Minute)}, phases: phases, to: 100 * time.Minute,
			want: []string{
				"10m0s CronFailed backup firing", "31m0s CronStale backup firing", "40m0s CronFailed backup resolved", "40m0s CronStale backup resolved",
				"1h5m0s NoData backup firing", "1h20m0s CronStale backup firing", "1h20m0s NoData backup resolved",
			},
		},
		"a push that was refused": {
			on: on, job: rules.CronJob{Name: "etl", CronSource: from("pushgateway"), MaxAge: duration(0)}, phases: phases, to: 100 * time.Minute,
			want: []string{
				"10m0s CronFailed etl firing", "40m0s CronFailed etl resolved",
				"1h5m0s NoData etl firing", "1h20m0s NoData etl resolved", "1h35m0s NoData etl firing",
			},
		},
		// Groups never expire: age alone tells.
		"pushed no more": {
			on: on, job: rules.CronJob{Name: "batchA", CronSource: from("pushgateway"), MaxAge: duration(45 * time.Minute)}, phases: phases[:2], to: 60 * time.Minute,
			want: []string{"46m0s CronStale batchA firing"},
		},
		"without honor_labels": {
			on:  target{"gateway:9091", "pushgateway", false},
			job: rules.CronJob{Name: "etl", CronSource: rules.CronSource{Source: "pushgateway", Match: `exported_job="etl"`}, MaxAge: duration(0)}, phases: phases[:3], to: 50 * time.Minute,
			want: []string{"10m0s CronFailed etl firing", "40m0s CronFailed etl resolved"},
		},
	})
}

func TestCronManagerSamples(t *testing.T) {
	phases := []phase{
		{0, "succeeded", false},
		{10 * time.Minute, "running", true},
		{40 * time.Minute, "failed", false},
		{60 * time.Minute, "", false},
		{70 * time.Minute, "failed", false},
		{80 * time.Minute, "succeeded again", false},
		{90 * time.Minute, "killed", false},
		{100 * time.Minute, "runs again", true},
		{110 * time.Minute, "succeeded at last", false},
	}
	tellSources(t, map[string]sourceTale{
		// Running it is neither success nor failure; nor is it well again because
		// it runs, after its wrapper was killed.
		"backup": {
			job: rules.CronJob{Name: "backup", CronSource: from("cron-manager"), MaxAge: duration(35 * time.Minute)}, phases: phases, to: 120 * time.Minute,
			want: []string{
				"36m0s CronStale backup firing", "40m0s CronFailed backup firing",
				"1h0m0s CronFailed backup no data", "1h0m0s CronStale backup no data", "1h5m0s NoData backup firing",
				"1h10m0s CronFailed backup data returned", "1h10m0s CronStale backup data returned", "1h10m0s NoData backup resolved",
				"1h20m0s CronFailed backup resolved", "1h20m0s CronStale backup resolved",
				"1h33m0s CronFailed backup firing", "1h50m0s CronFailed backup resolved",
			},
		},
		"never there": {
			job: rules.CronJob{Name: "backups", CronSource: from("cron-manager"), MaxAge: duration(35 * time.Minute)}, phases: phases[:1], to: 50 * time.Minute,
			want: []string{"35m0s CronNeverRan backups firing"},
		},
	})
}

func TestCronRunnerSamples(t *testing.T) {
	tellSources(t, map[string]sourceTale{
		// A dry run is no run.
		"nightly-etl": {
			job: rules.CronJob{Name: "nightly-etl", CronSource: from("cron-runner"), MaxAge: duration(35 * time.Minute)}, to: 60 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "timed out", false}, {20 * time.Minute, "dry run", false}, {50 * time.Minute, "succeeded again", false}},
			want: []string{
				"10m0s CronFailed nightly-etl firing", "36m0s CronStale nightly-etl firing",
				"50m0s CronFailed nightly-etl resolved", "50m0s CronStale nightly-etl resolved",
			},
		},
	})
}

func TestSupercronicSamples(t *testing.T) {
	on := target{"app:9746", "supercronic", false}
	job := rules.CronJob{Name: "backup", CronSource: from("supercronic"), MaxAge: duration(45 * time.Minute)}
	tellSources(t, map[string]sourceTale{
		"a failure, and a success": {
			on: on, job: job, to: 100 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {30 * time.Minute, "recovered", false}, {40 * time.Minute, "running", false}},
			want: []string{
				"10m0s CronFailed backup firing", "30m0s CronFailed backup resolved", "1h16m0s CronStale backup firing",
			},
		},
		// It was not scraped for a while, and has counted nothing since.
		"a gap is no success": {
			on: on, job: job, to: 120 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "", false}, {60 * time.Minute, "failed", false}, {90 * time.Minute, "recovered", false}},
			want: []string{
				"10m0s CronFailed backup firing", "20m0s CronFailed backup no data", "25m0s NoData backup firing",
				"1h0m0s CronFailed backup data returned", "1h0m0s CronStale backup firing", "1h0m0s NoData backup resolved",
				"1h30m0s CronFailed backup resolved", "1h30m0s CronStale backup resolved",
			},
		},
		// A new process has no counters until the job ran: no news, and no success.
		"restarted": {
			on: on, job: job, to: 100 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "restarted", false}, {90 * time.Minute, "rerun", false}},
			want: []string{
				"10m0s CronFailed backup firing", "46m0s CronStale backup firing",
				"1h30m0s CronFailed backup resolved", "1h30m0s CronStale backup resolved",
			},
		},
		"restarted every time": {
			on: on, job: job, to: 120 * time.Minute,
			phases: []phase{{0, "rerun", false}, {20 * time.Minute, "restarted", false}, {40 * time.Minute, "rerun", false}, {60 * time.Minute, "restarted", false}, {80 * time.Minute, "rerun", false}},
		},
		"down and up again without a run": {
			on: on, job: job, to: 70 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "", false}, {30 * time.Minute, "restarted", false}, {60 * time.Minute, "rerun", false}},
			want: []string{
				"15m0s NoData backup firing", "30m0s NoData backup resolved",
				"46m0s CronStale backup firing", "1h0m0s CronStale backup resolved",
			},
		},
	})
}

func TestSystemdSamples(t *testing.T) {
	phases := []phase{
		{0, "succeeded", false},
		{10 * time.Minute, "just started", false},
		{11 * time.Minute, "running", false},
		{50 * time.Minute, "failed", false},
		{60 * time.Minute, "running again", false},
		{80 * time.Minute, "succeeded again", false},
		{90 * time.Minute, "failed again", false},
		{95 * time.Minute, "booted", false},
		{110 * time.Minute, "succeeded at last", false},
	}
	tellSources(t, map[string]sourceTale{
		// To run is not to be well, and neither is to be forgotten by a boot. After
		// one the job has reboot_grace before it is stale again.
		"backup": {
			job: rules.CronJob{Name: "backup", CronSource: from("systemd-timer"), MaxAge: duration(45 * time.Minute)}, phases: phases, to: 120 * time.Minute,
			want: []string{
				"29m0s CronStale backup firing",
				"50m0s CronFailed backup firing",
				"1h20m0s CronFailed backup resolved", "1h20m0s CronStale backup resolved",
				"1h30m0s CronFailed backup firing", "1h50m0s CronFailed backup resolved",
			},
		},
		"another timer": {
			job:    rules.CronJob{Name: "nightly", CronSource: rules.CronSource{Source: "systemd-timer", Unit: "backup.service", Timer: "backup"}, MaxAge: duration(0)},
			phases: []phase{{0, "failed", false}, {20 * time.Minute, "running again", false}, {40 * time.Minute, "succeeded again", false}}, to: 60 * time.Minute,
			want: []string{"0s CronFailed nightly firing", "40m0s CronFailed nightly resolved"},
		},
	})
}

func TestHealthchecksSamples(t *testing.T) {
	tellSources(t, map[string]sourceTale{
		// A check that is paused while it is down is not well.
		"backup": {
			on: target{"healthchecks.io", "healthchecks", false}, job: rules.CronJob{Name: "backup", CronSource: from("healthchecks")}, to: 70 * time.Minute,
			phases: []phase{{0, "up", false}, {10 * time.Minute, "late", false}, {20 * time.Minute, "down", false}, {30 * time.Minute, "paused", false}, {40 * time.Minute, "", false}, {50 * time.Minute, "paused", false}, {60 * time.Minute, "up again", false}},
			want: []string{
				"20m0s CronFailed backup firing", "30m0s CronFailed backup no data", "45m0s NoData backup firing",
				"50m0s NoData backup resolved", "1h0m0s CronFailed backup resolved",
			},
		},
		"no such check": {
			job: rules.CronJob{Name: "bakcup", CronSource: from("healthchecks")}, to: 27 * time.Hour, phases: []phase{{0, "up", false}},
			want: []string{"26h0m0s CronNeverRan bakcup firing"},
		},
	})
}
