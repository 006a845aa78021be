package rules

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"
)

// LeftOut is a rule that a rule file cannot say.
type LeftOut struct {
	Name string // of the alert
	Job  string // that it is about; "" is none
	Why  string
}

// String names the rule, and the job that it is about.
func (l LeftOut) String() string {
	if l.Job == "" {
		return l.Name
	}
	return l.Name + " of " + l.Job
}

// exportedRule is a rule in a rule file's words.
type exportedRule struct {
	Alert         string            `yaml:"alert"`
	Expr          string            `yaml:"expr"`
	For           model.Duration    `yaml:"for,omitempty"`
	KeepFiringFor model.Duration    `yaml:"keep_firing_for,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty"`
}

// exportHeader says what a reader of the file must know.
const exportHeader = `# alertd's built-in rules, for Prometheus to evaluate. What alertd does beyond a
# rule file is lost: in Prometheus missing data ends an alert, an alert ends as
# soon as its value is back at the threshold that it fired at, a late alert
# begins when it was noticed, and a job has no time to catch up after a reboot.
`

// Export returns groups as a Prometheus rule file, and which of their rules it
// could not say; comments in the file say so too.
func Export(groups []Group) (text []byte, left []LeftOut, err error) {
	var out bytes.Buffer
	out.WriteString(exportHeader + "groups:\n")
	exported := 0
	for i := range groups {
		body, missing, err := exportGroup(&groups[i])
		if err != nil {
			return nil, nil, err
		}
		left = append(left, missing...)
		if body != "" {
			out.WriteString(body)
			exported++
		}
	}
	if exported == 0 {
		return []byte(exportHeader + "groups: []\n"), left, nil
	}
	return out.Bytes(), left, nil
}

// exportGroup returns a group as an entry of the file's list; "" where it has no
// rule that can be said.
func exportGroup(g *Group) (text string, left []LeftOut, err error) {
	var body strings.Builder
	exported := 0
	for _, r := range g.Rules {
		wait, why := r.fixed()
		if why != "" {
			out := LeftOut{Name: r.Name, Job: r.Job, Why: why}
			left = append(left, out)
			fmt.Fprintf(&body, "      # %s is not here: %s.\n", inComment(out.String()), why)
			continue
		}
		exported++
		entry, err := indented([]exportedRule{{
			Alert: r.Name, Expr: r.Expr(time.Time{}), For: model.Duration(wait), KeepFiringFor: model.Duration(r.KeepFiringFor),
			Labels: texts(r.Labels), Annotations: texts(r.Annotations),
		}}, "      ")
		if err != nil {
			return "", nil, fmt.Errorf("writing rule %s: %w", r.ID, err)
		}
		body.WriteString(entry)
	}
	if exported == 0 {
		return "", left, nil
	}
	head, err := indented([]struct {
		Name     string         `yaml:"name"`
		Interval model.Duration `yaml:"interval,omitempty"`
	}{{g.Name, model.Duration(g.Interval)}}, "  ")
	if err != nil {
		return "", nil, fmt.Errorf("writing group %s: %w", g.Name, err)
	}
	return head + "    rules:\n" + body.String(), left, nil
}

// fixed returns how long a breach waits before it fires; why is set where the
// rule is not the same at all times, as a rule file's must be.
func (r *Rule) fixed() (wait time.Duration, why string) {
	// At odd times of the day, over the years in which the slots of any schedule
	// pass.
	const step, moments = 30*24*time.Hour + 7*time.Hour + 13*time.Minute, 110
	first := time.Unix(0, 0).UTC()
	wait = r.due(first).Sub(first)
	for _, fact := range r.Facts {
		if fact.Begin(first, 0, 0).IsZero() {
			return 0, "whether it fires is told by more than one expression"
		}
	}
	for i := range moments {
		at := first.Add(time.Duration(i) * step)
		switch {
		case r.Expr(at) != r.Expr(first):
			return 0, "what it asks changes with the schedule"
		case r.due(at).Sub(at) != wait:
			return 0, "how long it waits depends on the schedule"
		}
	}
	return wait, ""
}

// inComment returns the text without what would end a comment, as a new line
// does.
func inComment(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

func texts(ts []Template) map[string]string {
	m := make(map[string]string, len(ts))
	for _, t := range ts {
		m[t.Name], _, _ = strings.Cut(t.Text, downtimeMark)
	}
	return m
}

// indented returns v as YAML with every line set in.
func indented(v any, by string) (string, error) {
	text, err := yaml.Dump(v, yaml.WithV4Defaults(), yaml.WithLineWidth(-1))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		b.WriteString(by + line)
	}
	return b.String(), nil
}
