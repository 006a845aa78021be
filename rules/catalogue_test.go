package rules_test

import (
	"slices"
	"testing"
	"time"

	"alertd/rules"
)

func on() *bool {
	yes := true
	return &yes
}

func not() *bool {
	no := false
	return &no
}

// onlyHost has the rules that the catalogue turns on, and no other.
func onlyHost(catalogue rules.HostCatalogue) rules.Spec {
	for _, flag := range []**bool{&catalogue.Inodes.Enabled, &catalogue.OOM.Enabled} {
		if *flag == nil {
			*flag = not()
		}
	}
	return rules.Spec{Containers: noContainers(), Interval: time.Minute, MissingFor: time.Hour, Resources: rules.Resources{
		CPU: rules.Saturation{Enabled: not()}, Memory: rules.Saturation{Enabled: not()},
		Disk:          rules.DiskSaturation{Saturation: rules.Saturation{Enabled: not()}},
		HostCatalogue: catalogue,
	}}
}

func onlyContainers(catalogue rules.ContainerCatalogue) rules.Spec {
	return rules.Spec{Resources: off(), Interval: time.Minute, MissingFor: time.Hour, Containers: rules.Containers{
		CPU: rules.Saturation{Enabled: not()}, Memory: rules.Saturation{Enabled: not()}, ContainerCatalogue: catalogue,
	}}
}

// A tale has a condition twice: once until it clears, and once until what tells
// of it is gone, which clears nothing.
type tale struct {
	spec rules.Spec
	load string
	to   time.Duration
	want []string
}

func tell(t *testing.T, tales map[string]tale) {
	t.Helper()
	for name, c := range tales {
		t.Run(name, func(t *testing.T) {
			expectStory(t, story(t, c.spec, "load 1m"+c.load, 0, c.to), c.want...)
		})
	}
}

func TestCatalogueLevels(t *testing.T) {
	const disk = host + `, mountpoint="/", device="/dev/vda", fstype="ext4"`
	sat := rules.Saturation{Enabled: on()}
	tell(t, map[string]tale{
		// 4 a core, 1.75 (between clear and fire) from 40, 1 from 60; two cores.
		"load": {onlyHost(rules.HostCatalogue{Load: rules.Level(sat)}), `
  node_load1{` + host + `} 1x9 8x29 3.5x19 2x39 8x49 stale
  node_cpu_seconds_total{` + host + `, cpu="0", mode="idle"} 0x300
  node_cpu_seconds_total{` + host + `, cpu="1", mode="idle"} 0x300
  node_cpu_seconds_total{` + host + `, cpu="1", mode="user"} 0x300`, 4 * time.Hour, []string{
			"25m0s HostHighLoad ec2 firing", "1h0m0s HostHighLoad ec2 resolved",
			"1h55m0s HostHighLoad ec2 firing", "2h30m0s HostHighLoad ec2 no data",
		}},
		// The second host has no swap, and so no share of it.
		"swap": {onlyHost(rules.HostCatalogue{Swap: sat}), `
  node_memory_SwapTotal_bytes{` + host + `} 100x149 stale
  node_memory_SwapFree_bytes{` + host + `} 50x9 5x29 25x19 50x39 5x49 stale
  node_memory_SwapTotal_bytes{instance="b"} 0x300
  node_memory_SwapFree_bytes{instance="b"} 0x300`, 4 * time.Hour, []string{
			"20m0s HostSwapFull ec2 firing", "1h0m0s HostSwapFull ec2 resolved",
			"1h50m0s HostSwapFull ec2 firing", "2h30m0s HostSwapFull ec2 no data",
		}},
		"memory pressure": {onlyHost(rules.HostCatalogue{MemoryPressure: sat}), `
  node_pressure_memory_stalled_seconds_total{` + host + `} 0x10 6+6x29 180x60 186+6x48 stale`, 3 * time.Hour, []string{
			"18m0s HostMemoryPressure ec2 firing", "44m0s HostMemoryPressure ec2 resolved",
			"1h49m0s HostMemoryPressure ec2 firing", "2h33m0s HostMemoryPressure ec2 no data",
		}},
		"io pressure": {onlyHost(rules.HostCatalogue{IOPressure: sat}), `
  node_pressure_io_stalled_seconds_total{` + host + `} 0x10 30+30x29 900x60 930+30x48 stale`, 3 * time.Hour, []string{
			"23m0s HostIOPressure ec2 firing", "44m0s HostIOPressure ec2 resolved",
			"1h54m0s HostIOPressure ec2 firing", "2h33m0s HostIOPressure ec2 no data",
		}},
		"cpu pressure": {onlyHost(rules.HostCatalogue{CPUPressure: sat}), `
  node_pressure_cpu_waiting_seconds_total{` + host + `} 0x10 30+30x29 900x60 930+30x48 stale`, 3 * time.Hour, []string{
			"28m0s HostCPUPressure ec2 firing", "44m0s HostCPUPressure ec2 resolved",
			"1h58m0s HostCPUPressure ec2 firing", "2h34m0s HostCPUPressure ec2 no data",
		}},
		// btrfs, which has no inodes to count, and a file system
		// that is read-only are no matter.
		"inodes": {onlyHost(rules.HostCatalogue{Inodes: sat}), `
  node_filesystem_files{` + disk + `} 100x149 stale
  node_filesystem_files_free{` + disk + `} 50x9 5x29 12x19 50x39 5x49 stale
  node_filesystem_files{` + host + `, mountpoint="/b", fstype="btrfs"} 0x300
  node_filesystem_files_free{` + host + `, mountpoint="/b", fstype="btrfs"} 0x300
  node_filesystem_files{` + host + `, mountpoint="/r", fstype="ext4"} 9x300
  node_filesystem_files_free{` + host + `, mountpoint="/r", fstype="ext4"} 0x300
  node_filesystem_readonly{` + host + `, mountpoint="/r", fstype="ext4"} 1x300`, 4 * time.Hour, []string{
			"15m0s HostInodesFull / firing", "1h0m0s HostInodesFull / resolved",
			"1h45m0s HostInodesFull / firing", "2h30m0s HostInodesFull / no data",
		}},
		"disk busy": {onlyHost(rules.HostCatalogue{DiskIO: rules.Level(sat)}), `
  node_disk_io_time_weighted_seconds_total{` + host + `, device="vda"} 0x10 1200+1200x59 72000x30 73200+1200x48 stale`, 3 * time.Hour, []string{
			"43m0s HostDiskBusy ec2 firing", "1h13m0s HostDiskBusy ec2 resolved",
			"2h14m0s HostDiskBusy ec2 firing", "2h33m0s HostDiskBusy ec2 no data",
		}},
		"network errors": {onlyHost(rules.HostCatalogue{NetworkErrors: rules.Saturation{Enabled: on(), For: duration(10 * time.Minute)}}), `
  node_network_receive_errs_total{` + host + `, device="eth0"} 0x10 10+10x29 300x60 310+10x48 stale
  node_network_transmit_errs_total{` + host + `, device="eth0"} 0x149 stale
  node_network_receive_packets_total{` + host + `, device="eth0"} 0+100x149 stale
  node_network_transmit_packets_total{` + host + `, device="eth0"} 0+100x149 stale
  node_network_receive_errs_total{` + host + `, device="veth1"} 0+10x300
  node_network_transmit_errs_total{` + host + `, device="veth1"} 0+10x300
  node_network_receive_packets_total{` + host + `, device="veth1"} 0+10x300
  node_network_transmit_packets_total{` + host + `, device="veth1"} 0+10x300`, 3 * time.Hour, []string{
			"22m0s HostNetworkErrors ec2 firing", "44m0s HostNetworkErrors ec2 resolved",
			"1h52m0s HostNetworkErrors ec2 firing", "2h33m0s HostNetworkErrors ec2 no data",
		}},
	})
}

func TestCatalogueStates(t *testing.T) {
	const disk = host + `, mountpoint="/", device="/dev/vda", fstype="ext4"`
	const unit = host + `, name="app.service", state="failed"`
	with := func(set func(*rules.HostCatalogue)) rules.Spec {
		var c rules.HostCatalogue
		set(&c)
		return onlyHost(c)
	}
	tell(t, map[string]tale{
		// It fills by 1 % in three minutes from 50 % on, is cleaned up at minute
		// 120 and does the same again; the other is as steep, but nearly empty.
		"disk fill": {with(func(c *rules.HostCatalogue) { c.DiskFill.Enabled = on() }), `
  node_filesystem_size_bytes{` + disk + `} 300x400
  node_filesystem_avail_bytes{` + disk + `} 150-1x119 150-1x119 stale
  node_filesystem_size_bytes{` + host + `, mountpoint="/e", fstype="ext4"} 3000x400
  node_filesystem_avail_bytes{` + host + `, mountpoint="/e", fstype="ext4"} 2900-3x400`, 5 * time.Hour, []string{
			"1h31m0s HostDiskFillingUp / firing", "2h0m0s HostDiskFillingUp / resolved",
			"3h31m0s HostDiskFillingUp / firing", "4h0m0s HostDiskFillingUp / no data",
		}},
		// Not synchronised, but with a small error yet, until minute 10.
		"clock": {with(func(c *rules.HostCatalogue) { c.Clock.Enabled = on() }), `
  node_timex_sync_status{` + host + `} 0x29 1x69 0x49 stale
  node_timex_maxerror_seconds{` + host + `} 2x9 16x19 0.1x69 16x49 stale`, 3 * time.Hour, []string{
			"20m0s HostClockNotSynchronised ec2 firing", "30m0s HostClockNotSynchronised ec2 resolved",
			"1h50m0s HostClockNotSynchronised ec2 firing", "2h30m0s HostClockNotSynchronised ec2 no data",
		}},
		// A unit that systemd forgets while it tells of others is well; one that
		// vanishes with all others is not.
		"systemd": {with(func(c *rules.HostCatalogue) { c.Systemd.Enabled = on() }), `
  node_systemd_unit_state{` + unit + `} 0x9 1x19 0x19 1x19 stale _x29 1x49 stale
  node_systemd_unit_state{` + host + `, name="ssh.service", state="failed"} 0x149 stale
  node_systemd_unit_state{` + host + `, name="ssh.service", state="active"} 1x149 stale`, 4 * time.Hour, []string{
			"15m0s SystemdUnitFailed app.service firing", "30m0s SystemdUnitFailed app.service resolved",
			"55m0s SystemdUnitFailed app.service firing", "1h10m0s SystemdUnitFailed app.service resolved",
			"1h45m0s SystemdUnitFailed app.service firing", "2h30m0s SystemdUnitFailed app.service no data",
		}},
		// node-exporter dies ten minutes after the second kill: the
		// half hour passes without proof.
		"oom": {onlyHost(rules.HostCatalogue{OOM: rules.Recent{Enabled: on()}}), `
  node_vmstat_oom_kill{` + host + `} 0x9 1x89 3x9 stale _x59 3x60`, 4 * time.Hour, []string{
			"10m0s HostOOMKill ec2 firing", "39m0s HostOOMKill ec2 resolved",
			"1h40m0s HostOOMKill ec2 firing", "2h9m0s HostOOMKill ec2 no data",
			"2h51m0s HostOOMKill ec2 resolved",
		}},
		// Booted at minute 8, and at minute 98 with node-exporter gone at 105.
		"reboot": {with(func(c *rules.HostCatalogue) { c.Reboot.Enabled = on() }), `
  node_boot_time_seconds{` + host + `} -90000x9 480x89 5880x4 stale`, 3 * time.Hour, []string{
			"10m0s HostRebooted ec2 firing", "23m0s HostRebooted ec2 resolved",
			"1h40m0s HostRebooted ec2 firing", "1h45m0s HostRebooted ec2 no data",
		}},
		// Prometheus itself says of a dead target that it is down; gone is a
		// target that it no longer has.
		"target down": {with(func(c *rules.HostCatalogue) { c.TargetDown.Enabled = on() }), `
  up{` + host + `} 1x9 0x29 1x59 0x49 stale`, 3 * time.Hour, []string{
			"15m0s TargetDown ec2 firing", "40m0s TargetDown ec2 resolved",
			"1h45m0s TargetDown ec2 firing", "2h30m0s TargetDown ec2 no data",
		}},
	})
}

func TestCatalogueContainers(t *testing.T) {
	const web = `instance="cadvisor:8080", job="cadvisor", name="web", id="/docker/1"`
	const again = `instance="cadvisor:8080", job="cadvisor", name="web", id="/docker/2"`
	none := rules.ContainerCatalogue{Restarts: rules.Repeats{Enabled: not()}, Health: rules.Switch{Enabled: not()}}
	throttling := none
	throttling.Throttling.Enabled = on()
	tell(t, map[string]tale{
		// Idle, without a single period, from minute 40 until 100: not throttled.
		"throttling": {onlyContainers(throttling), `
  container_cpu_cfs_periods_total{` + web + `} 0+100x39 3900x60 4000+100x49 stale
  container_cpu_cfs_throttled_periods_total{` + web + `} 0x9 50+50x29 1500x60 1550+50x49 stale`, 3 * time.Hour, []string{
			"27m0s ContainerThrottled web firing", "43m0s ContainerThrottled web resolved",
			"1h56m0s ContainerThrottled web firing", "2h34m0s ContainerThrottled web no data",
		}},
		// On by default. One restart is a deployment. Three in fifteen minutes are
		// not; the last of them made it anew. The container that dies after its
		// third has not recovered.
		"restarts": {onlyContainers(rules.ContainerCatalogue{}), `
  container_start_time_seconds{` + web + `} 0x9 600x19 1800x4 2100x4 stale
  container_start_time_seconds{` + again + `} _x40 2400x59 6000x3 6240x3 6480x3 stale`, 3 * time.Hour, []string{
			"40m0s ContainerRestarting web firing", "54m0s ContainerRestarting web resolved",
			"1h48m0s ContainerRestarting web firing", "1h54m0s ContainerRestarting web no data",
		}},
		// On by default; five minutes to start in, and -1 has no health check.
		"health": {onlyContainers(rules.ContainerCatalogue{}), `
  container_health_state{` + web + `} 0x3 1x5 0x29 1x60 0x49 stale
  container_health_state{instance="cadvisor:8080", name="db", id="/docker/3"} -1x300
  container_health_state{instance="cadvisor:8080", id="/", name=""} 0x300`, 3 * time.Hour, []string{
			"15m0s ContainerUnhealthy web firing", "40m0s ContainerUnhealthy web resolved",
			"1h46m0s ContainerUnhealthy web firing", "2h31m0s ContainerUnhealthy web no data",
		}},
	})
}

// The default set stays small: each rule is one query in every interval.
func TestCatalogueDefault(t *testing.T) {
	groups, err := rules.Spec{Interval: time.Minute}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range groups {
		for _, r := range g.Rules {
			names = append(names, r.Name)
		}
	}
	want := []string{
		"NoData", "HostHighCPU", "HostHighMemory", "HostDiskFull", "HostInodesFull", "HostOOMKill",
		"ContainerHighCPU", "ContainerHighMemory", "ContainerRestarting", "ContainerUnhealthy",
	}
	if !slices.Equal(names, want) {
		t.Errorf("on by default are %v, want %v", names, want)
	}
}
