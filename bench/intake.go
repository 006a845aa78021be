package main

import (
	"fmt"
	"slices"
	"time"
)

// largestMessage is how many alerts alertd puts into one message at most.
const largestMessage = 10_000

// intake measures how fast posted alerts are taken and told, and the memory that
// takes. alertd's answers are durable, Alertmanager's are not.
func (p *pipeline) intake(what, by, wait, budget string) error {
	all, err := p.subjects(routing{by: by, wait: wait, interval: "5m"})
	if err != nil {
		return err
	}
	bodies := batches(0, p.alerts, false)
	rates, peaks := make([]float64, len(all)), make([]float64, len(all))
	for i, s := range all {
		if _, err := s.begin(); err != nil {
			return err
		}
		p.hearer.reset(false)
		took, err := s.post(bodies)
		if err != nil {
			return err
		}
		cpu := s.cpu()
		rss, _, err := s.resident()
		if err != nil {
			return err
		}
		posted := time.Now()
		told := p.alerts
		if by == "alertname" {
			told = min(told, largestMessage)
		}
		last, err := p.quiet(told, 5*time.Minute)
		if err != nil {
			return err
		}
		if _, peaks[i], err = s.resident(); err != nil {
			return err
		}
		rates[i] = float64(p.alerts) / took.Seconds()
		fmt.Printf("%d alerts %-16s %-13s %8.0f alerts/s   (CPU %.1f s, RSS %.0f MB; all told %.1f s later, RSS %.0f MB at most, CPU %.1f s)\n",
			p.alerts, what+",", s.name, rates[i], cpu, rss, last.Sub(posted).Seconds(), peaks[i], s.cpu())
		s.stop(s.cmd)
	}
	fmt.Printf("%d alerts %-16s alertd is %.2f times Alertmanager, with %.2f times its RSS   (%s)\n", p.alerts, what+",", rates[1]/rates[0], peaks[1]/peaks[0], budget)
	return nil
}

// read measures GET /api/v2/alerts of all of them.
func (p *pipeline) read() error {
	all, err := p.subjects(routing{by: "alertname", wait: "30s", interval: "5m"})
	if err != nil {
		return err
	}
	bodies := batches(0, p.alerts, false)
	medians := make([]float64, len(all))
	for i, s := range all {
		if _, err := s.begin(); err != nil {
			return err
		}
		p.hearer.reset(false)
		if _, err := s.post(bodies); err != nil {
			return err
		}
		if err := p.wait(40 * time.Second); err != nil { // until its flush is over
			return err
		}
		before := s.cpu()
		const times = 7
		took := make([]float64, times)
		var size int64
		for k := range took {
			var once time.Duration
			if once, size, err = s.read(); err != nil {
				return err
			}
			took[k] = once.Seconds()
		}
		slices.Sort(took)
		medians[i] = took[len(took)/2]
		_, peak, err := s.resident()
		if err != nil {
			return err
		}
		fmt.Printf("GET of %d alerts, %-13s %8.2f s   (%.2f to %.2f, CPU %.2f s, %.0f MB, RSS %.0f MB at most)\n",
			p.alerts, s.name, medians[i], took[0], took[len(took)-1], (s.cpu()-before)/times, float64(size)/1e6, peak)
		s.stop(s.cmd)
	}
	fmt.Printf("GET of %d alerts, alertd takes %.2f times Alertmanager's time   (budget 1)\n", p.alerts, medians[1]/medians[0])
	return nil
}
