package rules

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
)

// Resources is the `resources` section: the host's saturation. It is on unless
// turned off.
type Resources struct {
	Enabled  *bool             `yaml:"enabled"`
	Selector string            `yaml:"selector"` // more label matchers, such as instance="db-1"
	CPU      Saturation        `yaml:"cpu"`
	Memory   Saturation        `yaml:"memory"`
	Disk     DiskSaturation    `yaml:"disk"`
	Labels   map[string]string `yaml:"labels"`
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

func percentFor(fire, clear float64, wait time.Duration) Saturation {
	d := model.Duration(wait)
	return Saturation{Fire: fire, Clear: clear, For: &d}
}

// Check tells what is wrong with the section.
func (r *Resources) Check() []invalid.Field {
	wrong := checkSelector("selector", r.Selector)
	wrong = append(wrong, r.CPU.check("cpu")...)
	wrong = append(wrong, r.Memory.check("memory")...)
	return append(wrong, r.Disk.check("disk")...)
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
	sel := func(name, more string) string {
		matchers := more
		if r.Selector != "" {
			matchers = strings.TrimPrefix(more+", "+r.Selector, ", ")
		}
		return selector(matchers, name)
	}
	diskMatchers := fmt.Sprintf("fstype!~%q", "("+pseudoFilesystems+")")
	if len(r.Disk.Mountpoints) > 0 {
		quoted := make([]string, len(r.Disk.Mountpoints))
		for i, m := range r.Disk.Mountpoints {
			quoted[i] = regexp.QuoteMeta(m)
		}
		diskMatchers += fmt.Sprintf(", mountpoint=~%q", strings.Join(quoted, "|"))
	}
	size, avail := sel("node_filesystem_size_bytes", diskMatchers), sel("node_filesystem_avail_bytes", diskMatchers)
	resources := []saturationRule{
		{
			kind: "resources", name: "HostHighCPU", settings: r.CPU.withDefaults(percentFor(90, 80, 10*time.Minute)),
			percent: fmt.Sprintf("100 * sum without (mode) (avg without (cpu) (rate(%s[5m])))", sel("node_cpu_seconds_total", `mode!~"idle|iowait"`)),
			summary: "CPU of {{ $labels.instance }} is saturated",
			detail:  "All cores together have been busy for too long. Look for the process with top, or for the container on the containers dashboard.",
		},
		{
			kind: "resources", name: "HostHighMemory", settings: r.Memory.withDefaults(percentFor(90, 85, 5*time.Minute)),
			percent: fmt.Sprintf("100 * (1 - %s / %s)", sel("node_memory_MemAvailable_bytes", ""), sel("node_memory_MemTotal_bytes", "")),
			summary: "Memory of {{ $labels.instance }} is nearly used up",
			detail:  "The kernel counts almost nothing as available; the next step is swapping or the OOM killer.",
		},
		{
			kind: "resources", name: "HostDiskFull", settings: r.Disk.withDefaults(percentFor(90, 85, 5*time.Minute)),
			percent: fmt.Sprintf("100 * (1 - %s / (%s > 0)) unless %s == 1", avail, size, sel("node_filesystem_readonly", diskMatchers)),
			summary: "Disk {{ $labels.mountpoint }} of {{ $labels.instance }} is nearly full",
			detail:  "Little space is left on {{ $labels.device }}. Look for what grew with du -xh {{ $labels.mountpoint }} | sort -h | tail.",
		},
	}
	return compileSaturation(resources, r.Labels)
}

// saturationRule is a share in percent held against two thresholds.
type saturationRule struct {
	kind, name      string
	settings        Saturation
	percent         string // PromQL
	summary, detail string
}

func compileSaturation(all []saturationRule, labels map[string]string) []*Rule {
	var rs []*Rule
	for _, s := range all {
		if !enabled(s.settings.Enabled) {
			continue
		}
		bears := map[string]string{"severity": warning}
		maps.Copy(bears, labels)
		clearAt := s.settings.Clear
		rs = append(rs, &Rule{
			ID: s.kind + "/" + s.name, Name: s.name,
			Expr:        Fixed(fmt.Sprintf("(%s) > %g", s.percent, s.settings.Fire)),
			Evidence:    Fixed(s.percent),
			Clear:       func(v float64) bool { return v <= clearAt },
			For:         time.Duration(*s.settings.For),
			OnMissing:   Keep,
			Unit:        "%",
			Threshold:   fmt.Sprintf("> %g %%", s.settings.Fire),
			Labels:      templates(bears, nil),
			Annotations: templates(map[string]string{"summary": s.summary, "description": s.detail}, nil),
		})
	}
	return rs
}
