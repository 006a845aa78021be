package alert

import "strings"

// The labels of alerts that somebody asked for to see whether they arrive.
const (
	// DrillLabel marks a practice alert with the identity of its drill or test:
	// drill-... or test-...
	DrillLabel = "alertd_drill"
	// DrillReceiverLabel names the only receiver of a practice alert; without it
	// the routes decide.
	DrillReceiverLabel = "alertd_drill_receiver"
)

// DirectRoute is the route of groups that are told at once to a receiver that was
// named, whatever the configured routes, silences and inhibit rules say.
const DirectRoute = "alertd/direct"

// DrillMark returns what goes before the words of a practice alert, "[DRILL]" or
// "[TEST]", and "" for a real one.
func DrillMark(labels Labels) string {
	switch id := labels.Get(DrillLabel); {
	case id == "":
		return ""
	case strings.HasPrefix(id, "test-"):
		return "[TEST]"
	default:
		return "[DRILL]"
	}
}
