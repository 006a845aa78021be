// Package notifytest runs rule unit tests together with what alertd's own part
// of a test file expects people to be told: which receiver, what and when. The
// rules are evaluated by rules/ruletest, and what becomes of their alerts is
// decided by internal/rehearsal, with the routes of a real configuration.
//
// alertd's part is a YAML document of its own, behind the tests' one, because
// promtool refuses keys that it does not know but reads the first document only.
// So one file serves both.
package notifytest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"alertd/internal/rehearsal"
	"alertd/rules/ruletest"
)

// Options is what to do beside what the file says.
type Options struct {
	Only *regexp.Regexp // of the tests, those whose name matches; nil: all
	// Load reads a configuration's routes and receivers.
	Load func(configFile string) (rehearsal.Setup, error)
}

// Run runs the test file path. One without a part of alertd's is for
// rules/ruletest alone.
func Run(ctx context.Context, path string, o Options) ruletest.Result {
	names, err := ruletest.Names(path)
	if err != nil {
		return ruletest.Result{File: path, Err: err}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return ruletest.Result{File: path, Err: fmt.Errorf("reading the test file: %w", err)}
	}
	own, foreign := ownPart(text)
	if own == nil {
		r := ruletest.Run(ctx, path, ruletest.Options{Only: o.Only})
		if foreign {
			r.Warnings = append(r.Warnings, "a second document is not read: only one that says alertd: at the beginning of a line is alertd's")
		}
		return r
	}
	tests, setup, err := readPart(path, own, names, func(configFile string) (rehearsal.Setup, error) {
		if !filepath.IsAbs(configFile) {
			configFile = filepath.Join(filepath.Dir(path), configFile)
		}
		return o.Load(configFile)
	})
	if err != nil {
		return ruletest.Result{File: path, Err: err}
	}
	return ruletest.Run(ctx, path, ruletest.Options{Only: o.Only, Watch: func(name string, start time.Time) ruletest.Watcher {
		if t := tests[name]; t != nil {
			return newWatcher(t, setup, start)
		}
		return nil
	}})
}
