package rules_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

func discover(source, selector string) rules.CronSource {
	return rules.CronSource{Source: source, Discover: selector}
}

// Every job is watched under its own name, and recovers by itself.
func TestDiscover(t *testing.T) {
	textfiles := []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "recovered", false}, {30 * time.Minute, "file gone", false}, {50 * time.Minute, "back", false}}
	tellSources(t, map[string]sourceTale{
		"textfile": {
			job: rules.CronJob{CronSource: discover("", "true"), MaxAge: duration(15 * time.Minute)}, phases: textfiles, to: 55 * time.Minute,
			want: []string{
				"10m0s CronFailed cryptobot_cron firing", "15m0s CronStale cryptobot_cron firing",
				"20m0s CronFailed nightly_etl firing", "20m0s CronFailed cryptobot_cron resolved", "20m0s CronStale cryptobot_cron resolved",
				"25m0s CronStale nightly_etl firing", "35m0s NoData cryptobot_cron firing",
				"50m0s CronFailed nightly_etl resolved", "50m0s CronStale nightly_etl resolved", "50m0s NoData cryptobot_cron resolved",
			},
		},
		"textfile, some": {
			job: rules.CronJob{CronSource: discover("", `{__name__=~"nightly.+"}`), MaxAge: duration(0)}, phases: textfiles, to: 55 * time.Minute,
			want: []string{"20m0s CronFailed nightly_etl firing", "50m0s CronFailed nightly_etl resolved"},
		},
		"textfile, by success": {
			job: rules.CronJob{CronSource: discover("", `{__name__=~"archive_last_success_.+"}`), MaxAge: duration(15 * time.Minute)}, phases: textfiles[:3], to: 30 * time.Minute,
			want: []string{"15m0s CronStale archive firing", "20m0s CronStale archive resolved"},
		},
		"textfile, other suffixes": {
			job: rules.CronJob{
				CronSource: discover("", `{__name__=~".+_exit_code", __name__!~".+_last_exit_code"}`), MaxAge: duration(15 * time.Minute),
				Metrics: rules.CronMetrics{Status: "_exit_code", OKValue: new(float64), Success: "_last_success_unixtime"},
			}, phases: textfiles[:3], to: 30 * time.Minute,
			want: []string{
				"10m0s CronFailed archive firing", "15m0s CronStale archive firing",
				"20m0s CronFailed archive resolved", "20m0s CronStale archive resolved",
			},
		},
		"pushgateway": {
			on:  target{"gateway:9091", "pushgateway", true},
			job: rules.CronJob{CronSource: discover("pushgateway", "true"), MaxAge: duration(25 * time.Minute)}, to: 50 * time.Minute,
			phases: []phase{{0, "pushed", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "recovered", false}},
			want: []string{
				"10m0s CronFailed etl firing", "10m0s CronFailed backup firing", "20m0s CronFailed etl resolved", "20m0s CronFailed backup resolved",
				"26m0s CronStale batchA firing", "46m0s CronStale backup firing", "46m0s CronStale etl firing",
			},
		},
		"cron-manager": {
			job: rules.CronJob{CronSource: discover("cron-manager", `crontab_failed{name!="archive"}`), MaxAge: duration(0)}, to: 30 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "succeeded again", false}},
			want:   []string{"10m0s CronFailed backup firing", "20m0s CronFailed backup resolved", "25m0s NoData etl firing"},
		},
		"cron-runner": {
			job: rules.CronJob{CronSource: discover("cron-runner", "true"), MaxAge: duration(0)}, to: 30 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "timed out", false}, {20 * time.Minute, "succeeded again", false}},
			want:   []string{"10m0s CronFailed nightly_etl firing", "20m0s CronFailed nightly_etl resolved"},
		},
		"supercronic": {
			on:  target{"app:9746", "supercronic", false},
			job: rules.CronJob{CronSource: discover("supercronic", "true"), MaxAge: duration(30 * time.Minute)}, to: 50 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "recovered", false}, {40 * time.Minute, "restarted", false}},
			want: []string{
				"0s CronFailed pg-backup.sh firing", "10m0s CronFailed backup.sh --all firing", "20m0s CronFailed backup.sh --all resolved",
			},
		},
		// A service that no timer starts is no job, and a timer that never went
		// off tells nothing yet.
		"systemd-timer": {
			job: rules.CronJob{CronSource: discover("systemd-timer", "true"), MaxAge: duration(0)}, to: 30 * time.Minute,
			phases: []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "succeeded again", false}},
			want:   []string{"10m0s CronFailed backup firing", "20m0s CronFailed backup resolved"},
		},
		"healthchecks": {
			job: rules.CronJob{CronSource: discover("healthchecks", `{tags=~"(.* )?nightly( .*)?"}`)}, to: 30 * time.Minute,
			phases: []phase{{0, "up", false}, {10 * time.Minute, "down", false}, {20 * time.Minute, "up again", false}},
			want:   []string{"10m0s CronFailed backup firing", "20m0s CronFailed backup resolved"},
		},
		"nothing there": {
			job: rules.CronJob{CronSource: discover("cron-manager", "true"), MaxAge: duration(20 * time.Minute)}, source: "textfile", to: 30 * time.Minute,
			phases: []phase{{0, "succeeded", false}},
			want:   []string{"20m0s CronNeverRan firing"},
		},
	})
}

// A job that is listed is not watched twice, and jobs of one name on two hosts
// are two.
func TestDiscoverBesideListed(t *testing.T) {
	phases := []phase{{0, "succeeded", false}, {10 * time.Minute, "failed", false}, {20 * time.Minute, "recovered", false}}
	read := readSamples(t, "textfile")
	load := "load 1m" + read.load(t, target{instance: "ec2", job: "node"}, phases, 30*time.Minute) +
		read.load(t, target{instance: "db", job: "node"}, []phase{{0, "succeeded", false}, {15 * time.Minute, "failed", false}, {25 * time.Minute, "recovered", false}}, 30*time.Minute)
	spec := cronSpec(
		rules.CronJob{CronSource: discover("", "true"), MaxAge: duration(0)},
		rules.CronJob{Name: "etl", Prefix: "nightly_etl", MaxAge: duration(0), FailedFor: 300_000_000_000},
	)
	expectStory(t, story(t, spec, load, 0, 30*time.Minute),
		"10m0s CronFailed cryptobot_cron firing", "15m0s CronFailed cryptobot_cron firing",
		"20m0s CronFailed cryptobot_cron resolved", "25m0s CronFailed cryptobot_cron resolved",
		"25m0s CronFailed etl firing", "30m0s CronFailed etl firing")
}

// Where every job is listed, jobs have been found all the same.
func TestDiscoverNothingBesideListed(t *testing.T) {
	spec := cronSpec(
		rules.CronJob{CronSource: discover("cron-runner", "true"), MaxAge: duration(20 * time.Minute)},
		rules.CronJob{Name: "nightly-etl", CronSource: from("cron-runner"), MaxAge: duration(40 * time.Minute)},
	)
	load := "load 1m" + readSamples(t, "cron-runner").load(t, target{instance: "ec2", job: "node"}, []phase{{0, "succeeded", false}}, 50*time.Minute)
	expectStory(t, story(t, spec, load, 0, 50*time.Minute), "41m0s CronStale nightly-etl firing")
}

// A job that is listed while its alert fires leaves no alert behind that nothing
// can end, and ends none before its time.
func TestListedWhileFiring(t *testing.T) {
	discovered := rules.CronJob{CronSource: discover("", "true"), MaxAge: duration(0)}
	find := func(jobs ...rules.CronJob) *rules.Rule {
		groups, err := cronSpec(jobs...).Compile()
		if err != nil {
			t.Fatal(err)
		}
		return groups[0].Rules[0]
	}
	alone, beside := find(discovered), find(discovered, rules.CronJob{Name: "cryptobot_cron"})
	if alone.ID != beside.ID {
		t.Fatalf("the rule was %s and is %s", alone.ID, beside.ID)
	}
	p := newPrometheus(t, "load 1m"+readSamples(t, "textfile").load(t, target{instance: "ec2", job: "node"},
		[]phase{{0, "failed", false}, {10 * time.Minute, "recovered", false}}, 20*time.Minute))
	active := p.watch(t, alone, nil, time.Unix(0, 0)).Active
	if len(active) != 1 {
		t.Fatalf("active: %+v", active)
	}
	if active = p.watch(t, beside, active, time.Unix(300, 0)).Active; len(active) != 1 || active[0].State != alert.Firing {
		t.Errorf("while it fails: %+v", active)
	}
	steps := p.watch(t, beside, active, time.Unix(900, 0))
	ended := slices.IndexFunc(steps.Events, func(e alert.Event) bool {
		return e.Kind == alert.EventResolved && e.Labels.Get("cron_job") == "cryptobot_cron"
	})
	if ended < 0 {
		t.Errorf("when it is well: %+v", steps.Events)
	}
}

// How far back is looked depends on how long the job may be silent.
func TestCronMemory(t *testing.T) {
	for _, c := range []struct {
		job  rules.CronJob
		want string
	}{
		{rules.CronJob{}, "[2d4h:1m]"},
		{rules.CronJob{MaxAge: duration(time.Hour)}, "[2h:1m]"},
		{rules.CronJob{MaxAge: duration(0)}, "[2d:1m]"},
		{rules.CronJob{Schedule: "0 2 * * *"}, "[2d1h:1m]"},
		{rules.CronJob{Schedule: "0 2 * * 1-5"}, "[6d1h:5m]"},
		{rules.CronJob{Schedule: "0 2 1 * *"}, "[31d:5m]"},
		{rules.CronJob{Schedule: "0 2 29 2 *"}, "[31d:5m]"},
	} {
		c.job.Name, c.job.CronSource = "a", from("cron-runner")
		groups, err := cronSpec(c.job).Compile()
		if err != nil {
			t.Fatal(err)
		}
		if expr := groups[0].Rules[0].Expr(time.Unix(0, 0)); !strings.Contains(expr, c.want) {
			t.Errorf("schedule %q, max_age %v: no %s in %s", c.job.Schedule, c.job.MaxAge, c.want, expr)
		}
	}
}

// What is told of a discovered job is told by its own name.
func TestDiscoveredInWords(t *testing.T) {
	spec := cronSpec(rules.CronJob{
		CronSource: discover("", "true"), Schedule: "@daily", MaxAge: duration(time.Hour),
		Labels: map[string]string{"team": "data"},
	})
	spec.Dashboards.Cron, spec.Runbooks = "https://grafana/d/cron", "https://runbooks"
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	x := rules.Expander{ExternalURL: &url.URL{}}
	s := alert.Sample{Labels: alert.LabelsFromStrings("cron_job", "nightly {{etl}}", "instance", "ec2")}
	for _, r := range groups[0].Rules {
		if want := `cron/{__name__=~".+_last_run_status"}/` + r.Name; r.ID != want {
			t.Errorf("%s has the id %q, want %q", r.Name, r.ID, want)
		}
		if r.Name == "CronNeverRan" {
			s.Labels = nil
		}
		one := []alert.Sample{s}
		labels, annotations := x.AlertLabels(t.Context(), r, one, time.Unix(0, 0))[0], x.Annotations(t.Context(), r, one, time.Unix(0, 0))[0]
		summary := annotations.Get("summary")
		switch {
		case r.Name == "CronNeverRan":
			if labels.Get("cron_job") != "" || summary != "No cron job has been found" || !strings.Contains(annotations.Get("description"), `.+_last_run_status`) {
				t.Errorf("%s %v: %v", r.Name, labels, annotations)
			}
		case labels.Get("cron_job") != "nightly {{etl}}" || !strings.Contains(summary, "ron job nightly {{etl}}"):
			t.Errorf("%s %v: %q", r.Name, labels, summary)
		}
		if labels.Get("team") != "data" || annotations.Get("runbook_url") != "https://runbooks/"+r.Name || annotations.Get("dashboard_url") == "" {
			t.Errorf("%s %v: %v", r.Name, labels, annotations)
		}
		s.Labels = alert.LabelsFromStrings("cron_job", "nightly {{etl}}", "instance", "ec2")
	}
}
