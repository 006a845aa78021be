package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// costInterval is how often rules are evaluated while their cost is measured.
const costInterval = 2 * time.Second

// cost measures what evaluating rules costs Prometheus and the evaluator
// together.
type cost struct {
	*bench
	scraped    string    // the address of the fleet
	rules      string    // the rule file
	prometheus *exec.Cmd // its rules are exchanged by reloads
	window     time.Duration
}

// evaluator is who evaluates the rules.
type evaluator struct {
	name  string
	start func() (*exec.Cmd, error) // nil: Prometheus itself
	page  string                    // address of its metrics
	count string                    // the metric of its evaluations
}

// measureCost prints the CPU time of an evaluation for each kind of rules.
func measureCost(ctx context.Context, window time.Duration, repeat int) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	c := &cost{bench: b, rules: filepath.Join(b.dir, "rules.yml"), window: window}
	if c.scraped, err = serveFleet(ctx); err != nil {
		return err
	}
	if err := c.startPrometheus(); err != nil {
		return err
	}
	for _, kind := range []struct {
		name  string
		exprs []string
	}{{"alike", alikeRules(1000)}, {"arbitrary", arbitraryRules(1000)}} {
		medians := map[string]float64{}
		for _, e := range c.evaluators() {
			var costs []float64
			for range repeat {
				once, err := c.measure(e, kind.exprs)
				if err != nil {
					return fmt.Errorf("%s rules, %s: %w", kind.name, e.name, err)
				}
				costs = append(costs, once)
			}
			slices.Sort(costs)
			medians[e.name] = costs[len(costs)/2]
			fmt.Printf("1000 rules, %-10s %-22s %8.1f ms   CPU an evaluation (%.1f to %.1f)\n",
				kind.name+",", e.name, medians[e.name], costs[0], costs[len(costs)-1])
		}
		fmt.Printf("1000 rules, %-10s alertd is %22.2f times native, %.2f times vmalert\n", kind.name+",",
			medians["alertd"]/medians["native"], medians["alertd"]/medians["vmalert"])
	}
	return c.manyRules()
}

func (c *cost) evaluators() []evaluator {
	return []evaluator{
		{name: "native", page: c.bench.prometheus, count: ruleEvaluations},
		{name: "vmalert", start: c.startVMAlert, page: c.node, count: "vmalert_iteration_total"},
		{name: "alertd", start: func() (*exec.Cmd, error) { return c.startEvaluating(costInterval, true) }, page: c.alertd, count: evaluationsOfFleet},
		{name: "alertd, batch: false", start: func() (*exec.Cmd, error) { return c.startEvaluating(costInterval, false) }, page: c.alertd, count: evaluationsOfFleet},
	}
}

const (
	evaluationsOfFleet = "alertd_evaluation_duration_seconds_count"
	ruleEvaluations    = "prometheus_rule_evaluations_total" // counts each rule
)

// measure returns the CPU milliseconds of one evaluation of all the rules, less
// what Prometheus uses anyway.
func (c *cost) measure(e evaluator, exprs []string) (float64, error) {
	if err := writeRules(c.rules, exprs); err != nil {
		return 0, err
	}
	if err := c.reloadPrometheus(false); err != nil {
		return 0, err
	}
	pids := []int{c.prometheus.Process.Pid}
	if err := c.wait(2 * costInterval); err != nil {
		return 0, err
	}
	idle, _, err := c.during(evaluator{}, pids)
	if err != nil {
		return 0, err
	}
	if e.start == nil {
		err = c.reloadPrometheus(true)
	} else {
		var cmd *exec.Cmd
		if cmd, err = e.start(); err == nil {
			defer c.stop(cmd)
			pids = append(pids, cmd.Process.Pid)
		}
	}
	if err != nil {
		return 0, err
	}
	if err := c.wait(4 * costInterval); err != nil { // the first rounds plan, connect and warm up
		return 0, err
	}
	busy, evaluations, err := c.during(e, pids)
	if err != nil {
		return 0, err
	}
	if e.count == ruleEvaluations {
		evaluations /= float64(len(exprs))
	}
	if evaluations < 3 {
		return 0, fmt.Errorf("only %.1f evaluations within %s", evaluations, c.window)
	}
	return (busy - idle).Seconds() * 1000 / evaluations, nil
}

// during returns the CPU time that the processes use in the window, and the
// evaluations in it.
func (c *cost) during(e evaluator, pids []int) (used time.Duration, evaluations float64, err error) {
	look := func() (cpu time.Duration, n float64, err error) {
		if e.count != "" {
			if n, err = c.metric(e.page, e.count, "fleet"); err != nil {
				return 0, 0, err
			}
		}
		cpu, err = cpuTime(pids...)
		return cpu, n, err
	}
	cpu, n, err := look()
	if err != nil {
		return 0, 0, err
	}
	if err := c.wait(c.window); err != nil {
		return 0, 0, err
	}
	used, evaluations, err = look()
	return used - cpu, evaluations - n, err
}
