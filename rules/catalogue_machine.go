package rules

import (
	"fmt"
	"time"
)

// usedEnough is from how many percent of use on the forecast of a full disk
// counts, as in the node mixin: below it the slope of a few hours means little.
const usedEnough = 60

// storage: what else disks run out of. The formulas are the node mixin's:
// NodeFilesystemFilesFillingUp, NodeFilesystemSpaceFillingUp, NodeDiskIOSaturation.
func (r *Resources) storage() []condition {
	disks := r.Disk.matchers()
	size, avail := r.metric("node_filesystem_size_bytes", disks), r.metric("node_filesystem_avail_bytes", disks)
	writable := fmt.Sprintf("unless %s == 1", r.metric("node_filesystem_readonly", disks))
	ahead := orElse(r.DiskFill.Within, 24*time.Hour)
	forecast := fmt.Sprintf("100 * (1 - predict_linear(%s[6h], %d) / (%s > 0)) %s", avail, int64(ahead.Seconds()), size, writable)
	return []condition{
		// On: without inodes nothing can be written, and df shows free space.
		condition{
			name: "HostInodesFull", on: chosen(r.Inodes.Enabled, true),
			summary: "Disk {{ $labels.mountpoint }} of {{ $labels.instance }} is nearly out of inodes",
			detail:  "Hardly a new file can be made on {{ $labels.device }}, however much space is free. Look for the directory with du -x --inodes {{ $labels.mountpoint }} | sort -n | tail.",
		}.over(fmt.Sprintf("100 * (1 - %s / (%s > 0)) %s", r.metric("node_filesystem_files_free", disks), r.metric("node_filesystem_files", disks), writable),
			r.Inodes.withDefaults(thresholds(90, 85, 5*time.Minute)), "%"),
		// Off: a nightly backup or an import draws the same line as a leak.
		{
			name: "HostDiskFillingUp", on: chosen(r.DiskFill.Enabled, false), wait: orElse(r.DiskFill.For, time.Hour),
			expr:     fmt.Sprintf("(%s) > 100 and 100 * (1 - %s / %s) > %d", forecast, avail, size, usedEnough),
			evidence: alive(forecast, avail),
			unit:     "%", threshold: "> 100 % in " + humanDuration(ahead),
			summary: "Disk {{ $labels.mountpoint }} of {{ $labels.instance }} will be full within " + humanDuration(ahead),
			detail:  "If it goes on as in the past six hours. Look for what grows with du -xh {{ $labels.mountpoint }} | sort -h | tail.",
		},
		// Off: batch jobs and backups queue at the disk by nature.
		condition{
			name: "HostDiskBusy", on: chosen(r.DiskIO.Enabled, false),
			summary: "Disk {{ $labels.device }} of {{ $labels.instance }} cannot keep up",
			detail:  "So many requests are under way on average, and each waits for those before it. Look at iostat -x 1 and iotop.",
		}.over(fmt.Sprintf("rate(%s[5m])", r.metric("node_disk_io_time_weighted_seconds_total", "")),
			Saturation(r.DiskIO).withDefaults(defaultDiskIO()), "requests under way"),
	}
}

// machine: the network, the clock, the services and the life of a host. The
// formulas are the node mixin's (NodeNetworkReceiveErrs, NodeClockNotSynchronising,
// NodeSystemdServiceFailed) and awesome-prometheus-alerts' (OOM kill, target).
func (r *Resources) machine() []condition {
	errors, packets := r.traffic("errs"), r.traffic("packets")
	synced := r.metric("node_timex_sync_status", "")
	failed := r.metric("node_systemd_unit_state", `state="failed"`)
	kills, oomWithin := r.metric("node_vmstat_oom_kill", ""), orElse(r.OOM.Within, defaultOOMWithin)
	killed := fmt.Sprintf("round(increase(%s[%s]))", kills, humanDuration(oomWithin))
	uptime, upWithin := "time() - "+r.metric("node_boot_time_seconds", ""), orElse(r.Reboot.Within, defaultRebootWithin)
	up := r.metric("up", "")
	return []condition{
		// Off: an interface with next to no traffic reaches 1 % with one bad packet.
		condition{
			name: "HostNetworkErrors", on: chosen(r.NetworkErrors.Enabled, false),
			summary: "Interface {{ $labels.device }} of {{ $labels.instance }} has errors",
			detail:  "Such a share of its packets is damaged: a cable, a port, a driver or a duplex mismatch. Look at ip -s link show {{ $labels.device }} and ethtool -S {{ $labels.device }}.",
		}.over(fmt.Sprintf("100 * (%s) / (%s > 0)", errors, packets), r.NetworkErrors.withDefaults(thresholds(1, 0.1, time.Hour)), "%"),
		// Off: a guest whose hypervisor sets its clock is never synchronised in
		// the eyes of its kernel.
		{
			name: "HostClockNotSynchronised", on: chosen(r.Clock.Enabled, false), wait: orElse(r.Clock.For, 10*time.Minute),
			expr:     fmt.Sprintf("%s == 0 and %s >= 16", synced, r.metric("node_timex_maxerror_seconds", "")),
			evidence: synced, threshold: "1 = synchronised, 0 = not",
			summary: "The clock of {{ $labels.instance }} is not synchronised",
			detail:  "Nothing has set it for hours; schedules and time stamps of this host drift. Look at timedatectl and chronyc tracking.",
		},
		// Off: most hosts have a unit that failed at boot and that nobody misses.
		{
			name: "SystemdUnitFailed", on: chosen(r.Systemd.Enabled, false), wait: orElse(r.Systemd.For, 5*time.Minute),
			expr: failed + " == 1",
			// A unit that systemd has forgotten is not failed, as long as systemd
			// tells of others.
			evidence: fmt.Sprintf("%s or (0 * last_over_time(%s[1h]) and on (instance, job) group by (instance, job) (%s))", failed, failed, failed),
			unit:     "", threshold: "1 = failed, 0 = not",
			summary: "Unit {{ $labels.name }} of {{ $labels.instance }} failed",
			detail:  "systemd gave it up. Look at systemctl status {{ $labels.name }} and journalctl -u {{ $labels.name }} -e; the alert ends when it runs, or with systemctl reset-failed.",
		},
		// On: a process was killed in the middle of its work, always.
		{
			name: "HostOOMKill", on: chosen(r.OOM.Enabled, true),
			expr: killed + " > 0", evidence: alive(killed, kills),
			threshold: "processes killed within " + humanDuration(oomWithin),
			summary:   "The OOM killer was at work on {{ $labels.instance }}",
			detail:    "The kernel killed a process for want of memory, on the host or within a container's limit. Look at journalctl -k --grep 'oom|killed process'.",
		},
		// Off: most reboots are meant.
		{
			name: "HostRebooted", on: chosen(r.Reboot.Enabled, false),
			// Not changes(): a clock that is set moves the boot time too.
			expr: fmt.Sprintf("%s < %d", uptime, int64(upWithin.Seconds())), evidence: uptime,
			since: func(uptime float64, ts time.Time) time.Time {
				return ts.Add(-time.Duration(uptime * float64(time.Second)))
			},
			unit: "s", threshold: "up for less than " + humanDuration(upWithin),
			summary: "Host {{ $labels.instance }} was booted",
			detail:  "It has been up for only so long. If nobody meant it, look at last -x and journalctl -b -1 -e.",
		},
		// Off: NoData tells of the exporters that alertd relies on, and a
		// Prometheus may have many other targets.
		{
			name: "TargetDown", on: chosen(r.TargetDown.Enabled, false), wait: orElse(r.TargetDown.For, 5*time.Minute),
			expr: up + " == 0", evidence: up, threshold: "1 = up, 0 = down",
			summary: "Prometheus cannot scrape {{ $labels.job }} at {{ $labels.instance }}",
			detail:  "The program, its host or the network between is down. Its last error is on Prometheus's page of targets.",
		},
	}
}

// traffic is the rate of a kind of packets, in and out, of the interfaces that
// lead out of the host.
func (r *Resources) traffic(what string) string {
	const real = `device!~"lo|veth.*"`
	return fmt.Sprintf("rate(%s[5m]) + rate(%s[5m])",
		r.metric("node_network_receive_"+what+"_total", real), r.metric("node_network_transmit_"+what+"_total", real))
}
