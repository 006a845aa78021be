package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/rules"
)

// minute is the Unix time of a story's minute.
func minute(m int) int { return m * 60 }

// metric writes a metric of the host's job etl with a sample for each of that
// many minutes; "_" is none.
func metric(name string, minutes int, value func(m int) any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s{%s}", name, host)
	for m := range minutes {
		fmt.Fprintf(&b, " %v", value(m))
	}
	return b.String()
}

// since returns the last of the moments that is not after m, as Unix seconds;
// "_" before the first.
func since(m int, moments ...int) any {
	var last any = "_"
	for _, at := range moments {
		if at <= m {
			last = minute(at)
		}
	}
	return last
}

func between(m, from, to int) int {
	if m >= from && m < to {
		return 1
	}
	return 0
}

// job returns a spec of one job that has nothing but what set gives it.
func job(set func(j *rules.CronJob)) rules.Spec {
	j := rules.CronJob{Name: "etl", MaxAge: duration(0)}
	set(&j)
	return cronSpec(j)
}

// beats keeps the host alive for so many minutes.
func beats(minutes int) string {
	return "load 1m" + metric("node_memory_MemTotal_bytes", minutes, func(int) any { return 1 })
}

func TestCronRunningTooLong(t *testing.T) {
	spec := job(func(j *rules.CronJob) { j.MaxRuntime = model.Duration(30 * time.Minute) })
	// Runs from 10 to 20, from 40 to 95, and from 100 on.
	starts := func(m int) any { return since(m, 10, 40, 100) }
	ends := func(m int) any { return since(m, 20, 95) }
	running := func(m int) any { return between(m, 10, 20) + between(m, 40, 95) + between(m, 100, 1000) }
	want := []string{
		"1h11m0s CronRunningTooLong etl firing", "1h35m0s CronRunningTooLong etl resolved",
		"2h11m0s CronRunningTooLong etl firing",
	}
	load := beats(150) + metric("etl_last_start_timestamp", 150, starts) + metric("etl_last_success_timestamp", 150, ends)
	expectStory(t, story(t, spec, load+metric("etl_running", 150, running), 0, 149*time.Minute), want...)
	// Start and end alone tell it as well.
	expectStory(t, story(t, spec, load, 0, 149*time.Minute), want...)
}

func TestCronFinishedTooFast(t *testing.T) {
	spec := job(func(j *rules.CronJob) { j.MinRuntime = model.Duration(5 * time.Minute) })
	// Takes 6 minutes, 1 minute (too fast), 2 minutes to fail, 1 minute (too
	// fast), 7 minutes.
	load := beats(130) +
		metric("etl_last_start_timestamp", 130, func(m int) any { return since(m, 10, 30, 50, 70, 90) }) +
		metric("etl_last_success_timestamp", 130, func(m int) any { return since(m, 16, 31, 71, 97) }) +
		metric("etl_last_failure_timestamp", 130, func(m int) any { return since(m, 52) }) +
		metric("etl_last_run_status", 130, func(m int) any {
			return between(m, 0, 52) + between(m, 71, 1000)
		})
	durations := metric("etl_last_duration_seconds", 130, func(m int) any {
		switch {
		case m < 16:
			return "_"
		case m < 31:
			return 360
		case m < 52:
			return 60
		case m < 71:
			return 120
		case m < 97:
			return 60
		}
		return 420
	})
	expectStory(t, story(t, spec, load+durations, 10*time.Minute, 129*time.Minute),
		"31m0s CronFinishedTooFast etl firing",
		"52m0s CronFailed etl firing", // which proves nothing of the work done
		"1h11m0s CronFailed etl resolved",
		"1h37m0s CronFinishedTooFast etl resolved",
	)
	// Without the duration it is told by the times, but not while a run is under way.
	expectStory(t, story(t, spec, load, 10*time.Minute, 129*time.Minute),
		"31m0s CronFinishedTooFast etl firing", "50m0s CronFinishedTooFast etl no data",
		"52m0s CronFailed etl firing",
		"1h11m0s CronFailed etl resolved", "1h11m0s CronFinishedTooFast etl data returned",
		"1h30m0s CronFinishedTooFast etl no data",
		"1h37m0s CronFinishedTooFast etl resolved",
	)
}

func TestCronOverlap(t *testing.T) {
	spec := job(func(j *rules.CronJob) { j.NoOverlap = true })
	load := beats(100) +
		metric("etl_last_start_timestamp", 100, func(m int) any { return since(m, 10, 30, 60) }) +
		metric("etl_overlapped", 100, func(m int) any { return between(m, 30, 60) })
	expectStory(t, story(t, spec, load, 0, 99*time.Minute),
		"30m0s CronOverlap etl firing", "1h0m0s CronOverlap etl resolved")
}

// A setting whose metrics are not there is told, and does not just rest.
func TestCronUntold(t *testing.T) {
	spec := job(func(j *rules.CronJob) {
		j.MaxRuntime, j.MinRuntime, j.NoOverlap = model.Duration(time.Hour), model.Duration(time.Minute), true
	})
	// A script with three metrics; alertctl cron run takes over at 60.
	load := beats(100) + metric("etl_last_run_status", 100, func(int) any { return 1 }) +
		metric("etl_last_success_timestamp", 100, func(m int) any { return since(m, 0, 70) }) +
		metric("etl_last_start_timestamp", 100, func(m int) any { return since(m, 60) }) +
		metric("etl_overlapped", 100, func(m int) any {
			if m < 60 {
				return "_"
			}
			return 0
		})
	expectStory(t, story(t, spec, load, 0, 99*time.Minute),
		"5m0s NoData etl firing", "5m0s NoData etl firing", "5m0s NoData etl firing",
		"1h0m0s NoData etl resolved", "1h0m0s NoData etl resolved", "1h0m0s NoData etl resolved")
}

func TestCronFailuresInARow(t *testing.T) {
	spec := job(func(j *rules.CronJob) { j.Failures = 3 })
	const long = 200
	// Fails at 10 and 20, succeeds at 30, fails at 40, 50, 61 and 70, succeeds at
	// 100. The past is looked at every 75 seconds, and not at 61 minutes.
	fails, successes := []int{10, 20, 40, 50, 61, 70}, []int{30, 100}
	succeeded := func(m int) any { return between(m, 0, 10) + between(m, 30, 40) + between(m, 100, long) }
	status := metric("etl_last_run_status", long, succeeded)
	success := metric("etl_last_success_timestamp", long, func(m int) any { return since(m, successes...) })
	failure := metric("etl_last_failure_timestamp", long, func(m int) any { return since(m, fails...) })
	want := []string{"1h1m0s CronFailed etl firing", "1h40m0s CronFailed etl resolved"}
	expectStory(t, story(t, spec, beats(long)+status+success+failure, 0, 3*time.Hour), want...)

	// Nothing is seen from 42 to 49, and from 52 to 60.
	holes := func(value func(m int) any) func(m int) any {
		return func(m int) any {
			if m >= 42 && m < 49 || m >= 52 && m < 60 {
				return "_"
			}
			return value(m)
		}
	}
	expectStory(t, story(t, spec, beats(long)+success+metric("etl_last_run_status", long, holes(succeeded))+
		metric("etl_last_failure_timestamp", long, holes(func(m int) any { return since(m, fails...) })), 0, 3*time.Hour), want...)

	// It never succeeded: what was before is not known, and does not matter.
	never := metric("etl_last_run_status", long, func(int) any { return 0 })
	expectStory(t, story(t, spec, beats(long)+never+failure, 10*time.Minute, 3*time.Hour), "40m0s CronFailed etl firing")

	// The first one that is ever seen is one, between two looks too.
	twice := job(func(j *rules.CronJob) { j.Failures = 2 })
	expectStory(t, story(t, twice, beats(30)+metric("etl_last_run_status", 30, func(int) any { return 0 })+
		metric("etl_last_failure_timestamp", 30, func(m int) any { return since(m, 11, 13) }), 11*time.Minute, 29*time.Minute),
		"13m0s CronFailed etl firing")

	// The job's own count is right even of failures that Prometheus has not seen.
	counted := metric("etl_consecutive_failures", long, func(m int) any { return between(m, 40, 100) * 3 })
	expectStory(t, story(t, spec, beats(long)+status+success+failure+counted, 0, 3*time.Hour),
		"40m0s CronFailed etl firing", "1h40m0s CronFailed etl resolved")
}

// A run that failed has come, as long as so few failures in a row are all right.
func TestCronFailuresAreNotMissed(t *testing.T) {
	spec := job(func(j *rules.CronJob) { j.Failures, j.Schedule, j.Grace = 3, "0 * * * *", duration(10*time.Minute) })
	load := beats(300) +
		metric("etl_last_run_status", 300, func(m int) any { return between(m, 0, 61) }) +
		metric("etl_last_success_timestamp", 300, func(m int) any { return since(m, 1) }) +
		metric("etl_last_failure_timestamp", 300, func(m int) any { return since(m, 61, 121) })
	expectStory(t, story(t, spec, load, 0, 299*time.Minute), "3h10m0s CronMissed etl firing")
}

// The moment of a breach is in the metrics, whenever it is noticed, and going
// on from what was stored neither moves it nor begins it anew.
func TestCronBreachesBeginAsTheMetricsSay(t *testing.T) {
	const now = 240
	base := beats(300) +
		metric("etl_last_start_timestamp", 300, func(m int) any { return since(m, 58, 120) }) +
		metric("etl_last_duration_seconds", 300, func(int) any { return 120 }) +
		metric("etl_running", 300, func(m int) any { return between(m, 58, 60) + between(m, 120, 300) }) +
		metric("etl_overlapped", 300, func(m int) any { return between(m, 120, 300) })
	failed := base + metric("etl_last_failure_timestamp", 300, func(m int) any { return since(m, 60) }) +
		metric("etl_last_run_status", 300, func(int) any { return 0 })
	succeeded := base + metric("etl_last_success_timestamp", 300, func(m int) any { return since(m, 60) }) +
		metric("etl_last_run_status", 300, func(int) any { return 1 })
	for _, c := range []struct {
		name, load string
		set        func(j *rules.CronJob)
		minute     int
	}{
		{"CronFailed", failed, func(*rules.CronJob) {}, 60},
		{"CronRunningTooLong", failed, func(j *rules.CronJob) { j.MaxRuntime = model.Duration(30 * time.Minute) }, 150},
		{"CronFinishedTooFast", succeeded, func(j *rules.CronJob) { j.MinRuntime = model.Duration(5 * time.Minute) }, 60},
		{"CronOverlap", failed, func(j *rules.CronJob) { j.NoOverlap = true }, 120},
		{"CronMissed", succeeded, func(j *rules.CronJob) { j.Schedule, j.Grace = "0 * * * *", duration(10*time.Minute) }, 130},
		{"CronMissed", succeeded, func(j *rules.CronJob) {
			j.Schedule, j.Grace, j.MaxRuntime = "0 * * * *", duration(10*time.Minute), model.Duration(45*time.Minute)
		}, 165},
		{"CronStale", succeeded, func(j *rules.CronJob) { j.MaxAge = duration(2 * time.Hour) }, 180},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, r := newPrometheus(t, c.load), ruleOf(t, job(c.set), c.name)
			var first, later alert.Alert
			for i, m := range []int{now, now + 40} {
				steps := p.watch(t, r, nil, time.Unix(int64(minute(m)), 0))
				if len(steps.Active) != 1 {
					t.Fatalf("active at %d: %+v", m, steps.Active)
				}
				if a := steps.Active[0]; a.State != alert.Firing || !a.ActiveAt.Equal(time.Unix(int64(minute(c.minute)), 0)) {
					t.Errorf("noticed at %d: %s since %s, want minute %d", m, a.State, a.ActiveAt.UTC(), c.minute)
				}
				if i == 0 {
					first = steps.Active[0]
				}
			}
			steps := p.watch(t, r, []alert.Alert{first}, time.Unix(int64(minute(now+40)), 0))
			if len(steps.Active) != 1 || len(steps.Events) != 0 {
				t.Fatalf("going on: %+v", steps)
			}
			if later = steps.Active[0]; later.ID != first.ID || !later.ActiveAt.Equal(first.ActiveAt) {
				t.Errorf("going on makes\n  %+v\nof\n  %+v", later, first)
			}
		})
	}
}

// ruleOf returns the one rule of that name.
func ruleOf(t *testing.T, spec rules.Spec, name string) *rules.Rule {
	t.Helper()
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range groups[0].Rules {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no rule %s", name)
	return nil
}
