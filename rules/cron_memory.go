package rules

import (
	"cmp"
	"fmt"
	"time"
)

// cronMemory is how far back what a job did last is looked for, where its
// metrics do not say that at all times.
type cronMemory struct{ window, step time.Duration }

// memory reaches back twice as far as the job may be silent, so that it is not
// forgotten before it is too late, and over as many failures in a row as matter.
func (j *CronJob) memory() cronMemory {
	const least, usual, most = time.Hour, 24 * time.Hour, 31 * 24 * time.Hour
	silence := j.maxAge()
	if j.Schedule != "" {
		// A schedule that does not parse is refused by Check.
		if schedule, err := ParseSchedule(j.Schedule, j.Timezone); err == nil {
			_, longest := schedule.Gaps(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) // any year does
			silence = max(silence, longest+j.grace())
		}
	}
	silence = max(least, cmp.Or(silence, usual))
	m := cronMemory{window: times(j.failures()+1, silence, most), step: time.Minute}
	if m.window > 3*24*time.Hour {
		m.step = 5 * time.Minute // some thousand steps at most: they are evaluated each time
	}
	m.window = m.window.Truncate(time.Second)
	return m
}

// times returns n times d, or most where that is less. It is reckoned so that it
// cannot overflow.
func times(n int, d, most time.Duration) time.Duration {
	if d > most/time.Duration(n) {
		return most
	}
	return time.Duration(n) * d
}

// last returns x, and where x does not tell now what it told last, as long as
// alive has the series now.
func (m cronMemory) last(x, alive string) string {
	return fmt.Sprintf("(%[1]s or last_over_time(%[1]s%[2]s) and %[3]s)", x, m, alive)
}

// String writes the memory as the range of a subquery.
func (m cronMemory) String() string {
	return fmt.Sprintf("[%s:%s]", humanDuration(m.window), humanDuration(m.step))
}
