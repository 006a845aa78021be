package apiv2

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

// Written by hand, alerts are what encoding/json makes of them, but for the
// characters that it escapes for HTML.
func TestAlertsAreWrittenAsEncoded(t *testing.T) {
	at := Time(time.Date(2026, 3, 1, 12, 0, 0, 120_000_000, time.FixedZone("", 3600)))
	plain := Alert{
		Annotations: alert.Labels{}, Labels: alert.LabelsFromStrings("alertname", "A"), Fingerprint: "0123",
		Receivers: []ReceiverReference{}, StartsAt: at, EndsAt: at, UpdatedAt: at,
		Status: AlertStatus{State: StateActive, SilencedBy: []string{}, InhibitedBy: []string{}, MutedBy: []string{}},
	}
	odd := plain
	odd.Annotations = alert.LabelsFromStrings("text", "\"quoted\" back\\slash\nline 漢字 \u2028 \xff", "summary", "a")
	odd.Receivers = []ReceiverReference{{"one"}, {`t"wo`}}
	odd.GeneratorURL = "http://prometheus/graph?g0.expr=a+%3E+1"
	odd.Status = AlertStatus{State: StateSuppressed, SilencedBy: []string{"a", "b"}, InhibitedBy: []string{"c"}, MutedBy: []string{"at night"}}
	long := plain
	long.Annotations = alert.LabelsFromStrings("description", strings.Repeat("long ", writeSize/5))
	for name, all := range map[string]Alerts{"none": {}, "one": {plain}, "many": {plain, odd, long, odd, long, plain}} {
		want := &bytes.Buffer{}
		enc := json.NewEncoder(want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode([]Alert(all)); err != nil {
			t.Fatal(err)
		}
		got := &bytes.Buffer{}
		if err := all.WriteJSON(got); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%s: written as\n%s\nwant\n%s", name, got, want)
		}
	}
}
