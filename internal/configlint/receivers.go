package configlint

import (
	"fmt"
	"path/filepath"
)

// receivers reports those that no route names.
func (r *review) receivers() {
	if !r.config.Routed {
		return
	}
	named := map[string]bool{}
	tree(r.config.Route, "route", nil).walk(func(n *route) { named[n.receiver] = true })
	for i, receiver := range r.config.Receivers {
		if !named[receiver.Name] {
			r.at(unusedReceiver, fmt.Sprintf("receivers[%d].name", i), fmt.Sprintf("no route leads to the receiver %s", receiver.Name), "add a route to it, or remove it")
		}
	}
}

// patterns reports rule_files and templates that stand for nothing.
func (r *review) patterns() {
	for i, f := range r.config.RuleFiles {
		r.pattern(fmt.Sprintf("rule_files[%d]", i), f.Path, "alertd watches nothing by it")
	}
	for i, pattern := range r.config.Templates {
		r.pattern(fmt.Sprintf("templates[%d]", i), pattern, "no template comes from it")
	}
}

func (r *review) pattern(path, pattern, consequence string) {
	if files, err := filepath.Glob(pattern); err == nil && len(files) == 0 {
		r.at(noFiles, path, fmt.Sprintf("%s matches no file, so %s", pattern, consequence), "correct it; paths start from the directory of the configuration")
	}
}
