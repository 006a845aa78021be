package notifier

import "time"

// leastJump is by how much the clock must be set at once to matter: less is what
// time servers correct.
const leastJump = 5 * time.Second

// clock remembers when it was last read, to notice that the time of day was set
// since.
type clock struct{ last time.Time }

// jump returns by how much the time of day was set since the last reading, and
// whether anything may have been put far off by it. Before the first reading
// nobody knows.
func (c *clock) jump(now time.Time) (by time.Duration, jumped bool) {
	if c.last.IsZero() {
		return 0, true
	}
	// Round leaves the time of day alone; Sub goes by the clock that nobody sets.
	return jumpOf(now.Round(0).Sub(c.last.Round(0)), now.Sub(c.last))
}

func (c *clock) read(now time.Time) { c.last = now }

// jumpOf compares how much time has passed by the time of day and in truth. A
// machine that slept looks as if its clock had been set forward.
func jumpOf(wall, elapsed time.Duration) (by time.Duration, jumped bool) {
	by = wall - elapsed
	if by.Abs() < leastJump {
		return 0, false
	}
	return by, true
}
