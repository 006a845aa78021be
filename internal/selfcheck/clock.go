package selfcheck

import (
	"context"
	"fmt"
	"time"

	"alertd/rules/engine"
)

// rememberJump is how long people are told that the clock was set.
const rememberJump = 15 * time.Minute

// Clock notices that the time of day was set, by the clock that nobody sets. Only
// its check uses it.
type Clock struct {
	read func() engine.Reading

	last engine.Reading
	by   time.Duration // the last jump
	from time.Time     // the old time at it
	at   time.Duration // when it was, by the clock that nobody sets
}

// NewClock returns a Clock that reads by read.
func NewClock(read func() engine.Reading) *Clock {
	return &Clock{read: read, last: read()}
}

// Check returns ClockJumped.
func (c *Clock) Check() engine.Check {
	return engine.Check{Name: "ClockJumped", Unit: "s", Look: c.look}
}

func (c *Clock) look(context.Context, time.Time) ([]engine.Finding, error) {
	now, before := c.read(), c.last
	c.last = now
	if by := engine.Jump(before, now); by != 0 {
		c.by, c.from, c.at = by, before.Wall, now.Elapsed
	}
	if c.by == 0 || now.Elapsed-c.at >= rememberJump {
		c.by = 0
		return nil, nil
	}
	direction := "forward"
	if c.by < 0 {
		direction = "back"
	}
	return []engine.Finding{{
		Labels:  labels("ClockJumped", "warning", "clock"),
		Value:   c.by.Seconds(),
		Summary: fmt.Sprintf("The clock was set %s by %s", direction, c.by.Abs().Round(time.Second)),
		Description: fmt.Sprintf("It was soon after %s by the old time; or the machine slept. For a minute every alert stayed as it was; "+
			"timers go on from where they were. Cron jobs' times may be wrong until their next run.", c.from.UTC().Format(time.RFC3339)),
	}}, nil
}
