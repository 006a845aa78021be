package rules

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"alertd/internal/invalid"
)

// FileSpec is an entry of `rule_files`: a glob, and what missing data means to
// the rules in the files that it matches.
type FileSpec struct {
	Path      string    `yaml:"path"`
	OnMissing OnMissing `yaml:"on_missing"` // resolve when unset, as in Prometheus; a rule's label says otherwise
	Flapping  bool      `yaml:"flapping"`   // whether alerts that flap are held; not as in Prometheus
}

// FileOptions says how rule files are read.
type FileOptions struct {
	Interval time.Duration // of groups that do not say themselves
	// Recording keeps recording rules. Without it they are left out, which one
	// line of the log says: they belong to the Prometheus that is asked.
	Recording bool
	Flapping  Flapping // of the specs that ask for it
	Logger    *slog.Logger
}

// LoadFiles reads Prometheus rule files. Every mistake in every file is in the
// error, as file:line:column where it is known.
func LoadFiles(specs []FileSpec, o FileOptions) ([]Group, error) {
	var groups []Group
	var wrong []error
	loaded := map[string]bool{}
	for _, spec := range specs {
		paths, err := filepath.Glob(spec.Path)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("rule_files: pattern %s: %w", spec.Path, err))
			continue
		}
		if len(paths) == 0 {
			o.Logger.Warn("No rule file matches", "pattern", spec.Path)
		}
		for _, path := range paths {
			if loaded[path] {
				continue
			}
			loaded[path] = true
			gs, errs := loadFile(path, spec, o)
			if spec.Flapping {
				for _, g := range gs {
					o.Flapping.apply(g.Rules)
				}
			}
			groups, wrong = append(groups, gs...), append(wrong, errs...)
		}
	}
	if !o.Recording {
		groups = leaveRecording(groups, o.Logger)
	}
	return groups, errors.Join(wrong...)
}

// leaveRecording takes the recording rules out, and groups of nothing else, and
// says so.
func leaveRecording(groups []Group, logger *slog.Logger) []Group {
	left := map[string]int{} // by group
	for i := range groups {
		g := &groups[i]
		had := len(g.Rules)
		g.Rules = slices.DeleteFunc(g.Rules, func(r *Rule) bool { return r.Record != "" })
		if n := had - len(g.Rules); n > 0 {
			left[g.Name] = n
		}
	}
	if len(left) == 0 {
		return groups
	}
	total, where := 0, slices.Sorted(maps.Keys(left))
	for _, n := range left {
		total += n
	}
	logger.Info("Recording rules are left out: the Prometheus that is asked must have them, and alerts on what they record need it to",
		"rules", total, "groups", strings.Join(where, ", "))
	return slices.DeleteFunc(groups, func(g Group) bool { return len(g.Rules) == 0 && left[g.Name] > 0 })
}

func loadFile(path string, spec FileSpec, o FileOptions) ([]Group, []error) {
	if err := readable(path); err != nil {
		return nil, []error{err}
	}
	checked := CheckFile(path)
	var errs []error
	for _, m := range slices.Concat(checked.Mistakes, checked.Policies) {
		errs = append(errs, Mistake(m))
	}
	var groups []Group
	for _, g := range checked.Groups {
		group, err := compileGroup(path, g, spec.OnMissing, o)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: group %q: %w", path, g.Name, err))
			continue
		}
		groups = append(groups, group)
	}
	return groups, errs
}

// Mistake is one thing wrong with a rule file, as an error.
type Mistake invalid.Finding

func (m Mistake) Error() string { return invalid.Finding(m).String() }

// maxFile is more than any rule file is long, in bytes.
const maxFile = 16 << 20

// readable refuses what would be read without end: pipes, devices, huge files.
func readable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("rule file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: not a regular file: name a rule file in rule_files", path)
	case info.Size() > maxFile:
		return fmt.Errorf("%s: %d MiB are more than a rule file may have (%d): split it", path, info.Size()>>20, maxFile>>20)
	}
	return nil
}
