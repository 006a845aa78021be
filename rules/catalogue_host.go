package rules

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
)

// HostCatalogue is the part of the `resources` section beyond CPU, memory and
// disks. On by default is what is hardly ever wrong and what no other rule
// tells; each rule costs Prometheus one query for each evaluation.
type HostCatalogue struct {
	Load           Level      `yaml:"load"` // of one minute, for each core
	Swap           Saturation `yaml:"swap"`
	MemoryPressure Saturation `yaml:"memory_pressure"`
	IOPressure     Saturation `yaml:"io_pressure"`
	CPUPressure    Saturation `yaml:"cpu_pressure"`
	Inodes         Saturation `yaml:"inodes"` // of the file systems that disk selects
	DiskFill       Forecast   `yaml:"disk_fill"`
	DiskIO         Level      `yaml:"disk_io"` // requests under way, on average
	NetworkErrors  Saturation `yaml:"network_errors"`
	Clock          Switch     `yaml:"clock"`
	Systemd        Switch     `yaml:"systemd"`
	OOM            Recent     `yaml:"oom"`
	Reboot         Recent     `yaml:"reboot"`
	TargetDown     Switch     `yaml:"target_down"`
}

// Forecast is the settings of a disk that is going to be full.
type Forecast struct {
	Enabled *bool           `yaml:"enabled"`
	Within  *model.Duration `yaml:"within"` // how soon
	For     *model.Duration `yaml:"for"`
}

// How long ago a kill or a boot is still told of.
const (
	defaultOOMWithin    = 30 * time.Minute
	defaultRebootWithin = 15 * time.Minute
)

func defaultLoad() Saturation   { return thresholds(2, 1.5, 15*time.Minute) }
func defaultDiskIO() Saturation { return thresholds(10, 5, 30*time.Minute) }

// check tells what is wrong with the catalogue's settings.
func (h *HostCatalogue) check() []invalid.Field {
	wrong := append(h.Load.check("load", defaultLoad()), h.DiskIO.check("disk_io", defaultDiskIO())...)
	wrong = append(wrong, h.Inodes.check("inodes")...)
	wrong = append(wrong, idle("load", h.Load.Enabled, Saturation(h.Load).given())...)
	wrong = append(wrong, idle("disk_io", h.DiskIO.Enabled, Saturation(h.DiskIO).given())...)
	for _, s := range []struct {
		path string
		Saturation
	}{
		{"swap", h.Swap},
		{"memory_pressure", h.MemoryPressure},
		{"io_pressure", h.IOPressure},
		{"cpu_pressure", h.CPUPressure},
		{"network_errors", h.NetworkErrors},
	} {
		wrong = append(wrong, s.check(s.path)...)
		wrong = append(wrong, idle(s.path, s.Enabled, s.given())...)
	}
	for _, s := range []struct {
		path string
		Switch
	}{{"clock", h.Clock}, {"systemd", h.Systemd}, {"target_down", h.TargetDown}} {
		wrong = append(wrong, idle(s.path, s.Enabled, s.For != nil)...)
	}
	wrong = append(wrong, checkWithin("oom", h.OOM.Within)...)
	wrong = append(wrong, checkWithin("reboot", h.Reboot.Within)...)
	wrong = append(wrong, idle("reboot", h.Reboot.Enabled, h.Reboot.Within != nil)...)
	wrong = append(wrong, checkWithin("disk_fill", h.DiskFill.Within)...)
	return append(wrong, idle("disk_fill", h.DiskFill.Enabled, h.DiskFill.Within != nil || h.DiskFill.For != nil)...)
}

// catalogue returns the rules of the host beyond CPU, memory and disk.
func (r *Resources) catalogue() []*Rule {
	all := append(r.pressure(), r.storage()...)
	all = append(all, r.machine()...)
	for i := range all {
		all[i].kind = "resources"
		if all[i].severity == "" {
			all[i].severity = warning
		}
	}
	return compileConditions(all, r.Labels)
}

// pressure: of CPU, memory and disks, by what waits for them. All is off by
// default: high load, a used swap and some waiting are how a busy host looks,
// and HostHighCPU and HostHighMemory tell of most that matters.
// Load is of the node mixin (NodeSystemSaturation), swap of
// awesome-prometheus-alerts; pressure is the kernel's (Documentation/accounting/psi.rst).
func (r *Resources) pressure() []condition {
	stalled := func(metric string) string {
		return fmt.Sprintf("100 * rate(%s[5m])", r.metric(metric, ""))
	}
	load := Saturation(r.Load).withDefaults(defaultLoad())
	return []condition{
		condition{
			name: "HostHighLoad", on: chosen(r.Load.Enabled, false),
			summary: "Load of {{ $labels.instance }} is high",
			detail:  "For each core several tasks run or wait, for CPU or for disks. Look at top and vmstat 1: r counts those that wait for CPU, b those for disks.",
		}.over(fmt.Sprintf("%s / count without (cpu, mode) (%s)", r.metric("node_load1", ""), r.metric("node_cpu_seconds_total", `mode="idle"`)), load, "per core"),
		condition{
			name: "HostSwapFull", on: chosen(r.Swap.Enabled, false),
			summary: "Swap of {{ $labels.instance }} is nearly used up",
			detail:  "What no longer fits into memory has nowhere to go; the next step is the OOM killer. Look for the process with top, sorted by swap.",
		}.over(fmt.Sprintf("100 * (1 - %s / (%s > 0))", r.metric("node_memory_SwapFree_bytes", ""), r.metric("node_memory_SwapTotal_bytes", "")),
			r.Swap.withDefaults(thresholds(80, 70, 10*time.Minute)), "%"),
		condition{
			name: "HostMemoryPressure", on: chosen(r.MemoryPressure.Enabled, false),
			summary: "{{ $labels.instance }} stands still for want of memory",
			detail:  "In this share of the time every task that had work waited for memory: the host is thrashing. Look for the process with top.",
		}.over(stalled("node_pressure_memory_stalled_seconds_total"), r.MemoryPressure.withDefaults(thresholds(5, 1, 5*time.Minute)), "%"),
		condition{
			name: "HostIOPressure", on: chosen(r.IOPressure.Enabled, false),
			summary: "{{ $labels.instance }} stands still for its disks",
			detail:  "In this share of the time every task that had work waited for a disk. Look at iostat -x 1 and iotop.",
		}.over(stalled("node_pressure_io_stalled_seconds_total"), r.IOPressure.withDefaults(thresholds(30, 10, 10*time.Minute)), "%"),
		condition{
			name: "HostCPUPressure", on: chosen(r.CPUPressure.Enabled, false),
			summary: "Tasks of {{ $labels.instance }} wait for CPU",
			detail:  "In this share of the time at least one task was ready to run and found no core. Look for the process with top.",
		}.over(stalled("node_pressure_cpu_waiting_seconds_total"), r.CPUPressure.withDefaults(thresholds(20, 10, 15*time.Minute)), "%"),
	}
}
