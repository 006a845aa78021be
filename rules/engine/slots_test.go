package engine

import (
	"testing"
	"time"

	"alertd/rules"
)

// A group's slots are an interval apart, the same after a restart, and another
// group's are elsewhere in the interval, as in Prometheus; only where exactly
// differs from Prometheus, whose hash is another.
func TestSlotsAreAsInPrometheus(t *testing.T) {
	b := newBoth(t, "", "interval: 40s,", "{alert: X, expr: up == 0}")
	theirs := b.theirs.groups[b.key]
	offsets := map[time.Duration]bool{}
	for _, name := range []string{b.key, "other;g", "third;g"} {
		group := rules.Group{Name: name, Interval: 40 * time.Second}
		r := newRunner(b.ours.engine, group)
		offset := time.Duration(r.slotAfter(b.now).UnixNano()) % group.Interval
		offsets[offset] = true
		for i := range 100 {
			now := b.now.Add(time.Duration(i) * 7 * time.Second)
			slot := newRunner(b.ours.engine, group).slotAfter(now)
			if wait := slot.Sub(now); wait <= 0 || wait > group.Interval || time.Duration(slot.UnixNano())%group.Interval != offset {
				t.Fatalf("%s: the slot after %s is %s", name, now, slot)
			}
			if again := r.slotAfter(slot); again.Sub(slot) != group.Interval {
				t.Fatalf("%s: the slot after %s is %s", name, slot, again)
			}
			ts := theirs.EvalTimestamp(now.UnixNano())
			if back := now.Sub(ts); back < 0 || back >= group.Interval {
				t.Fatalf("Prometheus's slot at %s is %s", now, ts)
			}
		}
	}
	if len(offsets) != 3 {
		t.Errorf("groups share their offsets: %v", offsets)
	}
}
