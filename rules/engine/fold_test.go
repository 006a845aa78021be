package engine

import (
	"fmt"
	"testing"
	"time"

	"alertd/internal/alert"
)

func TestFolded(t *testing.T) {
	at := time.Unix(1000, 0)
	events := func(n int, kind alert.EventKind, detail string) (out []alert.Event) {
		for i := range n {
			labels := alert.LabelsFromStrings(alert.AlertName, "Flood", "host", fmt.Sprint(kind, i), "zone", "a")
			out = append(out, alert.Event{At: at, Kind: kind, AlertID: fmt.Sprint(i), Labels: labels, Value: float64(i), Detail: detail})
		}
		return out
	}
	few := events(foldBeyond, alert.EventFiring, "")
	if got := folded(few); len(got) != foldBeyond {
		t.Errorf("%d lines of %d", len(got), foldBeyond)
	}
	many := append(events(3, alert.EventMissing, ""), events(foldBeyond+1, alert.EventResolved, "recovered")...)
	many = append(many, events(2, alert.EventResolved, "no data")...)
	many = append(many, events(foldBeyond+5, alert.EventMissing, "")...) // which no record tells
	got := folded(many)
	if len(got) != 3+1+2+foldBeyond+5 {
		t.Fatalf("%d lines", len(got))
	}
	line := got[3]
	if line.Kind != alert.EventResolved || line.Detail != "1001 alerts at once: recovered" || line.AlertID != "" || !line.At.Equal(at) ||
		line.Labels.String() != `{alertname="Flood", zone="a"}` {
		t.Errorf("one line of many is %+v", line)
	}
}
