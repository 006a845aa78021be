package rules

import (
	"fmt"
	"strings"
	"time"
)

// underWay returns an expression of the start of the run that is under way, in
// Unix seconds. Where no metric says whether the job runs, it does until an end
// is told that is not before the start.
func (s cronSeries) underWay() string {
	notEnded := []string{"(" + s.start + ")"}
	for _, end := range []string{s.success, s.failure} {
		if end != "" {
			notEnded = append(notEnded, fmt.Sprintf("((%s) >= (%s))", end, s.start))
		}
	}
	if s.running == "" {
		return strings.Join(notEnded, " unless ")
	}
	notEnded = append(notEnded, "("+s.running+")")
	return fmt.Sprintf("((%s) and ((%s) > 0)) or (%s)", s.start, s.running, strings.Join(notEnded, " unless "))
}

// lastEnd returns an expression of when a run last ended, well or not, in Unix
// seconds.
func (s cronSeries) lastEnd() string {
	switch {
	case s.failure == "":
		return s.success
	case s.success == "":
		return s.failure
	}
	return fmt.Sprintf("((%s) > (%s)) or (%s) or (%s)", s.success, s.failure, s.failure, s.success)
}

// succeeded returns an expression that has a sample where the last run that
// ended succeeded.
func (s cronSeries) succeeded() string {
	switch {
	case s.status != "":
		return fmt.Sprintf("(%s) == 1", s.status)
	case s.failure == "":
		return s.success
	}
	return fmt.Sprintf("(%s) unless ((%s) > (%s))", s.success, s.failure, s.success)
}

// lasted returns an expression of how long the last run took that succeeded, in
// seconds. Told by start and success alone, it has no sample while a run is
// under way.
func (s cronSeries) lasted() string {
	if s.lengthUntold {
		return s.duration
	}
	byTimes := fmt.Sprintf("((%s) - (%s)) >= 0", s.success, s.start)
	switch {
	case s.duration == "":
		return byTimes
	case s.start == "" || s.success == "":
		return s.duration
	}
	return fmt.Sprintf("(%s) or (%s)", s.duration, byTimes)
}

// failureTime returns an expression of when the last run failed, in Unix
// seconds, with a sample only where no success came after.
func (s cronSeries) failureTime() string {
	if s.success == "" {
		return s.failure
	}
	return fmt.Sprintf("(%s) unless ((%s) <= (%s))", s.failure, s.failure, s.success)
}

// streakSteps is at how many moments the past is looked at for failures in a row.
const streakSteps = 5000

// streak returns an expression of how many runs in a row have failed: what the
// job's own metric says or, where there is none, how many different times of
// failure Prometheus has seen since the last success, looking back that far.
// A time that is seen again after a gap in the samples is not counted again.
func (s cronSeries) streak(back time.Duration) string {
	if s.failureTold == "" {
		return s.failuresInRow
	}
	since := s.failureTold
	if s.success != "" {
		since = fmt.Sprintf("(%[1]s) unless ((%[1]s) <= (%[2]s))", s.failureTold, atEvaluation(s.success))
	}
	step := max(15*time.Second, (back / streakSteps).Round(time.Second))
	past := fmt.Sprintf("(%s)[%s:%s]", since, promDuration(back), promDuration(step))
	// The latest failure may have come after the last moment that is looked at.
	count := fmt.Sprintf("(1 + changes(%s) + ((%s) != bool last_over_time(%s))) or (1 + 0 * (%s))", past, s.failureTime(), past, s.failureTime())
	if s.failuresInRow == "" {
		return count
	}
	return fmt.Sprintf("(%s) or (%s)", s.failuresInRow, count)
}

// atEvaluation returns what the expression gives at the time of the evaluation,
// wherever in a subquery it stands: a subquery of a single step.
func atEvaluation(expr string) string {
	return fmt.Sprintf("last_over_time((%s)[1ms:1ms] @ end())", expr)
}

// promDuration writes a length of time as PromQL does, in whole seconds.
func promDuration(d time.Duration) string { return fmt.Sprintf("%ds", int64(d/time.Second)) }
