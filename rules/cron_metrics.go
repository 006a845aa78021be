package rules

import (
	"fmt"
	"math"
	"strconv"

	"alertd/internal/invalid"
)

// CronMetrics overrides the names of a job's metrics, or, of discovered jobs,
// what they end in.
type CronMetrics struct {
	Status   string `yaml:"status"`   // 1 after a success, 0 after a failure, unless said otherwise below
	Success  string `yaml:"success"`  // Unix seconds of the last success
	Failure  string `yaml:"failure"`  // Unix seconds of the last failure
	Start    string `yaml:"start"`    // Unix seconds of the latest start
	Duration string `yaml:"duration"` // of the last run, in seconds
	Running  string `yaml:"running"`  // 1 while the job runs, else 0

	OKValue     *float64 `yaml:"ok_value"`     // the status that is a success; every other one is a failure
	FailedValue *float64 `yaml:"failed_value"` // the status that is a failure; every other one is a success
}

// given returns something other than "" where any of the keys is given.
func (m CronMetrics) given() string {
	if m == (CronMetrics{}) {
		return ""
	}
	return "metrics"
}

// verdict returns the status as 1 after a success and 0 after a failure.
func (m CronMetrics) verdict(status string) string {
	switch {
	case m.OKValue != nil:
		return fmt.Sprintf("(%s == bool %s)", status, number(*m.OKValue))
	case m.FailedValue != nil:
		return fmt.Sprintf("(%s != bool %s)", status, number(*m.FailedValue))
	}
	return status
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// check tells what is wrong with the names, or suffixes, and the values.
func (m CronMetrics) check(suffixes bool) []invalid.Field {
	var wrong []invalid.Field
	for _, name := range []struct{ key, value string }{
		{"status", m.Status},
		{"success", m.Success},
		{"failure", m.Failure},
		{"start", m.Start},
		{"duration", m.Duration},
		{"running", m.Running},
	} {
		switch {
		case name.value == "" || isMetricName(name.value) && !suffixes:
		case suffixes && (!isMetricName(name.value) || name.value[0] != '_'):
			wrong = append(wrong, invalid.Field{
				Path: "metrics." + name.key, Problem: fmt.Sprintf("%q is not what names of metrics end in", name.value),
				Mend: "discovered jobs have a suffix here, such as _last_exit_code",
			})
		case !suffixes:
			wrong = append(wrong, invalid.Field{
				Path: "metrics." + name.key, Problem: fmt.Sprintf("%q is not a metric name", name.value),
				Mend: "use letters, digits and underscores, such as my_job",
			})
		}
	}
	if m.OKValue != nil && m.FailedValue != nil {
		wrong = append(wrong, invalid.Field{
			Path: "metrics.failed_value", Problem: "both ok_value and failed_value are given",
			Mend: "remove one: whatever is not the other",
		})
	}
	for _, value := range []struct {
		key string
		f   *float64
	}{{"ok_value", m.OKValue}, {"failed_value", m.FailedValue}} {
		if value.f != nil && (math.IsNaN(*value.f) || math.IsInf(*value.f, 0)) {
			wrong = append(wrong, invalid.Field{
				Path: "metrics." + value.key, Problem: "a status is held against a plain number", Mend: "write one such as 0",
			})
		}
	}
	return wrong
}
