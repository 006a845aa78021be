package selfcheck

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"alertd/internal/alert"
	"alertd/notifier"
	"alertd/rules/engine"
)

// Channels looks at how telling each integration goes.
type Channels struct {
	Health func() map[string]notifier.Health
	Queue  func(ctx context.Context) ([]alert.QueueDepth, error)
	Limits func() Limits
	Logger *slog.Logger
}

// Checks returns ChannelFailing, QueueTooOld and QueueTooLong.
func (c Channels) Checks() []engine.Check {
	said := newSpoken(c.Logger)
	return []engine.Check{
		{Name: "ChannelFailing", Look: func(_ context.Context, now time.Time) ([]engine.Finding, error) { return c.failing(now, said), nil }},
		{Name: "QueueTooOld", Unit: "s", Look: c.tooOld},
		{Name: "QueueTooLong", For: time.Minute, Unit: "messages", Look: c.tooLong},
	}
}

// Failing tells whether an integration has failed for longer than is tolerable,
// or has lost a message, since its last success.
func (l Limits) Failing(h notifier.Health, now time.Time) bool {
	return h.Lost > 0 || !h.FailingSince.IsZero() && now.Sub(h.FailingSince) >= l.FailingFor
}

// failing returns the integrations that fail. After a start nothing is known of
// one until it was told something.
func (c Channels) failing(now time.Time, said *spoken) []engine.Finding {
	limits := c.Limits()
	all := c.Health()
	var found []engine.Finding
	for _, id := range slices.Sorted(maps.Keys(all)) {
		h := all[id]
		f := engine.Finding{
			Labels: labels("ChannelFailing", "critical", "notifier", alert.IntegrationLabel, id),
			Value:  1,
		}
		switch {
		case limits.Failing(h, now):
			f.Summary = fmt.Sprintf("%s does not take messages", id)
			if h.Lost > 0 {
				f.Summary = fmt.Sprintf("%s lost %s", id, messages(h.Lost))
			}
			f.Description = "Who is told by it hears nothing until it works again. Its last error: " + h.LastError
			said.wrong(id, f.Summary+": "+h.LastError)
		case h.Works():
			said.well(id, "It takes messages again")
			continue
		default:
			f.Unsure = true
		}
		found = append(found, f)
	}
	return found
}

func messages(n int) string {
	if n == 1 {
		return "a message for good"
	}
	return fmt.Sprintf("%d messages for good", n)
}

// queues returns what waits for the integrations of the configuration that do not
// fail: of the others ChannelFailing tells.
func (c Channels) queues(ctx context.Context, now time.Time) ([]alert.QueueDepth, error) {
	depths, err := c.Queue(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what awaits delivery: %w", err)
	}
	limits, health := c.Limits(), c.Health()
	return slices.DeleteFunc(depths, func(d alert.QueueDepth) bool {
		h, configured := health[d.Integration]
		return !configured || limits.Failing(h, now)
	}), nil
}

func (c Channels) tooOld(ctx context.Context, now time.Time) ([]engine.Finding, error) {
	depths, err := c.queues(ctx, now)
	if err != nil {
		return nil, err
	}
	limit := c.Limits().QueueAge
	var found []engine.Finding
	for _, d := range depths {
		if age := now.Sub(d.Oldest); age >= limit {
			found = append(found, engine.Finding{
				Labels:  labels("QueueTooOld", "warning", "notifier", alert.IntegrationLabel, d.Integration),
				Value:   age.Seconds(),
				Summary: fmt.Sprintf("A message to %s has waited for %s", d.Integration, age.Round(time.Second)),
				Description: fmt.Sprintf("%d wait for it, the oldest since %s, and its channel does not fail: it hangs, or its rate limit is too low.",
					d.Due, d.Oldest.UTC().Format(time.RFC3339)),
			})
		}
	}
	return found, nil
}

func (c Channels) tooLong(ctx context.Context, now time.Time) ([]engine.Finding, error) {
	depths, err := c.queues(ctx, now)
	if err != nil {
		return nil, err
	}
	limit := c.Limits().QueueLength
	var found []engine.Finding
	for _, d := range depths {
		if d.Due >= limit {
			found = append(found, engine.Finding{
				Labels:      labels("QueueTooLong", "warning", "notifier", alert.IntegrationLabel, d.Integration),
				Value:       float64(d.Due),
				Summary:     fmt.Sprintf("%d messages wait for %s", d.Due, d.Integration),
				Description: "More becomes due than it takes. Group more alerts into one message, or raise its rate.",
			})
		}
	}
	return found, nil
}
