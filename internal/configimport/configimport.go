// Package configimport makes an alertd.yml of a prometheus.yml and an
// alertmanager.yml. Both are read as YAML nodes, so that comments and the order
// of things stay; what has no counterpart is named and not guessed.
package configimport

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// File is a configuration file and what is in it.
type File struct {
	Path string
	Text []byte
}

// Options says what cannot be read from the files.
type Options struct {
	Dir           string   // where the result will be; "" makes paths absolute
	PrometheusURL string   // "" is Prometheus's usual address
	ReceiverTypes []string // that alertd has, as in slack_configs
}

// DefaultPrometheus is the address that is written where none is given.
const DefaultPrometheus = "http://localhost:9090"

// Result is the configuration and what is missing from it.
type Result struct {
	Text []byte
	// Left is what had an effect and has none here, Advice what is to be done or
	// known beside, in the files' order.
	Left, Advice []Remark
}

// Remark is one sentence about a place in a file.
type Remark struct {
	File string
	Line int // from 1
	Text string
}

func (r Remark) String() string { return fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Text) }

// importer collects a result.
type importer struct {
	Options
	out    *yaml.Node
	result Result
	file   string // that is being read
}

// Import makes one configuration of the files, of which each may be a
// prometheus.yml or an alertmanager.yml, and none the same as another. An error
// says which file is neither, or is no YAML.
func Import(files []File, o Options) (Result, error) {
	m := &importer{Options: o, out: &yaml.Node{Kind: yaml.MappingNode}}
	roots := map[kind]*yaml.Node{}
	paths := map[kind]string{}
	for _, f := range files {
		root, err := parse(f)
		if err != nil {
			return Result{}, err
		}
		k, err := kindOf(f.Path, root)
		if err != nil {
			return Result{}, err
		}
		if roots[k] != nil {
			return Result{}, fmt.Errorf("%s and %s are both of %s: name one of them", paths[k], f.Path, k)
		}
		roots[k], paths[k] = root, f.Path
	}
	if root := roots[ofPrometheus]; root != nil {
		m.file = paths[ofPrometheus]
		m.prometheus(root)
	}
	if root := roots[ofAlertmanager]; root != nil {
		m.file = paths[ofAlertmanager]
		m.alertmanager(root)
	}
	for _, remarks := range [][]Remark{m.result.Left, m.result.Advice} {
		slices.SortStableFunc(remarks, func(a, b Remark) int {
			if a.File != b.File {
				return 0 // one file was read after the other
			}
			return a.Line - b.Line
		})
	}
	body, err := yaml.Dump(m.out, yaml.WithV3Defaults(), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return Result{}, fmt.Errorf("writing the configuration: %w", err)
	}
	m.result.Text = append([]byte(m.header(files)), body...)
	return m.result, nil
}

// header says where the file comes from, and what is not in it.
func (m *importer) header(files []File) string {
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f.Path))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Made of %s by \"alertctl config import\".\n", strings.Join(names, " and "))
	for _, part := range []struct {
		title   string
		remarks []Remark
	}{{"What was there and has no counterpart here:", m.result.Left}, {"To be done, or to be known:", m.result.Advice}} {
		if len(part.remarks) > 0 {
			fmt.Fprintf(&b, "#\n# %s\n", part.title)
		}
		for _, r := range part.remarks {
			r.File = filepath.Base(r.File)
			fmt.Fprintf(&b, "#   %s\n", r)
		}
	}
	return b.String() + "\n"
}

func (m *importer) left(at *yaml.Node, format string, args ...any) {
	m.result.Left = append(m.result.Left, Remark{m.file, at.Line, fmt.Sprintf(format, args...)})
}

func (m *importer) advise(at *yaml.Node, format string, args ...any) {
	m.result.Advice = append(m.result.Advice, Remark{m.file, at.Line, fmt.Sprintf(format, args...)})
}

// rebase returns a path of the file that is being read as it is written in the
// result.
func (m *importer) rebase(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	full, err := filepath.Abs(filepath.Join(filepath.Dir(m.file), path))
	if err != nil {
		return path
	}
	if m.Dir == "" {
		return full
	}
	dir, err := filepath.Abs(m.Dir)
	if err != nil {
		return full
	}
	relative, err := filepath.Rel(dir, full)
	if err != nil {
		return full
	}
	return relative
}

// kind is which program a file is of.
type kind string

const (
	ofPrometheus   kind = "Prometheus"
	ofAlertmanager kind = "Alertmanager"
)

func kindOf(path string, root *yaml.Node) (kind, error) {
	theirs := map[kind][]string{
		ofPrometheus:   {"scrape_configs", "rule_files", "alerting", "remote_write", "remote_read", "scrape_config_files"},
		ofAlertmanager: {"route", "receivers", "inhibit_rules", "templates", "time_intervals", "mute_time_intervals"},
	}
	for _, ours := range []string{"prometheus", "standalone", "cron", "resources", "containers", "evaluation"} {
		if get(root, ours) != nil {
			return "", fmt.Errorf("%s has a section %s: it is an alertd.yml already", path, ours)
		}
	}
	var found []kind
	for _, k := range []kind{ofPrometheus, ofAlertmanager} {
		if slices.ContainsFunc(theirs[k], func(key string) bool { return get(root, key) != nil }) {
			found = append(found, k)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 2:
		return "", fmt.Errorf("%s has sections of both Prometheus and Alertmanager: it may be an alertd.yml already", path)
	case get(root, "global") != nil:
		return ofPrometheus, nil // nothing but defaults
	}
	return "", fmt.Errorf("%s is neither a prometheus.yml nor an alertmanager.yml: it has no section of theirs", path)
}

func parse(f File) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Load(f.Text, &doc); err != nil {
		return nil, fmt.Errorf("%s: it cannot be read as YAML: %w", f.Path, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s is neither a prometheus.yml nor an alertmanager.yml: it has no sections", f.Path)
	}
	return doc.Content[0], nil
}
