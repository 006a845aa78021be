package lint

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"alertd/internal/invalid"
	"alertd/rules"
	"alertd/rules/rulefile"
)

// The checks of files.
const (
	checkDuplicate      = "duplicate-rule"
	checkSecondDocument = "second-document"
	checkUnknownDisable = "unknown-disable"
	checkUnusedDisable  = "unused-disable"
	checkOnMissing      = "on-missing-without-evidence"
)

// Linter looks through rule files that are used together.
type Linter struct {
	options Options
	seen    map[string]invalid.Finding // rules by what they say, and where
}

// New returns a linter.
func New(o Options) *Linter { return &Linter{options: o, seen: map[string]invalid.Finding{}} }

// File is a rule file under the linter.
type File struct {
	Path  string
	Rules []FileRule // none where the file has mistakes

	source   *rulefile.File
	mistakes []invalid.Finding
	found    []scoped
	comments []directive
	known    map[string]bool // names of checks
}

// FileRule is a rule of a file.
type FileRule struct {
	Rule
	scope rulefile.Scope
}

// scoped is a finding and what it is about.
type scoped struct {
	invalid.Finding
	scope rulefile.Scope
}

// Read reads the rule file path and looks through it.
func (l *Linter) Read(path string) *File { return l.look(path, rules.CheckFile(path)) }

// Text is Read for a text; path stands for it in what is told.
func (l *Linter) Text(path string, text []byte) *File {
	return l.look(path, rules.CheckText(path, text))
}

func (l *Linter) look(path string, checked rules.FileText) *File {
	f := &File{Path: path, source: checked.Source, mistakes: checked.Mistakes, known: map[string]bool{}}
	for _, c := range Checks() {
		f.known[c.ID] = true
	}
	for _, id := range l.options.OtherChecks {
		f.known[id] = true
	}
	if f.source == nil {
		return f
	}
	f.comments = directives(f.source)
	if len(f.mistakes) > 0 {
		return f
	}
	f.secondDocument()
	for _, one := range checked.Policies {
		f.found = append(f.found, scoped{one, rulefile.Scope{Group: -1, Rule: -1}})
	}
	for g, group := range checked.Groups {
		for i, r := range group.Rules {
			if g >= len(f.source.Groups) || i >= len(f.source.Groups[g].Rules) {
				continue // behind more aliases than are followed
			}
			rule := FileRule{
				Rule: Rule{
					Alert: r.Alert, Expr: r.Expr,
					For: time.Duration(r.For), KeepFiringFor: time.Duration(r.KeepFiringFor), Interval: time.Duration(group.Interval),
					Labels: overlaid(group.Labels, r.Labels), Annotations: r.Annotations,
					Where: f.where(f.source.Groups[g].Rules[i]),
				},
				scope: rulefile.Scope{Group: g, Rule: i},
			}
			f.Rules = append(f.Rules, rule)
			f.Add(rule, CheckRule(rule.Rule, l.options)...)
			l.duplicate(f, rule, r)
		}
	}
	return f
}

func overlaid(under, over map[string]string) map[string]string {
	out := maps.Clone(under)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, over)
	return out
}

// Add adds what others have found about one of the file's rules.
func (f *File) Add(r FileRule, found ...invalid.Finding) {
	for _, one := range found {
		f.found = append(f.found, scoped{one, r.scope})
	}
}

// where returns what finds places in a rule.
func (f *File) where(r rulefile.Rule) func(field string, offset int) invalid.Finding {
	return func(field string, offset int) invalid.Finding {
		at := rulefile.Start(r.Node)
		section, name, nested := strings.Cut(field, ".")
		n := rulefile.Value(r.Node, section)
		if nested {
			n = rulefile.Value(n, name)
		}
		if n != nil {
			at = f.source.Within(n, offset)
		}
		return f.finding(at)
	}
}

func (f *File) finding(at rulefile.Place) invalid.Finding {
	return invalid.Finding{File: f.Path, Line: at.Line, Column: at.Column, Quote: f.source.Quote(at)}
}

// note adds a finding about the file itself.
func (f *File) note(check string, severity invalid.Severity, at rulefile.Place, problem, mend string) {
	one := f.finding(at)
	one.Check, one.Severity, one.Problem, one.Mend = check, severity, problem, mend
	f.found = append(f.found, scoped{one, rulefile.Scope{Group: -1, Rule: -1}})
}

// Policy says what missing data means to the file's alerts, as its entry in
// rule_files does. Where nothing can prove an alert healthy, missing data ends
// it all the same.
func (f *File) Policy(onMissing rules.OnMissing) {
	if onMissing == "" || onMissing == rules.Resolve {
		return
	}
	for _, r := range f.Rules {
		if evidence, err := rules.DeriveEvidence(r.Expr); r.Alert == "" || err != nil || evidence.Expr != "" {
			continue
		}
		one := r.Where("expr", 0)
		one.Check, one.Severity = checkOnMissing, invalid.Warning
		one.Problem = fmt.Sprintf("on_missing: %s has no effect: the expression does not show what a healthy %s looks like, so missing data ends the alert", onMissing, r.Alert)
		one.Mend = "end the expression in a comparison with a number, or put the rule into a file without on_missing"
		f.Add(r, one)
	}
}

// duplicate: the same rule twice is the same alert twice, or the same series
// from two places.
func (l *Linter) duplicate(f *File, r FileRule, written rulefmt.Rule) {
	expr, err := rules.NewParser().ParseExpr(r.Expr)
	if err != nil {
		return
	}
	identity := fmt.Sprintf("%q %q %q %q", written.Alert, written.Record, expr.String(), r.Labels)
	field := "record"
	if written.Alert != "" {
		field = "alert"
	}
	here := r.Where(field, 0)
	before, twice := l.seen[identity]
	if !twice {
		l.seen[identity] = here
		return
	}
	here.Check, here.Severity = checkDuplicate, invalid.Warning
	here.Problem = fmt.Sprintf("%s is already there with the same expression and labels, at %s:%d", written.Alert+written.Record, before.File, before.Line)
	here.Mend = "remove one, or give them labels of their own"
	f.Add(r, here)
}

// secondDocument: only the first document of a rule file is read.
func (f *File) secondDocument() {
	content := false
	for n := 1; n <= f.source.Lines(); n++ {
		line := f.source.Line(n)
		switch {
		case strings.HasPrefix(line, "---") && content:
			f.note(checkSecondDocument, invalid.Warning, rulefile.Place{Line: n, Column: 1},
				"a second document begins here, and neither Prometheus nor alertd reads it", "move its groups into the first, and remove the ---")
			return
		case strings.HasPrefix(line, "...") || strings.HasPrefix(line, "---"):
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(strings.TrimSpace(line), "#"):
			content = true
		}
	}
}
