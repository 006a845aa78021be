package rules

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"alertd/internal/invalid"
)

// FileSpec is an entry of `rule_files`: a glob, and what missing data means to
// the rules in the files that it matches.
type FileSpec struct {
	Path      string    `yaml:"path"`
	OnMissing OnMissing `yaml:"on_missing"` // resolve when unset, as in Prometheus; a rule's label says otherwise
	Flapping  bool      `yaml:"flapping"`   // whether alerts that flap are held; not as in Prometheus
}

// LoadFiles reads the alerting rules of Prometheus rule files. Every mistake
// in every file is in the error, as file:line:column where it is known.
// Recording rules are skipped: they belong to the Prometheus that is asked.
// Interval is that of groups that do not say, flapping that of the specs that
// ask for it.
func LoadFiles(specs []FileSpec, interval time.Duration, flapping Flapping, logger *slog.Logger) ([]Group, error) {
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
			logger.Warn("No rule file matches", "pattern", spec.Path)
		}
		for _, path := range paths {
			if loaded[path] {
				continue
			}
			loaded[path] = true
			gs, errs := loadFile(path, spec, interval, logger)
			if spec.Flapping {
				for _, g := range gs {
					flapping.apply(g.Rules)
				}
			}
			groups, wrong = append(groups, gs...), append(wrong, errs...)
		}
	}
	return groups, errors.Join(wrong...)
}

func loadFile(path string, spec FileSpec, interval time.Duration, logger *slog.Logger) ([]Group, []error) {
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
		group, err := compileGroup(path, g, spec, interval, logger)
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

func compileGroup(path string, g rulefmt.RuleGroup, spec FileSpec, interval time.Duration, logger *slog.Logger) (Group, error) {
	group := Group{Name: path + ";" + g.Name, Interval: cmp.Or(time.Duration(g.Interval), interval)}
	if g.QueryOffset != nil {
		group.QueryOffset = time.Duration(*g.QueryOffset)
	}
	recording := 0
	twins := map[string]int{}
	for _, fr := range g.Rules {
		if fr.Record != "" {
			recording++
			continue
		}
		r, err := CompileFileRule(fr, g, spec.OnMissing)
		if err != nil {
			return Group{}, err
		}
		if wanted := labelled(fr.Labels, labelled(g.Labels, spec.OnMissing)); r.OnMissing != wanted {
			logger.Warn("The rule's expression tells healthy from missing in no way, so missing data resolves its alerts",
				"file", path, "group", g.Name, "rule", r.Name, "on_missing", wanted)
		}
		// Rules alike in name and labels are told apart by their order, as in Prometheus.
		identity := fmt.Sprintf("%s/%s%v", group.Name, r.Name, r.Labels)
		twins[identity]++
		r.ID = identity
		if n := twins[identity]; n > 1 {
			r.ID = fmt.Sprintf("%s#%d", identity, n)
		}
		group.Rules = append(group.Rules, r)
	}
	if recording > 0 {
		logger.Info("Recording rules are left to Prometheus", "file", path, "group", g.Name, "rules", recording)
	}
	return group, nil
}

// CompileFileRule returns the alerting rule fr of a rule file's group g. What
// missing data means to it says its label, or else the group's, or else
// onMissing. Its ID is left to the caller. An expression that does not parse is
// an error.
func CompileFileRule(fr rulefmt.Rule, g rulefmt.RuleGroup, onMissing OnMissing) (*Rule, error) {
	evidence, err := DeriveEvidence(fr.Expr)
	if err != nil {
		return nil, fmt.Errorf("rule %q: %w", fr.Alert, err)
	}
	labels := maps.Clone(g.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, fr.Labels)
	policy := labelled(labels, onMissing)
	if evidence.Expr == "" {
		policy = Resolve // nothing could ever prove its alerts healthy
	}
	return &Rule{
		Name: fr.Alert, Expr: Fixed(fr.Expr), Evidence: Fixed(evidence.Expr), Threshold: evidence.Threshold,
		For: time.Duration(fr.For), KeepFiringFor: time.Duration(fr.KeepFiringFor),
		OnMissing: policy, Limit: g.Limit,
		Labels: verbatim(labels), Annotations: verbatim(fr.Annotations),
	}, nil
}

// verbatim returns templates of every entry, empty ones included: an empty
// label takes the series' label away.
func verbatim(m map[string]string) []Template {
	out := make([]Template, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Template{name, m[name]})
	}
	return out
}
