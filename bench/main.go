// Command bench measures what a user of the binary feels: how soon it works,
// how much memory it takes, and how long after a metric's flip somebody is
// told; what evaluating a thousand rules costs, beside Prometheus's own rules and
// vmalert; and how fast posted alerts are taken and told, beside Alertmanager. The
// peers are real; the figures are printed, not judged.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	idle := flag.Duration("idle", 2*time.Minute, "how long alertd idles before its memory is read")
	rounds := flag.Int("rounds", 2, "how many flips, each way, are timed")
	series := flag.Int("flood", 100_000, "measure one rule with that many series; 0 does not")
	latency := flag.Bool("latency", true, "measure start, flips and memory")
	cost := flag.Bool("cost", true, "measure what evaluating rules costs")
	window := flag.Duration("window", 20*time.Second, "how long each measurement of cost takes")
	repeat := flag.Int("repeat", 3, "how often cost is measured; the median is printed")
	parts := flag.String("pipeline", strings.Join(pipelineParts(), ","), "measure what becomes of posted alerts: which of these; none does not")
	alerts := flag.Int("alerts", 100_000, "how many alerts are posted")
	away := flag.Duration("away", 2*time.Minute, "how long a receiver is away")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *latency {
		err = run(ctx, *idle, *rounds)
	}
	if err == nil && *cost {
		err = measureCost(ctx, *window, *repeat)
	}
	if err == nil && *series > 0 {
		err = measureFlood(ctx, *series)
	}
	if err == nil && *parts != "" {
		err = measurePipeline(ctx, *parts, *alerts, *away)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, idle time.Duration, rounds int) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.startPeers(); err != nil {
		return err
	}
	ready, err := b.startAlertd()
	if err != nil {
		return err
	}
	fmt.Printf("start to first evaluation      %8.0f ms   (budget 1000 ms)\n", float64(ready.Milliseconds()))
	for i := range rounds {
		fired, resolved, err := b.flip()
		if err != nil {
			return err
		}
		fmt.Printf("flip %d to webhook, firing      %8.1f s    (budget: scrape 15 s + evaluation 15 s + 1 s)\n", i+1, fired.Seconds())
		fmt.Printf("flip %d to webhook, resolved    %8.1f s    (budget: the same)\n", i+1, resolved.Seconds())
	}
	if err := b.wait(idle); err != nil {
		return err
	}
	total, anonymous, err := b.memory()
	if err != nil {
		return err
	}
	fmt.Printf("memory after %-8s RSS      %8.1f MB   (budget 30 MB; %.1f MB of it its own, the rest pages of the program file)\n", idle, total, anonymous)
	return nil
}
