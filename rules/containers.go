package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/alert"
	"alertd/internal/invalid"
)

// Containers is the `containers` section: saturation of the containers that
// cAdvisor sees, and containers that must be there.
type Containers struct {
	Enabled            *bool      `yaml:"enabled"`
	Selector           string     `yaml:"selector"`
	OnMissing          OnMissing  `yaml:"on_missing"` // keep when unset
	CPU                Saturation `yaml:"cpu"`        // percent of its limit, or of the host without one
	Memory             Saturation `yaml:"memory"`     // likewise
	ContainerCatalogue `yaml:",inline"`
	Expect             []string          `yaml:"expect"` // names of containers that must be running
	GoneFor            *model.Duration   `yaml:"gone_for"`
	Labels             map[string]string `yaml:"labels"`
}

// seenWithin is how long ago cAdvisor may have seen a container that counts as
// running; some versions go on reporting a stopped one for minutes.
const seenWithin = 90 * time.Second

// Check tells what is wrong with the section.
func (c *Containers) Check() []invalid.Field {
	wrong := append(checkSelector("selector", c.Selector), c.OnMissing.Check("on_missing")...)
	wrong = append(wrong, c.CPU.check("cpu")...)
	wrong = append(wrong, c.Memory.check("memory")...)
	wrong = append(wrong, c.check()...)
	seen := map[string]bool{}
	for i, name := range c.Expect {
		switch {
		case name == "":
			wrong = append(wrong, invalid.Field{Path: fmt.Sprintf("expect[%d]", i), Problem: "an empty container name", Mend: "write the name that docker ps shows"})
		case seen[name]:
			wrong = append(wrong, invalid.Field{Path: fmt.Sprintf("expect[%d]", i), Problem: fmt.Sprintf("%s is named twice", name), Mend: "remove one"})
		}
		seen[name] = true
	}
	return wrong
}

func (c *Containers) compile(missingFor time.Duration) []*Rule {
	if !enabled(c.Enabled) {
		return nil
	}
	sel := func(metric string) string { return selector(c.matchers(`name!=""`), metric) }
	// A container without a limit is held against its host.
	cores := fmt.Sprintf(`sum by (instance, name) (%s) / sum by (instance, name) (%s > 0)`,
		sel("container_spec_cpu_quota"), sel("container_spec_cpu_period"))
	limit := fmt.Sprintf(`max by (instance, name) (%s > 0 < 1e15)`, sel("container_spec_memory_limit_bytes"))
	usedCPU := fmt.Sprintf("sum by (instance, name) (rate(%s[5m]))", sel("container_cpu_usage_seconds_total"))
	usedMemory := fmt.Sprintf("max by (instance, name) (%s)", sel("container_memory_working_set_bytes"))
	rs := compileSaturation([]saturationRule{
		{
			kind: "containers", name: "ContainerHighCPU", settings: c.CPU.withDefaults(thresholds(90, 80, 10*time.Minute)),
			percent: ofLimit(usedCPU, cores, "machine_cpu_cores"),
			summary: "Container {{ $labels.name }} uses all its CPU",
			detail:  "It has been at its CPU limit (or, without one, at the host's) for too long, and is being slowed down.",
		},
		{
			kind: "containers", name: "ContainerHighMemory", settings: c.Memory.withDefaults(thresholds(90, 85, 5*time.Minute)),
			percent: ofLimit(usedMemory, limit, "machine_memory_bytes"),
			summary: "Container {{ $labels.name }} is near its memory limit",
			detail:  "Its working set is close to its memory limit (or, without one, to the host's memory); beyond it the kernel kills it.",
		},
	}, c.Labels)
	rs = append(rs, c.catalogue()...)
	for _, name := range c.Expect {
		rs = append(rs, c.gone(name))
	}
	rs = c.OnMissing.apply(rs)
	if len(c.Expect) > 0 {
		rs = append(rs, c.noData(missingFor))
	}
	return rs
}

func (c *Containers) matchers(own string) string {
	return strings.TrimSuffix(own+", "+c.Selector, ", ")
}

// ofLimit is used in percent of limit, or of the host where there is no limit.
func ofLimit(used, limit, host string) string {
	return fmt.Sprintf("100 * (%s) / ((%s) or (0 * (%s) + on (instance) group_left () max by (instance) (%s)))", used, limit, used, host)
}

// gone: a named container is not running, while cAdvisor is.
func (c *Containers) gone(name string) *Rule {
	running := fmt.Sprintf("group(%s > time() - %d)",
		selector(c.matchers(fmt.Sprintf("name=%q", name)), "container_last_seen"), int64(seenWithin.Seconds()))
	wait := time.Minute
	if c.GoneFor != nil {
		wait = time.Duration(*c.GoneFor)
	}
	labels := map[string]string{"severity": critical, "name": name}
	return &Rule{
		ID: "containers/ContainerGone/" + name, Name: "ContainerGone",
		Expr:     Fixed(fmt.Sprintf("absent(%s) and on () group(%s)", running, selector(c.Selector, "container_last_seen"))),
		Evidence: Fixed(running), For: wait, OnMissing: Keep, Unit: alert.Presence,
		Labels: templates(labels, c.Labels),
		Annotations: templates(map[string]string{
			"summary":     fmt.Sprintf("Container %s is gone", name),
			"description": fmt.Sprintf("cAdvisor sees other containers but not %s. Look with docker ps -a and docker logs %s.", name, name),
		}, nil),
	}
}

func (c *Containers) noData(missingFor time.Duration) *Rule {
	seen := selector(c.Selector, "container_last_seen")
	here, gone := vanished(seen)
	// Containers are expected, so a cAdvisor that was never there is missing too.
	never := fmt.Sprintf("group(absent(%s)) unless on () group(last_over_time(%s[1h]))", seen, seen)
	return &Rule{
		ID: "containers/NoData", Name: "NoData",
		Expr: Fixed(fmt.Sprintf("(%s) or (%s)", gone, never)), Evidence: Fixed(fmt.Sprintf("%s or group(%s)", here, seen)), For: missingFor, OnMissing: Keep, Unit: alert.Presence,
		Labels: templates(map[string]string{"severity": warning, "source": "cadvisor"}, nil),
		Annotations: templates(map[string]string{
			"summary":     "No data from cAdvisor{{ with $labels.instance }} at {{ . }}{{ end }}",
			"description": "Prometheus has no container metrics from it now: cAdvisor is down, or is not scraped. Alerts about containers stay as they were until data returns.",
		}, nil),
	}
}
