package apiv2

import (
	"encoding/json"
	"fmt"

	"alertd/internal/alert"
)

// The most that one label set may hold. Alertmanager has no such bounds; these
// are far beyond what Prometheus sends, and keep one alert from taking all memory.
const (
	MaxPairs = 1000
	MaxBytes = 1 << 20 // of its JSON
)

// LabelSet is labels or annotations as clients send them. Empty values are left
// out.
type LabelSet struct {
	alert.Labels
	Given bool // it was there, and not null
	// Problem is what no label set may be, other than being of the wrong JSON
	// type: it concerns this one alert and not the request as a whole.
	Problem error
}

// UnmarshalJSON reads an object of strings.
func (ls *LabelSet) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	ls.Given = true
	if len(data) > MaxBytes {
		ls.Problem = fmt.Errorf("more than %d bytes", MaxBytes)
		return nil
	}
	var pairs map[string]string
	if err := json.Unmarshal(data, &pairs); err != nil {
		return err //nolint:wrapcheck // the decoder around us adds the place
	}
	if pairs[""] != "" {
		ls.Problem = fmt.Errorf(`invalid name ""`)
		return nil
	}
	ls.Labels = alert.LabelsFromMap(pairs)
	if len(ls.Labels) > MaxPairs {
		ls.Problem = fmt.Errorf("%d pairs, more than %d", len(ls.Labels), MaxPairs)
	}
	return nil
}
