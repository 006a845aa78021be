package lint

import "fmt"

func missingSeverity(s *subject) {
	if _, there := s.Labels["severity"]; !there {
		s.in("alert", 0, fmt.Sprintf("%s has no severity, by which people route and judge it", s.Alert), "add labels: {severity: warning}")
	}
}

// describing are the annotations that say what an alert is about.
func describing() []string { return []string{"summary", "description", "message", "title"} }

func missingSummary(s *subject) {
	for _, name := range describing() {
		if s.Annotations[name] != "" {
			return
		}
	}
	s.in("alert", 0, fmt.Sprintf("%s says nothing but its name to whoever it wakes", s.Alert), "add annotations: {summary: what is wrong, and where}")
}

func missingRunbook(s *subject) {
	if s.Annotations["runbook_url"] == "" && s.Annotations["runbook"] == "" {
		s.in("alert", 0, fmt.Sprintf("%s has no link to what to do about it", s.Alert), "add annotations: {runbook_url: https://...}")
	}
}
