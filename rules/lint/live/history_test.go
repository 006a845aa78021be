package live

import (
	"testing"
	"time"
)

func TestFired(t *testing.T) {
	at := func(minutes ...int) []time.Time {
		var all []time.Time
		for _, m := range minutes {
			all = append(all, time.Unix(int64(m)*60, 0))
		}
		return all
	}
	for name, test := range map[string]struct {
		times []time.Time
		wait  time.Duration
		want  int
	}{
		"never":                       {nil, 0, 0},
		"once, at once":               {at(1), 0, 1},
		"one run":                     {at(1, 2, 3, 4), 0, 1},
		"two runs":                    {at(1, 2, 4), 0, 2},
		"too short":                   {at(1, 2, 3), 3 * time.Minute, 0},
		"just long enough":            {at(1, 2, 3, 4), 3 * time.Minute, 1},
		"a gap begins anew":           {at(1, 2, 4, 5), 2 * time.Minute, 0},
		"twice, with for, and a rest": {at(1, 2, 3, 9, 10, 11, 20), 2 * time.Minute, 2},
	} {
		if got := fired(test.times, time.Minute, test.wait); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
