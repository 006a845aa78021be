package notifier

import (
	"fmt"
	"testing"
	"time"

	"alertd/internal/alert"
)

// BenchmarkPlanFlood plans one group of 100,000 firing alerts that were told,
// audible and all silenced by one of ten silences.
func BenchmarkPlanFlood(b *testing.B) {
	for _, silenced := range []bool{false, true} {
		b.Run(fmt.Sprintf("silenced=%t", silenced), func(b *testing.B) {
			route := prompt()
			in := PlanInput{Route: &route, Integrations: []Integration{{ID: "a", SendResolved: true}}, Now: at(1), Expiry: 24 * time.Hour}
			told := alert.Told{Integration: "a", At: at(0), AsOf: at(0)}
			for i := range 100_000 {
				id := fmt.Sprintf("%06d", i)
				in.View.Alerts = append(in.View.Alerts, alert.Alert{
					ID: id, Labels: alert.LabelsFromStrings("alertname", "X", "instance", id), State: alert.Firing, ActiveAt: at(0), FiredAt: at(0),
				})
				told.Firing = append(told.Firing, id)
			}
			in.View.Told = []alert.Told{told}
			for i := range 10 {
				name := "Y"
				if silenced && i == 9 {
					name = "X"
				}
				m, err := alert.NewMatcher("alertname", alert.MatchEqual, name)
				if err != nil {
					b.Fatal(err)
				}
				in.Silences = append(in.Silences, alert.Silence{ID: fmt.Sprint(i), Matchers: alert.Matchers{m}, StartsAt: at(0), EndsAt: at(90)})
			}
			for b.Loop() {
				result, _ := Plan(in)
				if silenced != (len(result.Suppressed) == 100_000) || !silenced && len(result.Events) > 1 {
					b.Fatalf("%d suppressed, %d events", len(result.Suppressed), len(result.Events))
				}
			}
		})
	}
}
