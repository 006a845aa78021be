package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// TestOneDeadHostIsOneNoData: five cron jobs, three of which were failing, the
// host with every rule that there is, and a second host that lives. When the
// first one's node-exporter dies, people are told of that once, whatever is
// known of it otherwise stays as it was, and nothing recovers.
func TestOneDeadHostIsOneNoData(t *testing.T) {
	var load strings.Builder
	load.WriteString("load 1m\n")
	for host, minutes := range map[string]int{"dead:9100": 29, "alive:9100": 300} {
		series := func(metric, labels, values string) {
			fmt.Fprintf(&load, "%s{instance=%q, job=\"node\"%s} %s\n", metric, host, labels, values)
		}
		constant := func(v string) string { return fmt.Sprintf("%sx%d", v, minutes) }
		for job := range 5 {
			status := "1"
			if job < 3 && host == "dead:9100" {
				status = "0"
			}
			series(fmt.Sprintf("job%d_last_run_status", job), "", constant(status))
			series(fmt.Sprintf("job%d_last_success_timestamp", job), "", fmt.Sprintf("0+60x%d", minutes))
		}
		series("node_memory_MemTotal_bytes", "", constant("100"))
		series("node_memory_MemAvailable_bytes", "", constant("50"))
		series("node_memory_SwapTotal_bytes", "", constant("100"))
		series("node_memory_SwapFree_bytes", "", constant("1")) // HostSwapFull
		series("node_filesystem_size_bytes", `, mountpoint="/", fstype="ext4"`, constant("100"))
		series("node_filesystem_avail_bytes", `, mountpoint="/", fstype="ext4"`, constant("1")) // HostDiskFull
		series("node_load1", "", constant("1"))
		series("node_cpu_seconds_total", `, cpu="0", mode="idle"`, fmt.Sprintf("0+60x%d", minutes))
		series("node_boot_time_seconds", "", constant("-100000"))
		series("node_vmstat_oom_kill", "", constant("0"))
	}
	on := true
	spec := rules.Spec{MissingFor: 5 * time.Minute, Resources: rules.Resources{HostCatalogue: rules.HostCatalogue{
		Load: rules.Level{Enabled: &on}, Swap: rules.Saturation{Enabled: &on}, MemoryPressure: rules.Saturation{Enabled: &on},
		IOPressure: rules.Saturation{Enabled: &on}, CPUPressure: rules.Saturation{Enabled: &on}, DiskFill: rules.Forecast{Enabled: &on},
		DiskIO: rules.Level{Enabled: &on}, NetworkErrors: rules.Saturation{Enabled: &on}, Clock: rules.Switch{Enabled: &on},
		Systemd: rules.Switch{Enabled: &on}, Reboot: rules.Recent{Enabled: &on},
	}}}
	for job := range 5 {
		spec.Cron = append(spec.Cron, rules.CronJob{Name: fmt.Sprintf("job%d", job), Schedule: "* * * * *"})
	}
	groups, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p, count := newPrometheus(t, load.String()), 0
	active := map[string][]alert.Alert{}
	var told []string
	for minute := 15; minute <= 110; minute += 3 {
		for _, g := range groups {
			for _, r := range g.Rules {
				if minute == 15 {
					count++
				}
				steps := p.watch(t, r, active[r.ID], time.Unix(0, 0).Add(time.Duration(minute)*time.Minute))
				active[r.ID] = steps.Active
				for _, e := range steps.Events {
					if minute > 30 && (e.Kind == alert.EventFiring || e.Kind == alert.EventResolved) {
						told = append(told, fmt.Sprintf("%s %s %s at %d", r.ID, e.Labels.Get("instance"), e.Kind, minute))
					}
				}
			}
		}
	}
	if count < 30 {
		t.Errorf("%d rules", count)
	}
	told = slices.DeleteFunc(told, func(s string) bool { return strings.Contains(s, "alive:9100") })
	if len(told) != 1 || !strings.HasPrefix(told[0], "targets/NoData dead:9100 firing") {
		t.Errorf("told %q", told)
	}
	kept := 0
	for _, alerts := range active {
		for _, a := range alerts {
			if a.Labels.Get("instance") == "dead:9100" && a.State == alert.Firing && !a.MissingSince.IsZero() {
				kept++
			}
		}
	}
	if kept < 5 { // three jobs, the swap, the disk; NoData itself after its hour
		t.Errorf("%d alerts are kept without data", kept)
	}
}
