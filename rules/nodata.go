package rules

import (
	"fmt"
	"time"

	"alertd/internal/alert"
)

// vanished returns two expressions by target: which targets give the selected
// series now, and which gave them within the last hour but do not now.
func vanished(selected string) (here, gone string) {
	here = fmt.Sprintf("group by (instance, job) (%s)", selected)
	return here, fmt.Sprintf("group by (instance, job) (last_over_time(%s[1h])) unless %s", selected, here)
}

// hostGone is true for targets that gave host metrics and stopped: what else
// they gave is then missing for that one reason.
func hostGone(matchers string) string {
	_, gone := vanished(selector(matchers, "node_memory_MemTotal_bytes"))
	return gone
}

// hostNoData: a host's node-exporter was there and is gone. One alert per
// target, however many rules its silence keeps in suspense.
func hostNoData(matchers string, missingFor time.Duration) *Rule {
	here, gone := vanished(selector(matchers, "node_memory_MemTotal_bytes"))
	return &Rule{
		ID: "targets/NoData", Name: "NoData",
		Expr: Fixed(gone), Evidence: Fixed(here),
		For: missingFor, OnMissing: Keep, Unit: alert.Presence,
		Labels: templates(map[string]string{"severity": critical, "source": "node-exporter"}, nil),
		Annotations: templates(map[string]string{
			"summary":     "No data from host {{ $labels.instance }}",
			"description": "Its node-exporter gave metrics within the last hour and gives none now: the host, node-exporter or the network between is down. What was firing on it stays as it was until data returns.",
		}, nil),
	}
}
