package config

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"alertd/internal/config/document"
	"alertd/notifier"
	"alertd/rules"
)

// Mistakes is the error for a configuration that is wrong: everything that is
// wrong with it, in order of position.
type Mistakes = document.Mistakes

// Mistake is one of Mistakes.
type Mistake = document.Mistake

// Invalid is the name of the check that a configuration must pass to be used.
const Invalid = document.Invalid

// Options is what a configuration is read with.
type Options struct {
	Kinds    []notifier.Kind                   // the channels that there are
	Environ  []string                          // NAME=value; nil: of the process
	ReadFile func(path string) ([]byte, error) // nil: from disk, of bounded size
	Logger   *slog.Logger                      // for warnings; nil: nowhere
}

func (o Options) withDefaults() Options {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.ReadFile == nil {
		o.ReadFile = readBounded
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// readBounded reads a file, and one byte more than a configuration may have of
// what is larger.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, document.MaxSize+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return data, err
}

// Load reads a configuration file. The environment does not override it, but
// is there for its ${VARIABLES}, and says what to watch where the file has a
// route and nothing of that. If something is wrong with the file the error
// is a *Mistakes.
func Load(path string, o Options) (*Config, error) {
	o = o.withDefaults()
	text, err := o.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("finding the directory of %s: %w", path, err)
	}
	env := newEnvironment(o.Environ)
	doc := document.Parse(path, text)
	doc.Expand(env.lookup)
	cfg, err := build(doc, dir, env, o)
	if err != nil {
		return nil, err
	}
	if unused := env.withoutEffect(cfg.beside); len(unused) > 0 {
		o.Logger.Warn("The configuration file decides: these environment variables have no effect", "file", path, "variables", unused)
	}
	return cfg, nil
}

// FromEnv makes a configuration of ALERTD_* environment variables alone. If
// something is wrong with them the error is a *Mistakes.
func FromEnv(o Options) (*Config, error) {
	o = o.withDefaults()
	doc, err := newEnvironment(o.Environ).document(o.ReadFile)
	if err != nil {
		return nil, err
	}
	return build(doc, "", nil, o)
}

// RuleFiles returns what a configuration file says under rule_files, whatever is
// wrong with the rest, so that all mistakes can be told at once.
func RuleFiles(path string, o Options) []rules.FileSpec {
	o = o.withDefaults()
	text, err := o.ReadFile(path)
	if err != nil {
		return nil
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil
	}
	doc := document.Parse(path, text)
	doc.Expand(newEnvironment(o.Environ).lookup)
	b := &builder{doc: doc, out: defaults(), dir: dir, watchDir: dir, kinds: o.Kinds}
	if doc.Root().Given() {
		doc.Decode(&b.in)
		b.ruleFiles()
	}
	return b.out.RuleFiles
}
