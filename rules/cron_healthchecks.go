package rules

import "fmt"

// healthchecksUp is 0 for a check that is down, and 1 for every other, be it
// new, up, late or paused.
const healthchecksUp = "hc_check_up"

// healthchecksSeries are those of a check of healthchecks.io or of one's own
// (hc/integrations/prometheus/views.py), labelled name, tags and unique_key. It
// holds to its schedule itself and tells no times. A check that is paused is
// not thereby well. Tags may be edited, so they tell no checks apart.
func healthchecksSeries(s cronSelection) cronSeries {
	series := cronSeries{
		status:  fmt.Sprintf("min without (tags) (%s unless %s == 1)", s.of(healthchecksUp), s.of("hc_check_paused")),
		running: fmt.Sprintf("max without (tags) (%s)", s.of("hc_check_started")),
		any:     s.plain(healthchecksUp),
	}
	series.here, series.gone = s.presence(series.any)
	return series
}
