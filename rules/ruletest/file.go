// Package ruletest runs Prometheus's rule unit test files, those of `promtool
// test rules`, against alertd's own rules: the expressions are asked of
// Prometheus's storage and query engine, and what an answer means is decided by
// the same rules.Rule.Step that decides in production. A file passes here
// exactly when it passes promtool.
package ruletest

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"go.yaml.in/yaml/v2" // promtool's: another reader would accept other files
)

// file is a unit test file.
type file struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval,omitempty"`
	GroupEvalOrder     []string       `yaml:"group_eval_order"`
	Tests              []test         `yaml:"tests"`
	FuzzyCompare       bool           `yaml:"fuzzy_compare,omitempty"`
}

// test is one of a file's tests: series, and what must come of them.
type test struct {
	Interval       model.Duration `yaml:"interval"`
	InputSeries    []inputSeries  `yaml:"input_series"`
	AlertTests     []alertTest    `yaml:"alert_rule_test,omitempty"`
	ExprTests      []exprTest     `yaml:"promql_expr_test,omitempty"`
	ExternalLabels labels.Labels  `yaml:"external_labels,omitempty"`
	ExternalURL    string         `yaml:"external_url,omitempty"`
	Name           string         `yaml:"name,omitempty"`
	Start          startTimestamp `yaml:"start_timestamp,omitempty"`
}

type inputSeries struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

type alertTest struct {
	EvalTime  model.Duration `yaml:"eval_time"`
	Alertname string         `yaml:"alertname"`
	Alerts    []wantedAlert  `yaml:"exp_alerts"`
}

type wantedAlert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

type exprTest struct {
	Expr     string         `yaml:"expr"`
	EvalTime model.Duration `yaml:"eval_time"`
	Samples  []wantedSample `yaml:"exp_samples"`
}

type wantedSample struct {
	Labels    string  `yaml:"labels"`
	Value     float64 `yaml:"value"`
	Histogram string  `yaml:"histogram"` // when set, Value does not count
}

// startTimestamp is a moment as RFC 3339 or in Unix seconds.
type startTimestamp struct{ time.Time }

// UnmarshalYAML reads either form.
func (s *startTimestamp) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		whole, part := math.Modf(seconds)
		s.Time = time.Unix(int64(whole), int64(part*float64(time.Second))).UTC()
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return fmt.Errorf("start_timestamp %q is neither RFC 3339 nor Unix seconds", text)
	}
	s.Time = at
	return nil
}

// start returns when the test's clock begins.
func (t *test) start() time.Time {
	if t.Start.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.Start.Time
}

// read reads the test file path and finds its rule files. The patterns that
// match no file are returned beside it.
func read(path string) (f file, unmatched []string, err error) {
	data, err := readBounded(path)
	if err != nil {
		return file{}, nil, fmt.Errorf("reading the test file: %w", err)
	}
	if err := yaml.UnmarshalStrict(data, &f); err != nil {
		return file{}, nil, errors.New(placed(path, string(data), err))
	}
	var found []string
	for _, pattern := range f.RuleFiles {
		if pattern != "" && !filepath.IsAbs(pattern) {
			pattern = filepath.Join(filepath.Dir(path), pattern)
		}
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return file{}, nil, fmt.Errorf("rule_files of %s: pattern %s: %w", path, pattern, err)
		}
		if len(matches) == 0 {
			unmatched = append(unmatched, pattern)
		}
		found = append(found, matches...)
	}
	f.RuleFiles = found
	if f.EvaluationInterval == 0 {
		f.EvaluationInterval = model.Duration(time.Minute)
	}
	return f, unmatched, nil
}

// placed returns the mistakes of a YAML error as file:line:column: text, one a
// line. The column is that of the field that is meant, or where the line begins.
func placed(path, text string, err error) string {
	// What our types are called helps nobody.
	said := regexp.MustCompile(` in type ruletest\.\w+`).ReplaceAllString(err.Error(), "")
	lines := strings.Split(text, "\n")
	var out []string
	for _, m := range regexp.MustCompile(`line (\d+): (.*)`).FindAllStringSubmatch(said, -1) {
		number, column := 0, 1
		if n, err := strconv.Atoi(m[1]); err == nil && n <= len(lines) && n > 0 {
			line := lines[n-1]
			column = len(line) - len(strings.TrimLeft(line, " \t-")) + 1
			if field := regexp.MustCompile(`field (\S+) `).FindStringSubmatch(m[2]); field != nil && strings.Contains(line, field[1]) {
				column = strings.Index(line, field[1]) + 1
			}
			number = n
		}
		out = append(out, fmt.Sprintf("%s:%d:%d: %s", path, number, column, m[2]))
	}
	if len(out) == 0 {
		return fmt.Sprintf("reading the test file %s: %s", path, said)
	}
	return strings.Join(out, "\n")
}
