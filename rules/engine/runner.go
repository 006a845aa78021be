package engine

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// runner evaluates one group: one evaluation at a time, at its slots.
type runner struct {
	engine *Engine
	group  rules.Group
	logger *slog.Logger

	questions, facts, evidence *asker

	// alerts has the active alerts by rule id. Only the runner's loop uses it
	// while the loop runs.
	alerts map[string][]alert.Alert
	// fired has what is to be known for flapping, by rule id; only the runner of
	// a rule uses its entry.
	fired map[string]rules.Fired
	// backlog is what could not be committed; it goes with the next commit.
	backlog *alert.Evaluation
	// later annotates alerts of the evaluation under way, while it is written.
	later []func(upserts []alert.Alert)
	// unwritten has the ids of the alerts whose value or annotations may be other
	// than in the store; refreshed the rules whose alerts have annotations of this
	// configuration.
	unwritten, refreshed map[string]bool

	clock   Reading       // at the last evaluation
	settled time.Duration // when there are samples of the new time, by the clock that nobody sets

	mu       sync.Mutex
	status   GroupStatus
	unstored []alert.Alert // what the backlog has of alerts
}

func newRunner(e *Engine, g rules.Group) *runner {
	r := &runner{
		engine: e, group: g, alerts: map[string][]alert.Alert{}, unwritten: map[string]bool{}, refreshed: map[string]bool{},
		logger: e.o.Logger.With("group", g.Name),
	}
	r.questions, r.facts, r.evidence = newAsker(e, g.Name, r.logger), newAsker(e, g.Name, r.logger), newAsker(e, g.Name, r.logger)
	r.status = GroupStatus{Name: g.Name, Interval: g.Interval, Since: time.Now()}
	r.clock = e.o.Clock()
	for _, rule := range g.Rules {
		r.status.Rules = append(r.status.Rules, RuleStatus{ID: rule.ID, Name: rule.Name, Job: rule.Job, Recording: rule.Record != ""})
	}
	return r
}

// loop evaluates at once, then at every slot until ctx ends. Slots that an
// evaluation overran are skipped and counted, never queued.
func (r *runner) loop(ctx context.Context, firstDone func()) {
	r.evaluate(ctx, time.Now())
	firstDone()
	slot := r.slotAfter(time.Now())
	timer := time.NewTimer(r.wait(slot))
	defer timer.Stop()
	var lookNow <-chan struct{}
	if r.group.Name == ownGroup {
		lookNow = r.engine.lookNow
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-lookNow:
			r.evaluate(ctx, time.Now())
			continue
		case <-timer.C:
		}
		if r.reclock() {
			slot = time.Now() // the one that was waited for is of the old time
		}
		if time.Until(slot) > r.group.Interval { // the clock was set back by a little
			slot = r.slotAfter(time.Now())
			timer.Reset(r.wait(slot))
			continue
		}
		if !r.settles() {
			r.evaluate(ctx, slot)
		}
		next := r.slotAfter(time.Now())
		if missed := next.Sub(slot)/r.group.Interval - 1; missed > 0 {
			r.engine.metrics.missed.WithLabelValues(r.group.Name).Add(float64(missed))
			r.logger.Warn("The evaluation took longer than its interval; slots were skipped", "slots", int64(missed))
		}
		slot = next
		timer.Reset(r.wait(slot))
	}
}

// wait returns how long it is until the slot, an interval at most: the clock may
// be set back between the two looks at it.
func (r *runner) wait(slot time.Time) time.Duration {
	return min(time.Until(slot), r.group.Interval)
}

// slotAfter returns the group's first slot after t: its own offset into the
// interval spreads groups over time, and is the same after a restart.
func (r *runner) slotAfter(t time.Time) time.Time {
	h := fnv.New64a()
	h.Write([]byte(r.group.Name))
	interval := r.group.Interval.Nanoseconds()
	offset := int64(h.Sum64() % uint64(interval))
	now := t.UnixNano() - offset
	return time.Unix(0, now-now%interval+interval+offset)
}
