package cronrun

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// maxConflicts is how many lines that contradict others are taken out of a
// textfile one by one, at the cost of a parse each.
const maxConflicts = 32

// former reads what an earlier run and others left in a textfile.
type former struct {
	prefix    string
	own       map[string]string // the suffix by full metric name
	parser    expfmt.TextParser // node_exporter's own
	record    record
	malformed []string // lines left out, with the reason
}

// parseFormer returns what the textfile says about the job of the prefix, the
// lines of others that node_exporter accepts, and a warning for what had to be
// left out: one malformed line makes node_exporter reject the file, and with it
// this job's metrics.
func parseFormer(prefix string, data []byte) (record, []string) {
	f := former{
		prefix: prefix,
		own:    map[string]string{},
		parser: expfmt.NewTextParser(model.LegacyValidation),
		record: record{values: map[string]float64{}},
	}
	for _, m := range metrics() {
		f.own[prefix+m.suffix] = m.suffix
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if reason := f.line(line); reason != "" {
			f.malformed = append(f.malformed, fmt.Sprintf("line %d, %.60q: %s", number, line, reason))
		}
	}
	f.reconcile()
	return f.record, summarize(f.malformed)
}

// line takes one line in, or returns why it is left out.
func (f *former) line(line string) string {
	if !utf8.ValidString(line) {
		return "not UTF-8"
	}
	if comment, ok := strings.CutPrefix(line, "#"); ok {
		return f.comment(line, comment)
	}
	families, err := f.parser.TextToMetricFamilies(strings.NewReader(line + "\n"))
	if err != nil {
		return reason(err)
	}
	for name, family := range families { // a line is one sample of one family
		sample := family.GetMetric()[0]
		if suffix, ok := f.own[name]; ok {
			if len(sample.GetLabel()) > 0 {
				return "a job's own metrics have no labels"
			}
			return f.value(suffix, sample.GetUntyped().GetValue())
		}
		if sample.TimestampMs != nil {
			// node_exporter rejects files with timestamps.
			line = strings.TrimRight(line[:strings.LastIndexAny(line, " \t")], " \t")
		}
	}
	f.record.foreign = append(f.record.foreign, line)
	return ""
}

// comment takes in a line that begins with "#".
func (f *former) comment(line, comment string) string {
	if job, ok := strings.CutPrefix(line, jobComment); ok {
		f.record.job = strings.TrimSpace(job)
		return ""
	}
	fields := strings.Fields(comment)
	if len(fields) > 1 && (fields[0] == "HELP" || fields[0] == "TYPE") {
		if _, ok := f.own[strings.ReplaceAll(fields[1], `"`, "")]; ok {
			return "" // written anew
		}
		if _, err := f.parser.TextToMetricFamilies(strings.NewReader(line + "\n")); err != nil {
			return reason(err)
		}
	}
	f.record.foreign = append(f.record.foreign, line)
	return ""
}

// value takes in a former value of one of the job's metrics.
func (f *former) value(suffix string, v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return "no value of a job"
	}
	if v == 0 && strings.HasSuffix(suffix, "_timestamp") {
		return "" // some scripts write 0 for never
	}
	f.record.values[suffix] = v
	return ""
}

// reconcile leaves out the lines that are well-formed but contradict another
// one, such as a second TYPE.
func (f *former) reconcile() {
	all := record{values: map[string]float64{}}
	for _, m := range metrics() {
		all.values[m.suffix] = 0
	}
	head := all.render(f.prefix)
	headLines := strings.Count(string(head), "\n")
	for range maxConflicts {
		foreign := f.record.foreign
		all.foreign = foreign
		_, err := f.parser.TextToMetricFamilies(strings.NewReader(string(all.render(f.prefix))))
		if err == nil {
			return
		}
		at, ok := errors.AsType[expfmt.ParseError](err)
		i := at.Line - 1 - headLines
		if !ok || i < 0 || i >= len(foreign) {
			break
		}
		f.malformed = append(f.malformed, fmt.Sprintf("%.60q: %s", foreign[i], at.Msg))
		f.record.foreign = append(foreign[:i:i], foreign[i+1:]...)
	}
	f.malformed = append(f.malformed, fmt.Sprintf("%d lines of others contradict each other", len(f.record.foreign)))
	f.record.foreign = nil
}

// reason returns a parse error without its line number, which counts from the
// line itself.
func reason(err error) string {
	if at, ok := errors.AsType[expfmt.ParseError](err); ok {
		return at.Msg
	}
	return err.Error()
}

// summarize makes one warning of the lines that were left out.
func summarize(malformed []string) []string {
	switch n := len(malformed); n {
	case 0:
		return nil
	case 1:
		return []string{"left out a malformed line: " + malformed[0]}
	default:
		return []string{fmt.Sprintf("left out %d malformed lines, the first: %s", n, malformed[0])}
	}
}
