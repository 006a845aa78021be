package notifier

import (
	"testing"
	"time"
)

func TestJump(t *testing.T) {
	for name, test := range map[string]struct {
		wall, elapsed, by time.Duration
	}{
		"goes on":          {time.Minute, time.Minute, 0},
		"corrected a bit":  {time.Minute + time.Second, time.Minute, 0},
		"set forward":      {26*time.Hour + time.Second, time.Second, 26 * time.Hour},
		"set back":         {-26*time.Hour + time.Second, time.Second, -26 * time.Hour},
		"read in a moment": {0, 0, 0},
	} {
		if by, jumped := jumpOf(test.wall, test.elapsed); by != test.by || jumped != (by != 0) {
			t.Errorf("%s: %v, %v, want %v", name, by, jumped, test.by)
		}
	}
	c := &clock{}
	if _, jumped := c.jump(time.Now()); !jumped {
		t.Error("nobody knows what happened while alertd was away")
	}
	c.read(time.Now())
	if by, jumped := c.jump(time.Now()); jumped {
		t.Errorf("the clock was set by %v", by)
	}
}
