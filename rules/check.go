package rules

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v4"
)

// CheckFile reads the Prometheus rule file path and returns how many rules it
// has, recording rules included. It finds mistakes in exactly the files in which
// `promtool check rules --lint=none` does, each as file:line:column and what is
// wrong; the position is left out where the file cannot be read. Warnings, of
// the same form, are about what Prometheus takes and alertd does not.
func CheckFile(path string) (count int, mistakes, warnings []string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, []string{fmt.Sprintf("reading the rule file: %v", err)}, nil
	}
	parsed, errs := rulefmt.Parse(data, false, model.UTF8Validation, NewParser(), slog.New(slog.DiscardHandler))
	places := newRuleFile(data)
	for _, err := range errs {
		mistakes = append(mistakes, places.locate(err)...)
	}
	slices.SortFunc(mistakes, byPlace) // rulefmt walks maps
	// The file is decoded twice, and a mistake in its YAML found twice.
	mistakes = slices.Compact(mistakes)
	for i := range mistakes {
		mistakes[i] = path + ":" + mistakes[i]
	}
	if len(mistakes) > 0 {
		return 0, mistakes, nil
	}
	for _, g := range parsed.Groups {
		count += len(g.Rules)
	}
	for _, m := range places.mistakenPolicies(parsed.Groups) {
		warnings = append(warnings, path+":"+m)
	}
	return count, nil, warnings
}

// byPlace orders mistakes that begin with line:column.
func byPlace(a, b string) int {
	place := func(m string) (line, column int) {
		_, _ = fmt.Sscanf(m, "%d:%d:", &line, &column) // both are always there
		return line, column
	}
	lineA, columnA := place(a)
	lineB, columnB := place(b)
	return cmp.Or(cmp.Compare(lineA, lineB), cmp.Compare(columnA, columnB), strings.Compare(a, b))
}

// ruleFile finds the places that rulefmt's errors speak of.
type ruleFile struct {
	lines    []string
	document yaml.Node
}

func newRuleFile(data []byte) *ruleFile {
	f := &ruleFile{lines: strings.Split(string(data), "\n")}
	// What does not parse leaves it empty, and has its lines in the error.
	_ = yaml.Unmarshal(data, &f.document)
	return f
}

// locate returns the mistakes that err tells of as line:column: text.
func (f *ruleFile) locate(err error) []string {
	text := err.Error()
	if placed := regexp.MustCompile(`^([1-9]\d*:\d+): (?:\d+:\d+: )?((?s).*)$`).FindStringSubmatch(text); placed != nil {
		return []string{placed[1] + ": " + placed[2]}
	}
	if regexp.MustCompile(`^yaml: (line|unmarshal)`).MatchString(text) {
		return f.yaml(text)
	}
	within := f.document
	if semantic, ok := errors.AsType[*rulefmt.Error](err); ok {
		within = f.rule(semantic.Group, semantic.Rule)
	}
	line, column := f.place(within, text)
	// 0:0 is what rulefmt says of a key that is not there.
	return []string{fmt.Sprintf("%d:%d: %s", line, column, regexp.MustCompile(`^(0:0: )+`).ReplaceAllString(text, ""))}
}

// yaml returns the mistakes of YAML's own errors, which know lines only.
func (f *ruleFile) yaml(text string) []string {
	text = regexp.MustCompile(` in type rulefmt\.\w+`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "rulefmt.RuleGroupNode", "rulefmt.RuleGroup")
	var out []string
	for _, m := range regexp.MustCompile(`line (\d+): (.*)`).FindAllStringSubmatch(text, -1) {
		line, _ := strconv.Atoi(m[1]) // the expression lets digits through only
		out = append(out, fmt.Sprintf("%d:%d: %s", line, f.column(line, m[2]), m[2]))
	}
	if len(out) == 0 {
		out = []string{"1:1: " + text}
	}
	return out
}

// column returns where on the line the mistake is: at the field that it names,
// or where the text begins. Columns count from 1.
func (f *ruleFile) column(line int, mistake string) int {
	if line < 1 || line > len(f.lines) {
		return 1
	}
	text := f.lines[line-1]
	if field := regexp.MustCompile(`field (\S+) not found`).FindStringSubmatch(mistake); field != nil {
		if i := strings.Index(text, field[1]+":"); i >= 0 {
			return i + 1
		}
	}
	return len(text) - len(strings.TrimLeft(text, " \t-")) + 1
}
