package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// manyRules evaluates 10,000 rules at alertd's usual interval.
func (c *cost) manyRules() error {
	const interval = 15 * time.Second
	if err := writeRules(c.rules, arbitraryRules(10_000)); err != nil {
		return err
	}
	if err := c.reloadPrometheus(false); err != nil {
		return err
	}
	cmd, err := c.startEvaluating(interval, true)
	if err != nil {
		return err
	}
	defer c.stop(cmd)
	if err := c.wait(4*interval + interval/2); err != nil {
		return err
	}
	evaluations, err := c.metric(c.alertd, evaluationsOfFleet, "fleet")
	if err != nil {
		return err
	}
	took, err := c.metric(c.alertd, "alertd_evaluation_duration_seconds_sum", "fleet")
	if err != nil {
		return err
	}
	missed, err := c.metric(c.alertd, "alertd_evaluation_missed_total", "")
	if err != nil {
		missed = 0 // counted from the first one on
	}
	failed, err := c.metric(c.alertd, "alertd_evaluation_failures_total", "")
	if err != nil {
		failed = 0
	}
	fmt.Printf("10000 rules every %s: %.0f evaluations of %.2f s each, %.0f slots missed, %.0f failures (budget: none)\n",
		interval, evaluations, took/evaluations, missed, failed)
	return nil
}

// metric returns the sum of the metric's samples whose labels hold the text.
func (c *cost) metric(address, name, text string) (float64, error) {
	req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("asking for metrics: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("asking for metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var sum float64
	found := false
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok || !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, " ") || !strings.Contains(rest, text) {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("reading metric %s: %w", name, err)
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("%s has no metric %s of %s", address, name, text)
	}
	return sum, lines.Err()
}
