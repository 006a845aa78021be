package rules

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
)

// ContainerCatalogue is the part of the `containers` section beyond CPU, memory
// and presence.
type ContainerCatalogue struct {
	Throttling Saturation `yaml:"throttling"`
	Restarts   Repeats    `yaml:"restarts"`
	Health     Switch     `yaml:"health"`
}

// Repeats is the settings of what may happen now and then, but not often.
type Repeats struct {
	Enabled *bool           `yaml:"enabled"`
	Fire    float64         `yaml:"fire"` // more than so many
	Within  *model.Duration `yaml:"within"`
}

// How often a container may restart, and in how long.
const (
	defaultRestarts       = 2
	defaultRestartsWithin = 15 * time.Minute
)

// check tells what is wrong with the catalogue's settings.
func (c *ContainerCatalogue) check() []invalid.Field {
	wrong := append(c.Throttling.check("throttling"), idle("throttling", c.Throttling.Enabled, c.Throttling.given())...)
	wrong = append(wrong, Level{Fire: c.Restarts.Fire}.check("restarts", thresholds(defaultRestarts, 0, 0))...)
	return append(wrong, checkWithin("restarts", c.Restarts.Within)...)
}

// catalogue returns the rules of containers beyond CPU, memory and presence.
func (c *Containers) catalogue() []*Rule {
	byName := func(how, format, metric string) string {
		return fmt.Sprintf("%s by (instance, name) ("+format+")", how, selector(c.matchers(`name!=""`), metric))
	}
	throttled := byName("sum", "rate(%s[5m])", "container_cpu_cfs_throttled_periods_total")
	periods := byName("sum", "rate(%s[5m])", "container_cpu_cfs_periods_total")

	// cAdvisor makes a new series of a container that is started anew, so that
	// changes() of one would see none.
	started := byName("max", "%s", "container_start_time_seconds")
	within, most := orElse(c.Restarts.Within, defaultRestartsWithin), c.Restarts.Fire
	if most == 0 {
		most = defaultRestarts
	}
	restarts := fmt.Sprintf("changes(%s[%s:1m])", started, humanDuration(within))

	health := byName("max", "%s", "container_health_state")
	return compileConditions([]condition{
		// Off: a limit is there to be met, and short bursts meet it all the time.
		condition{
			kind: "containers", name: "ContainerThrottled", on: chosen(c.Throttling.Enabled, false), severity: warning,
			summary: "Container {{ $labels.name }} is slowed down by its CPU limit",
			detail:  "In such a share of the periods in which it ran it used up its quota and had to wait, even if its CPU use looks low on average. Raise the limit, or let it use fewer threads.",
		}.over(
			// An idle container has no periods: 0 of 0 is not throttled.
			fmt.Sprintf("100 * %s / clamp_min(%s, 1e-9)", throttled, periods),
			c.Throttling.withDefaults(thresholds(25, 10, 15*time.Minute)), "%"),
		// On: a container that starts over and over does not do its work.
		{
			kind: "containers", name: "ContainerRestarting", on: chosen(c.Restarts.Enabled, true), severity: critical,
			expr: fmt.Sprintf("%s > %g", restarts, most), evidence: alive(restarts, started),
			clear:     func(v float64) bool { return v < 1 },
			threshold: fmt.Sprintf("> %g restarts within %s", most, humanDuration(within)),
			summary:   "Container {{ $labels.name }} starts over and over",
			detail:    "It ends soon after it was started. Look at docker logs --tail 100 {{ $labels.name }} and docker inspect -f '{{ `{{ .State.ExitCode }} {{ .State.OOMKilled }} {{ .State.Error }}` }}' {{ $labels.name }}.",
		},
		// On: it is the container's own word, and only who has a health check
		// says it. cAdvisor says 0 while it starts, too; hence five minutes.
		{
			kind: "containers", name: "ContainerUnhealthy", on: chosen(c.Health.Enabled, true), severity: critical,
			expr: health + " == 0", evidence: health, wait: orElse(c.Health.For, 5*time.Minute),
			threshold: "1 = healthy, 0 = unhealthy or starting, -1 = no health check",
			summary:   "Container {{ $labels.name }} is unhealthy",
			detail:    "Its own health check fails. Look at docker inspect -f '{{ `{{ json .State.Health }}` }}' {{ $labels.name }} and docker logs --tail 100 {{ $labels.name }}.",
		},
	}, c.Labels)
}
