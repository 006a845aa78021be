package rules_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/promqltest"

	"alertd/internal/alert"
	"alertd/rules"
)

// prometheus is the real PromQL engine over series in promqltest's notation,
// which begin at the Unix epoch.
type prometheus struct {
	query rules.Querier
}

// maxSamples is Prometheus's own default of --query.max-samples.
const maxSamples = 50_000_000

func newPrometheus(t *testing.T, load string) prometheus {
	t.Helper()
	storage := promqltest.LoadedStorage(t, load)
	t.Cleanup(func() { _ = storage.Close() })
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, maxSamples)
	return prometheus{query: func(ctx context.Context, expr string, ts time.Time) ([]alert.Sample, error) {
		q, err := engine.NewInstantQuery(ctx, storage, nil, expr, ts)
		if err != nil {
			return nil, err
		}
		defer q.Close()
		result := q.Exec(ctx)
		vector, err := result.Vector()
		if err != nil {
			return nil, err
		}
		samples := make([]alert.Sample, len(vector))
		for i, s := range vector {
			m := map[string]string{}
			s.Metric.Range(func(l labels.Label) { m[l.Name] = l.Value })
			samples[i] = alert.Sample{Labels: alert.LabelsFromMap(m), Value: s.F}
		}
		return samples, nil
	}}
}

// watch evaluates a rule as the engine does.
func (p prometheus) watch(t *testing.T, r *rules.Rule, before []alert.Alert, ts time.Time) rules.Steps {
	t.Helper()
	ctx := t.Context()
	x := rules.Expander{Query: p.query, ExternalURL: &url.URL{}}
	samples, err := p.query(ctx, r.Expr(ts), ts)
	if err != nil {
		t.Fatalf("%s: %s: %v", r.ID, r.Expr(ts), err)
	}
	var o rules.Outcome
	for i, ls := range x.AlertLabels(ctx, r, samples, ts) {
		s := samples[i]
		o.Breaches = append(o.Breaches, rules.Breach{
			Labels: ls, Series: s.Labels.Without(alert.MetricName).Fingerprint(), Value: s.Value,
		})
	}
	values := func(expr rules.Expression) map[alert.Fingerprint]float64 {
		samples, err := p.query(ctx, expr(ts), ts)
		if err != nil {
			t.Fatalf("%s: %s: %v", r.ID, expr(ts), err)
		}
		bySeries := map[alert.Fingerprint]float64{}
		for _, s := range samples {
			bySeries[s.Labels.Without(alert.MetricName).Fingerprint()] = s.Value
		}
		return bySeries
	}
	if r.NeedsFacts(before, o.Breaches) {
		for _, fact := range r.Facts {
			o.Facts = append(o.Facts, values(fact.Expr))
		}
	}
	if r.NeedsEvidence(before, o.Breaches) {
		o.Evidence = values(r.Evidence)
	}
	steps, err := r.Step(before, o, ts)
	if err != nil {
		t.Fatalf("%s: %v", r.ID, err)
	}
	return steps
}

// story evaluates all rules of a spec every minute and tells what changed, as
// "minute name state", the way an operator would tell it.
func story(t *testing.T, spec rules.Spec, load string, from, to time.Duration) []string {
	t.Helper()
	p := newPrometheus(t, load)
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	active := map[string][]alert.Alert{}
	var told []string
	for at := from; at <= to; at += time.Minute {
		ts := time.Unix(0, 0).UTC().Add(at)
		for _, g := range groups {
			for _, r := range g.Rules {
				steps := p.watch(t, r, active[r.ID], ts)
				active[r.ID] = steps.Active
				for _, e := range steps.Events {
					if e.Kind == alert.EventPending || e.Kind == alert.EventVanished {
						continue
					}
					told = append(told, strings.Join(strings.Fields(strings.Join([]string{
						at.String(), e.Labels.Get("alertname"), where(e.Labels), string(e.Kind),
					}, " ")), " "))
				}
			}
		}
	}
	return told
}

func where(ls alert.Labels) string {
	for _, name := range []string{"name", "mountpoint", "cron_job", "source"} {
		if v := ls.Get(name); v != "" {
			return v
		}
	}
	return ls.Get("instance")
}

func expectStory(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the story is\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func duration(d time.Duration) *model.Duration {
	m := model.Duration(d)
	return &m
}

func off() rules.Resources {
	no := false
	return rules.Resources{Enabled: &no}
}

func noContainers() rules.Containers {
	no := false
	return rules.Containers{Enabled: &no}
}

func cronSpec(jobs ...rules.CronJob) rules.Spec {
	return rules.Spec{Cron: jobs, Resources: off(), Containers: noContainers(), Interval: time.Minute, MissingFor: 5 * time.Minute}
}

const host = `instance="ec2", job="node-exporter"`

func TestCronFailed(t *testing.T) {
	spec := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", MaxAge: duration(0)})
	load := `load 1m
  node_memory_MemTotal_bytes{` + host + `} 1x60
  etl_cron_last_run_status{` + host + `} 1x10 0x9 1x40`
	expectStory(t, story(t, spec, load, 0, time.Hour), "11m0s CronFailed etl firing", "21m0s CronFailed etl resolved")

	spec.Cron[0].FailedFor = model.Duration(5 * time.Minute)
	expectStory(t, story(t, spec, load, 0, time.Hour), "16m0s CronFailed etl firing", "21m0s CronFailed etl resolved")
}

// A deleted textfile ends no alert: NoData says that it is gone, and the
// failure recovers when the file is back with a success.
func TestCronTextfileDeleted(t *testing.T) {
	spec := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", MaxAge: duration(0)})
	expectStory(t, story(t, spec, `load 1m
  node_memory_MemTotal_bytes{`+host+`} 1x120
  etl_cron_last_run_status{`+host+`} 0x10 stale _x48 1x60`, 0, 2*time.Hour),
		"0s CronFailed etl firing",
		"11m0s CronFailed etl no data",
		"16m0s NoData etl firing",
		"1h0m0s CronFailed etl resolved",
		"1h0m0s NoData etl resolved",
	)
}

// A dead node-exporter is one NoData alert for the host, not one for each job.
func TestNodeExporterDead(t *testing.T) {
	spec := cronSpec(
		rules.CronJob{Name: "etl", Prefix: "etl_cron", MaxAge: duration(0)},
		rules.CronJob{Name: "ml", Prefix: "ml_cron", MaxAge: duration(0)},
	)
	expectStory(t, story(t, spec, `load 1m
  node_memory_MemTotal_bytes{`+host+`} 1x10 stale _x200 1x60
  etl_cron_last_run_status{`+host+`} 0x10 stale _x200 0x60
  ml_cron_last_run_status{`+host+`} 1x10 stale _x200 1x60`, 0, 4*time.Hour),
		"0s CronFailed etl firing",
		"11m0s CronFailed etl no data",
		"16m0s NoData node-exporter firing",
		// After an hour Prometheus no longer knows that the target was there;
		// the alert stays, as nothing has shown it to be well.
		"1h10m0s NoData node-exporter no data",
		"3h32m0s CronFailed etl data returned",
		"3h32m0s NoData node-exporter resolved",
	)
}

func TestCronStale(t *testing.T) {
	spec := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", MaxAge: duration(30 * time.Minute)})
	for name, metric := range map[string]string{"classic": "etl_cron_last_success_timestamp", "with unit": "etl_cron_last_success_timestamp_seconds"} {
		t.Run(name, func(t *testing.T) {
			expectStory(t, story(t, spec, `load 1m
  node_memory_MemTotal_bytes{`+host+`} 1x120
  `+metric+`{`+host+`} 0x50 3000x70`, 0, 2*time.Hour),
				"31m0s CronStale etl firing", "51m0s CronStale etl resolved", "1h21m0s CronStale etl firing")
		})
	}
}

func TestCronMissed(t *testing.T) {
	// Due every hour on the hour, with ten minutes of grace. The runs of 1:00
	// and 2:00 succeed after four minutes, that of 3:00 comes at 3:25.
	spec := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", Schedule: "0 * * * *", Grace: duration(10 * time.Minute)})
	load := `load 1m
  node_memory_MemTotal_bytes{` + host + `} 1x300
  etl_cron_last_success_timestamp{` + host + `} 240x63 3840x59 7440x80 12300x90`
	expectStory(t, story(t, spec, load, time.Hour, 4*time.Hour), "3h10m0s CronMissed etl firing", "3h25m0s CronMissed etl resolved")
}

// The breach of a missed run began when its grace ran out, however late it
// was noticed.
func TestCronMissedSince(t *testing.T) {
	spec := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", Schedule: "0 * * * *", Grace: duration(10 * time.Minute)})
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := newPrometheus(t, `load 1m
  etl_cron_last_success_timestamp{`+host+`} 240x600`)
	i := slices.IndexFunc(groups[0].Rules, func(r *rules.Rule) bool { return r.Name == "CronMissed" })
	steps := p.watch(t, groups[0].Rules[i], nil, time.Unix(5*3600, 0))
	if len(steps.Active) != 1 {
		t.Fatalf("active: %+v", steps.Active)
	}
	if a := steps.Active[0]; !a.ActiveAt.Equal(time.Unix(3600+600, 0)) || a.State != alert.Firing {
		t.Errorf("%s since %s", a.State, a.ActiveAt.UTC())
	}
}

func TestCronNeverRan(t *testing.T) {
	load := `load 1m
  node_memory_MemTotal_bytes{` + host + `} 1x300
  etl_cron_last_run_status{` + host + `} _x199 1x100`
	byAge := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", MaxAge: duration(time.Hour)})
	expectStory(t, story(t, byAge, load, 0, 5*time.Hour), "1h0m0s CronNeverRan etl firing", "3h19m0s CronNeverRan etl resolved")

	bySlot := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", Schedule: "30 * * * *", Grace: duration(10 * time.Minute)})
	expectStory(t, story(t, bySlot, load, 0, 5*time.Hour), "40m0s CronNeverRan etl firing", "3h19m0s CronNeverRan etl resolved")
}

func TestResources(t *testing.T) {
	spec := rules.Spec{Containers: noContainers(), Interval: time.Minute, MissingFor: 5 * time.Minute}
	// Memory: 95 % used from minute 10, 87 % (between clear and fire) from 30, 50 % from 50.
	// Disk /: 92 % used from minute 20 until 40; tmpfs is always full and no matter.
	// CPU: saturated from minute 0 until 30.
	expectStory(t, story(t, spec, `load 1m
  node_memory_MemTotal_bytes{`+host+`} 100x90
  node_memory_MemAvailable_bytes{`+host+`} 50x9 5x19 13x19 50x40
  node_filesystem_size_bytes{`+host+`, mountpoint="/", device="/dev/vda", fstype="ext4"} 100x90
  node_filesystem_avail_bytes{`+host+`, mountpoint="/", device="/dev/vda", fstype="ext4"} 50x19 8x19 50x50
  node_filesystem_size_bytes{`+host+`, mountpoint="/run", device="tmpfs", fstype="tmpfs"} 100x90
  node_filesystem_avail_bytes{`+host+`, mountpoint="/run", device="tmpfs", fstype="tmpfs"} 0x90
  node_cpu_seconds_total{`+host+`, cpu="0", mode="user"} 0+60x30 1800x60
  node_cpu_seconds_total{`+host+`, cpu="1", mode="user"} 0+58x30 1740x60
  node_cpu_seconds_total{`+host+`, cpu="0", mode="idle"} 0x30 0+60x60
  node_cpu_seconds_total{`+host+`, cpu="1", mode="idle"} 0+2x30 60+60x60`, 0, 90*time.Minute),
		"15m0s HostHighCPU ec2 firing",
		"15m0s HostHighMemory ec2 firing",
		"25m0s HostDiskFull / firing",
		"31m0s HostHighCPU ec2 resolved",
		"40m0s HostDiskFull / resolved",
		"50m0s HostHighMemory ec2 resolved",
	)
}

// A host that dies of its load and comes back under it has not recovered in
// between, though its rates over windows that are filled in part are low. It
// recovers once they are filled again.
func TestLoadedHostDies(t *testing.T) {
	spec := rules.Spec{Containers: noContainers(), Interval: time.Minute, MissingFor: time.Hour}
	expectStory(t, story(t, spec, `load 1m
  node_cpu_seconds_total{`+host+`, cpu="0", mode="user"} 0+57x30 stale _x29 0+57x30 1710x20`, 0, 2*time.Hour),
		"15m0s HostHighCPU ec2 firing",
		"32m0s HostHighCPU ec2 no data",
		"1h6m0s HostHighCPU ec2 data returned",
		"1h32m0s HostHighCPU ec2 resolved",
	)
}

// The slot after the last success ran out of its grace, and then the job's
// textfile is gone: that is no success.
func TestCronMissedMissing(t *testing.T) {
	spec := cronSpec(rules.CronJob{Name: "etl", Prefix: "etl_cron", Schedule: "0 * * * *", Grace: duration(10 * time.Minute)})
	expectStory(t, story(t, spec, `load 1m
  node_memory_MemTotal_bytes{`+host+`} 1x150
  etl_cron_last_success_timestamp{`+host+`} 240x89 stale`, time.Hour, 2*time.Hour),
		"1h10m0s CronMissed etl firing",
		"1h30m0s CronMissed etl no data",
		"1h35m0s NoData etl firing",
	)
}

func TestContainers(t *testing.T) {
	spec := rules.Spec{Resources: off(), Interval: time.Minute, MissingFor: 5 * time.Minute, Containers: rules.Containers{Expect: []string{"api"}}}
	// web has a limit and reaches it; db has none and is held against the host.
	// api is gone from minute 20 until 40.
	adv := `instance="cadvisor:8080", job="cadvisor"`
	expectStory(t, story(t, spec, `load 1m
  machine_memory_bytes{`+adv+`} 1000x90
  machine_cpu_cores{`+adv+`} 2x90
  container_spec_memory_limit_bytes{`+adv+`, name="web", id="/docker/1"} 100x90
  container_memory_working_set_bytes{`+adv+`, name="web", id="/docker/1"} 50x9 95x20 20x60
  container_spec_memory_limit_bytes{`+adv+`, name="db", id="/docker/2"} 0x90
  container_memory_working_set_bytes{`+adv+`, name="db", id="/docker/2"} 500x90
  container_spec_memory_limit_bytes{`+adv+`, id="/"} 0x90
  container_memory_working_set_bytes{`+adv+`, id="/"} 999x90
  container_spec_cpu_quota{`+adv+`, name="web", id="/docker/1"} 50000x90
  container_spec_cpu_period{`+adv+`, name="web", id="/docker/1"} 100000x90
  container_cpu_usage_seconds_total{`+adv+`, name="web", id="/docker/1"} 0+29x30 870x60
  container_cpu_usage_seconds_total{`+adv+`, name="db", id="/docker/2"} 0+60x90
  container_last_seen{`+adv+`, name="web", id="/docker/1"} 0+60x90
  container_last_seen{`+adv+`, name="api", id="/docker/3"} 0+60x19 stale _x19 2400+60x50`, 0, 90*time.Minute),
		"15m0s ContainerHighCPU web firing",
		"15m0s ContainerHighMemory web firing",
		"21m0s ContainerGone api firing",
		"31m0s ContainerHighCPU web resolved",
		"31m0s ContainerHighMemory web resolved",
		"40m0s ContainerGone api resolved",
	)
}

// A dead cAdvisor says nothing about the containers, and is told as itself.
func TestCadvisorDead(t *testing.T) {
	spec := rules.Spec{Resources: off(), Interval: time.Minute, MissingFor: 5 * time.Minute, Containers: rules.Containers{Expect: []string{"api", "web"}}}
	adv := `instance="cadvisor:8080", job="cadvisor"`
	expectStory(t, story(t, spec, `load 1m
  container_last_seen{`+adv+`, name="web", id="/docker/1"} 0+60x9 stale _x29 2400+60x50
  container_last_seen{`+adv+`, name="api", id="/docker/3"} 0+60x9 stale _x29 2400+60x50`, 0, time.Hour),
		"15m0s NoData cadvisor firing",
		"40m0s NoData cadvisor resolved",
	)
}

// Containers are expected, but no cAdvisor was ever scraped.
func TestCadvisorNeverSeen(t *testing.T) {
	spec := rules.Spec{Resources: off(), Interval: time.Minute, MissingFor: 5 * time.Minute, Containers: rules.Containers{Expect: []string{"api"}}}
	expectStory(t, story(t, spec, `load 1m
  container_last_seen{instance="cadvisor:8080", job="cadvisor", name="api"} _x19 1200+60x50`, 0, time.Hour),
		"5m0s NoData cadvisor firing",
		"19m0s NoData cadvisor resolved",
	)
}

func TestDashboards(t *testing.T) {
	spec := cronSpec(
		rules.CronJob{Name: "etl", MaxAge: duration(0)},
		rules.CronJob{Name: "own", MaxAge: duration(0), Annotations: map[string]string{"dashboard_url": "https://own"}},
	)
	spec.Dashboards.Cron = "https://grafana/d/cron"
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	x := rules.Expander{ExternalURL: &url.URL{}}
	s := alert.Sample{Labels: alert.LabelsFromStrings("instance", "ec2:9100")}
	links := map[string]string{"etl": "https://grafana/d/cron?var-instance=ec2%3A9100", "own": "https://own"}
	for _, r := range groups[0].Rules {
		got := x.Annotations(t.Context(), r, []alert.Sample{s}, time.Unix(0, 0))[0].Get("dashboard_url")
		if got != links[r.Job] {
			t.Errorf("%s links to %q, want %q", r.ID, got, links[r.Job])
		}
	}
}
