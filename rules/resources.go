package rules

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
)

// Resources is the `resources` section: the host's saturation. It is on unless
// turned off.
type Resources struct {
	Enabled       *bool          `yaml:"enabled"`
	Selector      string         `yaml:"selector"`   // more label matchers, such as instance="db-1"
	OnMissing     OnMissing      `yaml:"on_missing"` // keep when unset
	CPU           Saturation     `yaml:"cpu"`
	Memory        Saturation     `yaml:"memory"`
	Disk          DiskSaturation `yaml:"disk"`
	HostCatalogue `yaml:",inline"`
	Labels        map[string]string `yaml:"labels"`
}

// Saturation is when a share, in percent, is too high and when it is well again.
type Saturation struct {
	Enabled *bool           `yaml:"enabled"`
	Fire    float64         `yaml:"fire"`  // percent
	Clear   float64         `yaml:"clear"` // percent; what lies between keeps the alert as it is
	For     *model.Duration `yaml:"for"`
}

// DiskSaturation is Saturation of file systems.
type DiskSaturation struct {
	Saturation  `yaml:",inline"`
	Mountpoints []string `yaml:"mountpoints"` // all when empty
}

// pseudoFilesystems hold no data of their own, or are full by nature.
const pseudoFilesystems = "|autofs|binfmt_misc|cgroup2?|configfs|debugfs|devpts|devtmpfs|fuse.lxcfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|pstore|ramfs|rpc_pipefs|securityfs|squashfs|sysfs|tmpfs|tracefs"

func enabled(flag *bool) bool { return flag == nil || *flag }
func (r *Resources) on() bool { return enabled(r.Enabled) }
func (s Saturation) withDefaults(d Saturation) Saturation {
	if s.Fire == 0 {
		s.Fire = d.Fire
		if s.Clear == 0 {
			s.Clear = d.Clear
		}
	}
	if s.Clear == 0 {
		s.Clear = s.Fire
	}
	if s.For == nil {
		s.For = d.For
	}
	return s
}

func thresholds(fire, clear float64, wait time.Duration) Saturation {
	d := model.Duration(wait)
	return Saturation{Fire: fire, Clear: clear, For: &d}
}

// Check tells what is wrong with the section.
func (r *Resources) Check() []invalid.Field {
	wrong := append(checkSelector("selector", r.Selector), r.OnMissing.Check("on_missing")...)
	wrong = append(wrong, r.CPU.check("cpu")...)
	wrong = append(wrong, r.Memory.check("memory")...)
	wrong = append(wrong, r.Disk.check("disk")...)
	return append(wrong, r.check()...)
}

func (s Saturation) check(path string) []invalid.Field {
	var wrong []invalid.Field
	for _, v := range []struct {
		name  string
		value float64
	}{{"fire", s.Fire}, {"clear", s.Clear}} {
		if v.value < 0 || v.value > 100 {
			wrong = append(wrong, invalid.Field{
				Path:    path + "." + v.name,
				Problem: fmt.Sprintf("%g is not a percentage", v.value), Mend: "use a number from 0 to 100",
			})
		}
	}
	if s.Fire != 0 && s.Clear > s.Fire {
		wrong = append(wrong, invalid.Field{
			Path:    path + ".clear",
			Problem: fmt.Sprintf("clear (%g) is above fire (%g)", s.Clear, s.Fire), Mend: "set clear to a value at or below fire",
		})
	}
	return wrong
}

func (r *Resources) compile() []*Rule {
	if !r.on() {
		return nil
	}
	diskMatchers := r.Disk.matchers()
	size, avail := r.metric("node_filesystem_size_bytes", diskMatchers), r.metric("node_filesystem_avail_bytes", diskMatchers)
	resources := []saturationRule{
		{
			kind: "resources", name: "HostHighCPU", settings: r.CPU.withDefaults(thresholds(90, 80, 10*time.Minute)),
			percent: fmt.Sprintf("100 * sum without (mode) (avg without (cpu) (rate(%s[5m])))", r.metric("node_cpu_seconds_total", `mode!~"idle|iowait"`)),
			summary: "CPU of {{ $labels.instance }} is saturated",
			detail:  "All cores together have been busy for too long. Look for the process with top, or for the container on the containers dashboard.",
		},
		{
			kind: "resources", name: "HostHighMemory", settings: r.Memory.withDefaults(thresholds(90, 85, 5*time.Minute)),
			percent: fmt.Sprintf("100 * (1 - %s / %s)", r.metric("node_memory_MemAvailable_bytes", ""), r.metric("node_memory_MemTotal_bytes", "")),
			summary: "Memory of {{ $labels.instance }} is nearly used up",
			detail:  "The kernel counts almost nothing as available; the next step is swapping or the OOM killer.",
		},
		{
			kind: "resources", name: "HostDiskFull", settings: r.Disk.withDefaults(thresholds(90, 85, 5*time.Minute)),
			percent: fmt.Sprintf("100 * (1 - %s / (%s > 0)) unless %s == 1", avail, size, r.metric("node_filesystem_readonly", diskMatchers)),
			summary: "Disk {{ $labels.mountpoint }} of {{ $labels.instance }} is nearly full",
			detail:  "Little space is left on {{ $labels.device }}. Look for what grew with du -xh {{ $labels.mountpoint }} | sort -h | tail.",
		},
	}
	return r.OnMissing.apply(append(compileSaturation(resources, r.Labels), r.catalogue()...))
}

// metric is the selector of one of the host's metrics; more is matchers that
// it has besides the section's.
func (r *Resources) metric(name, more string) string {
	matchers := more
	if r.Selector != "" {
		matchers = strings.TrimPrefix(more+", "+r.Selector, ", ")
	}
	return selector(matchers, name)
}

// matchers selects the file systems that count.
func (d *DiskSaturation) matchers() string {
	all := fmt.Sprintf("fstype!~%q", "("+pseudoFilesystems+")")
	if len(d.Mountpoints) == 0 {
		return all
	}
	quoted := make([]string, len(d.Mountpoints))
	for i, m := range d.Mountpoints {
		quoted[i] = regexp.QuoteMeta(m)
	}
	return all + fmt.Sprintf(", mountpoint=~%q", strings.Join(quoted, "|"))
}

// saturationRule is a share in percent held against two thresholds.
type saturationRule struct {
	kind, name      string
	settings        Saturation
	percent         string // PromQL
	summary, detail string
}

func compileSaturation(all []saturationRule, labels map[string]string) []*Rule {
	conditions := make([]condition, len(all))
	for i, s := range all {
		conditions[i] = condition{
			kind: s.kind, name: s.name, on: enabled(s.settings.Enabled), severity: warning,
			summary: s.summary, detail: s.detail,
		}.over(s.percent, s.settings, "%")
	}
	return compileConditions(conditions, labels)
}
