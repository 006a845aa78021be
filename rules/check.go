package rules

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v4"

	"alertd/internal/invalid"
	"alertd/rules/rulefile"
)

// The checks that a rule file must pass to be used at all.
const (
	CheckUnreadable = "unreadable-file"    // the file cannot be read
	CheckRuleFile   = "invalid-rule-file"  // not the form of a rule file
	CheckExpression = "invalid-promql"     // an expression that does not parse
	CheckTemplate   = "invalid-template"   // a label's or annotation's template that does not parse
	CheckPolicy     = "invalid-on-missing" // an on_missing label that names no policy
)

// FileText is a rule file as it was read.
type FileText struct {
	Groups []rulefmt.RuleGroup // none where there are mistakes
	Source *rulefile.File      // nil where the file could not be read
	// Mistakes are Error findings, in order of place: there are some in exactly
	// the files that `promtool check rules --lint=none` rejects.
	Mistakes []invalid.Finding
	// Policies are Warning findings of labels that Prometheus takes like any
	// other and alertd refuses: they name no policy for missing data.
	Policies []invalid.Finding
}

// CheckFile reads the Prometheus rule file path, recording rules included, and
// tells what is wrong with it.
func CheckFile(path string) FileText {
	text, err := readBounded(path)
	if err != nil {
		return FileText{Mistakes: []invalid.Finding{{
			Check: CheckUnreadable, Severity: invalid.Error, File: path, Problem: err.Error(), Mend: "name a rule file that can be read",
		}}}
	}
	return CheckText(path, text)
}

// CheckText is CheckFile for a file that has been read; path stands for it in
// what is told.
func CheckText(path string, text []byte) FileText {
	parsed, errs := rulefmt.Parse(text, false, model.UTF8Validation, NewParser(), slog.New(slog.DiscardHandler))
	out := FileText{Source: rulefile.Parse(path, text)}
	places := locator{out.Source}
	for _, err := range errs {
		out.Mistakes = append(out.Mistakes, places.locate(err)...)
	}
	slices.SortFunc(out.Mistakes, invalid.ByPlace) // rulefmt walks maps
	// The file is decoded twice, and a mistake in its YAML found twice.
	out.Mistakes = slices.Compact(out.Mistakes)
	if other, is := places.anotherKind(); is && len(out.Mistakes) > 0 {
		out.Mistakes = []invalid.Finding{other}
	}
	if len(out.Mistakes) == 0 && parsed != nil {
		out.Groups, out.Policies = parsed.Groups, places.policies()
	}
	return out
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the rule file: %w", err)
	}
	defer func() { _ = f.Close() }() // what matters has been read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the rule file: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("more than the %d MiB that a rule file may have", maxFile>>20)
	}
	return text, nil
}

// locator finds the places that rulefmt's errors speak of.
type locator struct{ *rulefile.File }

func (l locator) finding(check string, at rulefile.Place, problem string) invalid.Finding {
	return invalid.Finding{
		Check: check, Severity: invalid.Error, File: l.Path, Line: at.Line, Column: at.Column,
		Problem: problem, Quote: l.Quote(at),
	}
}

// locate returns the mistakes that err tells of.
func (l locator) locate(err error) []invalid.Finding {
	text := err.Error()
	if regexp.MustCompile(`^yaml: (line|unmarshal)`).MatchString(text) {
		return l.yaml(text)
	}
	check := CheckRuleFile
	if regexp.MustCompile(`(?:label|annotation) "[^"]*": `).MatchString(text) {
		check = CheckTemplate
	}
	within := (*yaml.Node)(nil)
	if semantic, ok := errors.AsType[*rulefmt.Error](err); ok {
		within = l.rule(semantic.Group, semantic.Rule)
		if found := l.expression(within, err); found != nil {
			return found
		}
	}
	if placed := regexp.MustCompile(`^([1-9]\d*):(\d+): (?:\d+:\d+: )?((?s).*)$`).FindStringSubmatch(text); placed != nil {
		line, _ := strconv.Atoi(placed[1]) // the expression lets digits through only
		column, _ := strconv.Atoi(placed[2])
		return []invalid.Finding{l.finding(check, rulefile.Place{Line: line, Column: max(column, 1)}, placed[3])}
	}
	// 0:0 is what rulefmt says of a key that is not there.
	problem := regexp.MustCompile(`^(0:0: )+`).ReplaceAllString(text, "")
	return []invalid.Finding{l.finding(check, l.place(within, text), problem)}
}

// yaml returns the mistakes of YAML's own errors, which know lines only.
func (l locator) yaml(text string) []invalid.Finding {
	text = regexp.MustCompile(` in type rulefmt\.\w+`).ReplaceAllString(text, "")
	text = strings.NewReplacer("rulefmt.RuleGroupNode", "rulefmt.RuleGroup", "rulefmt.ruleGroups", "rulefmt.RuleGroups").Replace(text)
	var out []invalid.Finding
	for _, m := range regexp.MustCompile(`line (\d+): (.*)`).FindAllStringSubmatch(text, -1) {
		line, _ := strconv.Atoi(m[1]) // likewise
		out = append(out, l.finding(CheckRuleFile, rulefile.Place{Line: line, Column: l.column(line, m[2])}, m[2]))
	}
	if len(out) == 0 {
		out = []invalid.Finding{l.finding(CheckRuleFile, rulefile.Place{Line: 1, Column: 1}, text)}
	}
	return out
}

// column returns where on the line the mistake is: at the field that it names,
// or where the text begins. Columns count from 1.
func (l locator) column(line int, mistake string) int {
	text := l.Line(line)
	if field := regexp.MustCompile(`field (\S+) not found`).FindStringSubmatch(mistake); field != nil {
		if i := strings.Index(text, field[1]+":"); i >= 0 {
			return i + 1
		}
	}
	return len(text) - len(strings.TrimLeft(text, " \t-")) + 1
}

// ruleName is how mistakes in a rule begin.
func ruleName(e *rulefmt.Error) string {
	return fmt.Sprintf("group %q, rule %d, %q: ", e.Group, e.Rule, e.RuleName)
}
