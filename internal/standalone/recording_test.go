package standalone

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

// recorded asks what there is of the recorded series, by their label i.
func (b *bench) recorded(t *testing.T, ts time.Time) string {
	t.Helper()
	samples, err := b.Query(t.Context(), "rec", ts)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range samples {
		out = append(out, s.Labels.Get("i"))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

func rec(names ...string) []alert.Sample {
	var out []alert.Sample
	for _, name := range names {
		out = append(out, alert.Sample{Labels: alert.LabelsFromStrings(alert.MetricName, "rec", "i", name), Value: 1})
	}
	return out
}

// What a rule gives is there at once, and what it gives no more is gone at once.
func TestRecordAndEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t).open(t)
	start := time.Now().Truncate(time.Second)
	for i, step := range []struct{ rule, give, want string }{
		{"x", "a,b", "a,b"},
		{"x", "b", "b"},
		{"y", "c", "b,c"},
		{"x", "", "c"},
		{"x", "a", "a,c"},
	} {
		ts := start.Add(time.Duration(i) * time.Second)
		if err := b.Record(t.Context(), step.rule, rec(strings.FieldsFunc(step.give, func(r rune) bool { return r == ',' })...), ts); err != nil {
			t.Fatal(err)
		}
		if got := b.recorded(t, ts); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	now := start.Add(10 * time.Second)
	if err := b.Retain(t.Context(), map[string]bool{"x": true}); err != nil || b.recorded(t, now) != "a" {
		t.Errorf("left %s, error %v", b.recorded(t, now), err)
	}
	// Another rule goes on with a removed rule's series: they do not end.
	if err := b.Record(t.Context(), "z", rec("a"), now); err != nil {
		t.Fatal(err)
	}
	if err := b.Retain(t.Context(), map[string]bool{"z": true}); err != nil || b.recorded(t, now) != "a" {
		t.Errorf("left %s, error %v", b.recorded(t, now), err)
	}
}

// Samples that come too late are refused one by one, and the error says so.
func TestRecordRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t).open(t)
	now := time.Now()
	if err := b.Record(t.Context(), "x", rec("a"), now); err != nil {
		t.Fatal(err)
	}
	err := b.Record(t.Context(), "y", rec("a", "b"), now.Add(-time.Second))
	if err == nil || !strings.Contains(err.Error(), "1 of 2 results could not be recorded") {
		t.Errorf("error %v", err)
	}
	if got := b.recorded(t, now); got != "a,b" {
		t.Errorf("recorded %s", got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Record(t.Context(), "x", rec("a"), now.Add(time.Second)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("after the end: %v", err)
	}
}
