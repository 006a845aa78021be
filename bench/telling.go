package main

import (
	"fmt"
	"slices"
	"time"
)

// restart measures the start with all alerts known, after a kill, and counts the
// messages that it repeats.
func (p *pipeline) restart() error {
	s, err := p.alertdSubject(routing{by: "rack", wait: "1s", interval: "5m"}, p.hearer.address)
	if err != nil {
		return err
	}
	if err := p.fill(s); err != nil {
		return err
	}
	if err := p.drained(s, 2*time.Minute); err != nil {
		return err
	}
	s.kill()
	p.hearer.reset(false)
	took, err := s.begin()
	if err != nil {
		return err
	}
	cpu := s.cpu()
	first, size, err := s.read()
	if err != nil {
		return err
	}
	if err := p.wait(20 * time.Second); err != nil {
		return err
	}
	rss, peak, err := s.resident()
	if err != nil {
		return err
	}
	repeated, _, _, _ := p.hearer.counts()
	fmt.Printf("restart with %d alerts         %8.2f s until ready, CPU %.1f s   (budget 3 s; first GET %.2f s, %.0f MB)\n", p.alerts, took.Seconds(), cpu, first.Seconds(), float64(size)/1e6)
	fmt.Printf("restart with %d alerts         %8d messages repeated   (budget 0; CPU after 20 s %.1f s, RSS %.0f MB, %.0f MB at most)\n", p.alerts, repeated, s.cpu(), rss, peak)
	return nil
}

// fill starts the subject, posts all alerts and waits until they are told.
func (p *pipeline) fill(s *subject) error {
	if _, err := s.begin(); err != nil {
		return err
	}
	if _, err := s.post(batches(0, p.alerts, false)); err != nil {
		return err
	}
	_, err := p.quiet(p.alerts, 5*time.Minute)
	return err
}

// change measures how long after it was taken a single change is told, among all
// the alerts, ten to a group.
func (p *pipeline) change() error {
	s, err := p.alertdSubject(routing{by: "rack", wait: "0s", interval: "1ms"}, p.hearer.address)
	if err != nil {
		return err
	}
	if err := p.fill(s); err != nil {
		return err
	}
	for _, ended := range []bool{false, true} {
		const times = 40
		took, posting := make([]float64, times), make([]float64, times)
		for i := range times {
			if took[i], posting[i], err = p.changeOne(s, p.alerts+i*7, ended); err != nil {
				return err
			}
		}
		slices.Sort(took)
		slices.Sort(posting)
		what := map[bool]string{false: "begins", true: "ends"}[ended]
		fmt.Printf("one of %d alerts %-7s told after %4.0f ms (median; %.0f to %.0f), taken in %.0f ms   (budget 100 ms from taken to told)\n",
			p.alerts, what+",", took[times/2], took[0], took[times-1], posting[times/2])
	}
	return nil
}

// changeOne posts one alert and returns how long it then took until it was told,
// and how long posting it took, in milliseconds.
func (p *pipeline) changeOne(s *subject, host int, ended bool) (told, posting float64, err error) {
	status := map[bool]string{false: "firing", true: "resolved"}[ended]
	p.hearer.await(fmt.Sprintf("host-%06d %s", host, status))
	took, err := s.post(batches(host, 1, ended))
	if err != nil {
		return 0, 0, err
	}
	taken := time.Now()
	select {
	case <-p.ctx.Done():
		return 0, 0, p.ctx.Err()
	case <-time.After(time.Minute):
		return 0, 0, fmt.Errorf("%s did not tell that one alert is %s within a minute", s.name, status)
	case <-p.hearer.heard:
	}
	told = float64(time.Since(taken).Microseconds()) / 1000
	return told, float64(took.Microseconds()) / 1000, p.wait(20 * time.Millisecond)
}

// deliveries measures how soon a receiver that was away is told after its
// return, and how fast ten thousand messages reach it.
func (p *pipeline) deliveries() error {
	const n = 10_000
	s, err := p.alertdSubject(routing{by: "'...'", wait: "0s", interval: "5m"}, p.hearer.address)
	if err != nil {
		return err
	}
	p.hearer.reset(true)
	if _, err := s.begin(); err != nil {
		return err
	}
	if _, err := s.post(batches(0, n, false)); err != nil {
		return err
	}
	if err := p.wait(p.away); err != nil {
		return err
	}
	p.hearer.reset(false)
	returned, before := time.Now(), s.cpu()
	if _, err := p.quiet(n, 5*time.Minute); err != nil {
		return err
	}
	messages, _, first, last := p.hearer.counts()
	if err := p.drained(s, time.Minute); err != nil {
		return err
	}
	_, peak, err := s.resident()
	if err != nil {
		return err
	}
	fmt.Printf("receiver back after %-10s %8.1f s until it is told   (budget 15 s)\n", p.away, first.Sub(returned).Seconds())
	fmt.Printf("%d deliveries              %8.0f a second, each committed   (budget 1000; %d messages, CPU %.1f s, RSS %.0f MB at most)\n",
		n, n/last.Sub(first).Seconds(), messages, s.cpu()-before, peak)
	return nil
}

// drained waits until alertd's queue is empty: every outcome is committed.
func (p *pipeline) drained(s *subject, patience time.Duration) error {
	c := &cost{bench: p.bench}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		due, err := c.metric(s.address, "alertd_delivery_queue_depth", "")
		if err != nil || due == 0 { // an empty queue has no metric
			return nil
		}
		if err := p.wait(100 * time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("deliveries are due after %s", patience)
}
