package cronrun

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The metrics of a job, without their prefix.
const (
	lastSuccess  = "_last_success_timestamp"
	lastFailure  = "_last_failure_timestamp"
	lastStatus   = "_last_run_status"
	lastStart    = "_last_start_timestamp"
	lastDuration = "_last_duration_seconds"
	lastExitCode = "_last_exit_code"
	running      = "_running"
	failures     = "_consecutive_failures"
	overlapped   = "_overlapped"
)

// metric is one metric of a job. Its help names no job: node_exporter drops a
// metric whose help differs between two files.
type metric struct {
	suffix string
	help   string
}

// metrics returns the metrics of a job in the order in which they are written.
func metrics() []metric {
	return []metric{
		{lastSuccess, "Unix time in seconds at which a run last succeeded."},
		{lastFailure, "Unix time in seconds at which a run last failed."},
		{lastStatus, "Whether the last run succeeded (1) or failed (0)."},
		{lastStart, "Unix time in seconds at which a run last started."},
		{lastDuration, "Duration of the last run that has ended, in seconds."},
		{lastExitCode, "Exit code of the last run that has ended."},
		{running, "Whether the job is running now (1) or not (0)."},
		{failures, "Runs that have failed since the last one that succeeded."},
		{overlapped, "Whether the last run started while another one was running (1) or not (0)."},
	}
}

// jobComment begins the comment that says which job wrote the file.
const jobComment = "# alertd job:"

// record is what a textfile says.
type record struct {
	job     string             // that wrote it; "" when it does not say
	values  map[string]float64 // by suffix; what has never happened is absent
	foreign []string           // the lines of others, in their order
}

// begin notes a run that starts at the given time, alone or beside others. What
// is known of former runs stays.
func (r *record) begin(at time.Time, others bool) {
	r.values[lastStart] = float64(at.Unix())
	r.values[running] = 1
	r.values[overlapped] = truth(others)
}

// end notes how a run went, and whether others still run: the last start is
// then theirs, if they began later.
func (r *record) end(began, ended time.Time, exitCode int, others bool) {
	if start := float64(began.Unix()); !others || r.values[lastStart] < start {
		r.values[lastStart] = start
	}
	r.values[lastDuration] = math.Max(0, ended.Sub(began).Round(time.Millisecond).Seconds())
	r.values[lastExitCode] = float64(exitCode)
	r.values[running] = truth(others)
	before, counted := r.values[failures]
	if status, ran := r.values[lastStatus]; !counted && ran && status == 0 {
		before = 1 // at least, in a file from before they were counted
	}
	r.values[failures] = 0
	if exitCode == 0 {
		r.values[lastStatus] = 1
		r.values[lastSuccess] = float64(ended.Unix())
	} else {
		r.values[failures] = before + 1
		r.values[lastStatus] = 0
		r.values[lastFailure] = float64(ended.Unix())
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// render returns the record as a textfile in the text exposition format.
func (r *record) render(prefix string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", jobComment, oneLine(r.job))
	for _, m := range metrics() {
		value, happened := r.values[m.suffix]
		if !happened {
			continue
		}
		name := prefix + m.suffix
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", name, m.help, name)
		// No exponent: people read these files.
		fmt.Fprintf(&b, "%s %s\n", name, strconv.FormatFloat(value, 'f', -1, 64))
	}
	for _, line := range r.foreign {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// oneLine makes a job's name fit for a comment.
func oneLine(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD")))
}
