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

func hourly(set func(j *rules.CronJob)) rules.Spec {
	return job(func(j *rules.CronJob) {
		j.Schedule, j.Grace = "0 * * * *", duration(10*time.Minute)
		set(j)
	})
}

func TestCronEarly(t *testing.T) {
	// For the slots of 1:00, 2:00 and 3:00 it succeeds at 0:58, 1:55 and 2:54;
	// for 4:00 not at all, and for 5:00 at 5:01.
	load := beats(330) + metric("etl_last_success_timestamp", 330, func(m int) any { return since(m, 58, 115, 174, 301) })
	exact := hourly(func(*rules.CronJob) {})
	expectStory(t, story(t, exact, load, time.Hour, 329*time.Minute),
		"1h10m0s CronMissed etl firing", "1h55m0s CronMissed etl resolved",
		"2h10m0s CronMissed etl firing", "2h54m0s CronMissed etl resolved",
		"3h10m0s CronMissed etl firing", "5h1m0s CronMissed etl resolved")
	early := hourly(func(j *rules.CronJob) { j.Early = model.Duration(6 * time.Minute) })
	expectStory(t, story(t, early, load, time.Hour, 329*time.Minute),
		"4h10m0s CronMissed etl firing", "5h1m0s CronMissed etl resolved")
	tooEarly := hourly(func(j *rules.CronJob) { j.Early = model.Duration(5 * time.Minute) })
	expectStory(t, story(t, tooEarly, load, time.Hour, 329*time.Minute),
		"3h10m0s CronMissed etl firing", "5h1m0s CronMissed etl resolved")
}

// The clocks go forward at 1:00 UTC: what is due at 2:30 runs at 3:00 CEST.
func TestCronEarlyAcrossShift(t *testing.T) {
	for early, want := range map[time.Duration]bool{0: false, time.Minute: false, 2 * time.Minute: true} {
		spec := job(func(j *rules.CronJob) {
			j.Schedule, j.Timezone, j.Early = "0 30 2 * * *", "Europe/Paris", model.Duration(early)
		})
		r := ruleOf(t, spec, "CronMissed")
		slot := moment(t, "2026-03-29T01:00:00Z")
		success := slot.Add(-2 * time.Minute)
		if counts := !r.Since(float64(success.Unix()), slot.Add(time.Hour)).Equal(slot.Add(30 * time.Minute)); counts != want {
			t.Errorf("with early %s, the success of %s counts for the slot: %v", early, success, counts)
		}
	}
}

// With max_runtime the grace is for the start, and a run that started in time
// is given its time.
func TestCronMissedWithMaxRuntime(t *testing.T) {
	spec := hourly(func(j *rules.CronJob) { j.MaxRuntime = model.Duration(40 * time.Minute) })
	// 1:00 starts at 1:05 and succeeds at 1:40; 2:00 starts at 2:02 and fails at
	// 2:30; 3:00 succeeds at once; 4:00 starts too late, at 4:20, and succeeds at 4:50;
	// 5:00 hangs.
	load := beats(400) +
		metric("etl_last_start_timestamp", 400, func(m int) any { return since(m, 0, 65, 122, 180, 260, 301) }) +
		metric("etl_last_success_timestamp", 400, func(m int) any { return since(m, 0, 100, 181, 290) }) +
		metric("etl_last_failure_timestamp", 400, func(m int) any { return since(m, 150) }) +
		metric("etl_running", 400, func(m int) any {
			return between(m, 65, 100) + between(m, 122, 150) + between(m, 180, 181) + between(m, 260, 290) + between(m, 301, 400)
		})
	expectStory(t, story(t, spec, load, 0, 399*time.Minute),
		"2h30m0s CronMissed etl firing", "3h1m0s CronMissed etl resolved",
		"4h10m0s CronMissed etl firing", "4h50m0s CronMissed etl resolved",
		"5h41m0s CronMissed etl firing", "5h42m0s CronRunningTooLong etl firing")
}

// reboots is a host, and when its job succeeded last: it gives metrics until it
// goes down, and again from a minute after its boot on.
func reboots(minutes int, successes []int, times ...[2]int) string {
	up := func(value func(m, boot int) any) func(m int) any {
		return func(m int) any {
			boot := -1000
			for _, down := range times {
				if m >= down[0] && m <= down[1] {
					return "_"
				}
				if m > down[1] {
					boot = down[1]
				}
			}
			return value(m, boot)
		}
	}
	return "load 1m" +
		metric("node_memory_MemTotal_bytes", minutes, up(func(int, int) any { return 1 })) +
		metric("node_boot_time_seconds", minutes, up(func(_, boot int) any { return minute(boot) })) +
		metric("etl_last_success_timestamp", minutes, up(func(m, _ int) any { return since(m, successes...) }))
}

// aboutJob leaves out of a story that the host was silent while it was down.
func aboutJob(told []string) []string {
	return slices.DeleteFunc(told, func(line string) bool { return strings.Contains(line, "NoData node-exporter") })
}

func TestCronMissedAfterReboot(t *testing.T) {
	const long = 330
	// From 3:00 on it succeeds again.
	missed := []int{1, 61, 181, 241, 301}
	caughtUp := append([]int{1, 61, 147}, missed[2:]...)
	keep := func(*rules.CronJob) {}
	grace := func(m int) func(*rules.CronJob) {
		return func(j *rules.CronJob) { j.RebootGrace = duration(time.Duration(m) * time.Minute) }
	}
	for name, c := range map[string]struct {
		set  func(j *rules.CronJob)
		load string
		want []string
	}{
		"caught up": {keep, reboots(long, caughtUp, [2]int{110, 140}), nil},
		"not caught up: the grace counts from the boot": {
			keep, reboots(long, missed, [2]int{110, 140}),
			[]string{"2h30m0s CronMissed etl firing", "3h1m0s CronMissed etl resolved"},
		},
		"a grace of its own": {
			grace(25), reboots(long, missed, [2]int{110, 140}),
			[]string{"2h45m0s CronMissed etl firing", "3h1m0s CronMissed etl resolved"},
		},
		"none": {
			grace(0), reboots(long, missed, [2]int{110, 125}),
			[]string{"2h10m0s CronMissed etl firing", "3h1m0s CronMissed etl resolved"},
		},
		"what is due after the boot has its own deadline": {
			grace(300), reboots(long, missed[:2], [2]int{110, 140}), []string{"3h10m0s CronMissed etl firing"},
		},
		"a boot before the slot changes nothing": {
			grace(40), reboots(long, missed[:2], [2]int{100, 110}), []string{"2h10m0s CronMissed etl firing"},
		},
		"what was missed before the host went down goes on": {
			keep, reboots(long, append([]int{1, 61}, missed[3:]...), [2]int{140, 150}, [2]int{170, 190}),
			[]string{
				"2h10m0s CronMissed etl firing",
				"2h24m0s CronMissed etl no data", "2h31m0s CronMissed etl data returned",
				"2h54m0s CronMissed etl no data", "3h11m0s CronMissed etl data returned",
				"4h1m0s CronMissed etl resolved",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			expectStory(t, aboutJob(story(t, hourly(c.set), c.load, 0, 329*time.Minute)), c.want...)
		})
	}
}

// Several hosts behind one instance tell nothing of a reboot.
func TestCronMissedOnOneOfSeveralHosts(t *testing.T) {
	load := beats(200) + metric("etl_last_success_timestamp", 200, func(m int) any { return since(m, 1, 61) }) + `
  node_boot_time_seconds{instance="ec2", job="other"} 7500x200
  node_boot_time_seconds{instance="ec2", job="node-exporter"} 60x200`
	expectStory(t, story(t, hourly(func(j *rules.CronJob) { j.RebootGrace = duration(time.Hour) }), load, 0, 199*time.Minute),
		"2h10m0s CronMissed etl firing")
}

func TestCronStaleAfterReboot(t *testing.T) {
	spec := job(func(j *rules.CronJob) { j.MaxAge, j.RebootGrace = duration(2*time.Hour), duration(20*time.Minute) })
	load := func(down, boot int) string {
		return reboots(300, []int{10}, [2]int{down, boot})
	}
	expectStory(t, aboutJob(story(t, spec, load(60, 150), 0, 299*time.Minute)), "2h50m0s CronStale etl firing")
	expectStory(t, aboutJob(story(t, spec, load(60, 90), 0, 299*time.Minute)), "2h11m0s CronStale etl firing")
}

// The deadline after a reboot follows from the metrics, whenever it is noticed.
func TestCronAfterRebootBegins(t *testing.T) {
	p := newPrometheus(t, reboots(400, []int{61}, [2]int{110, 140}))
	r := ruleOf(t, hourly(func(*rules.CronJob) {}), "CronMissed")
	for _, m := range []int{150, 175, 300, 399} {
		steps := p.watch(t, r, nil, time.Unix(int64(minute(m)), 0))
		if len(steps.Active) != 1 || !steps.Active[0].ActiveAt.Equal(time.Unix(int64(minute(150)), 0)) {
			t.Errorf("noticed at %d: %+v", m, steps.Active)
		}
	}
}

// The words say which run, and when the host was down.
func TestCronDescriptions(t *testing.T) {
	spec := job(func(j *rules.CronJob) {
		j.Schedule, j.Timezone, j.MaxAge, j.MaxRuntime = "0 3 * * *", "Europe/Paris", duration(time.Hour), model.Duration(time.Hour)
	})
	down := reboots(400, nil, [2]int{110, 140})
	for _, c := range []struct {
		rule, load string
		value      float64
		want, not  string
	}{
		{
			"CronMissed", down, 0, "The run due at 1970-01-01 03:00:00 CET by schedule 0 3 * * * Europe/Paris has not succeeded: " +
				"it had 30m to start and then 1h to run. Is cron running, and is the job still in its table? " +
				"Its host was down from 1970-01-01 02:49:00 CET to 1970-01-01 03:20:00 CET; plain cron does not make up for what was due meanwhile.", "",
		},
		{"CronMissed", beats(400), 0, "in its table?", "host"},
		{"CronMissed", down, 3 * 3600, "due at 1970-01-02 03:00:00 CET", "host"}, // the next one is after the boot
		{"CronStale", down, 300 * 60, "Its host was down from 1970-01-01 02:49:00 CET to 1970-01-01 03:20:00 CET since then.", ""},
		{"CronStale", down, 3600, "is older than 1h", "host"},
		{"CronRunningTooLong", down, 300 * 60, "Its host was down from 1970-01-01 02:49:00 CET to 1970-01-01 03:20:00 CET since it started: the run is over", ""},
	} {
		p := newPrometheus(t, c.load)
		x := rules.Expander{Query: p.query, ExternalURL: &url.URL{}}
		s := alert.Sample{Labels: alert.LabelsFromStrings("instance", "ec2"), Value: c.value}
		got := x.Annotations(t.Context(), ruleOf(t, spec, c.rule), []alert.Sample{s}, time.Unix(int64(minute(390)), 0))[0].Get("description")
		if !strings.Contains(got, c.want) || c.not != "" && strings.Contains(got, c.not) {
			t.Errorf("%s of %g says\n  %s\nwant\n  %s\nnot\n  %s", c.rule, c.value, got, c.want, c.not)
		}
	}
}
