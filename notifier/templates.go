package notifier

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	texttemplate "text/template"
	"time"

	"github.com/prometheus/alertmanager/template"
)

//go:embed templates/*.tmpl
var builtinTemplates embed.FS

// Templates is every template that messages are rendered with: Alertmanager's
// defaults, alertd's own, and the user's over them. It is safe for concurrent
// use.
type Templates struct {
	all      *templateSet
	builtin  *templateSet    // without the user's, to fall back on
	users    map[string]bool // names that the user's files define
	external string
	loc      *time.Location
}

// templateSet is one body of templates, parsed as text and as HTML.
type templateSet struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// LoadTemplates reads the files that the globs match, in their order, over
// Alertmanager's default templates and alertd's own. A glob that matches
// nothing is no error, as in Alertmanager; a file that cannot be read or parsed
// is. externalURL is where people reach alertd, and loc the time zone that
// messages speak in (nil: the local one).
func LoadTemplates(globs []string, externalURL *url.URL, loc *time.Location) (*Templates, error) {
	t := &Templates{users: map[string]bool{}, loc: loc}
	if loc == nil {
		t.loc = time.Local
	}
	if externalURL != nil {
		t.external = externalURL.String()
	}
	var err error
	if t.builtin, err = newTemplateSet(); err != nil {
		return nil, err
	}
	if t.all, err = newTemplateSet(); err != nil {
		return nil, err
	}
	for _, glob := range globs {
		paths, err := filepath.Glob(glob)
		if err != nil {
			return nil, fmt.Errorf("templates: %q is not a file pattern: %w", glob, err)
		}
		for _, path := range paths {
			if err := t.add(path); err != nil {
				return nil, err
			}
		}
	}
	t.builtin.mark()
	t.all.mark()
	return t, nil
}

func (t *Templates) add(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	name, text := filepath.Base(path), string(content)
	if err := t.all.parse(name, text); err != nil {
		return fmt.Errorf("templates: %s: %w", path, err)
	}
	for _, defined := range defined(text, texttemplate.FuncMap(template.DefaultFuncs)) {
		t.users[defined] = true
	}
	return nil
}

// Defines tells whether the user's files define any of the named templates.
func (t *Templates) Defines(names ...string) bool {
	for _, name := range names {
		if t.users[name] {
			return true
		}
	}
	return false
}

func newTemplateSet() (*templateSet, error) {
	set := &templateSet{}
	// Alertmanager's type renders without any bound, so only its content is
	// used: an option is where it shows the templates within.
	capture := func(text *texttemplate.Template, html *htmltemplate.Template) { set.text, set.html = text, html }
	if _, err := template.FromGlobs(nil, capture); err != nil {
		return nil, fmt.Errorf("reading Alertmanager's default templates: %w", err)
	}
	files, err := fs.Glob(builtinTemplates, "templates/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("listing the built-in templates: %w", err)
	}
	for _, file := range files {
		content, err := builtinTemplates.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the built-in templates: %w", err)
		}
		if err := set.parse(filepath.Base(file), string(content)); err != nil {
			return nil, fmt.Errorf("parsing the built-in templates: %w", err)
		}
	}
	return set, nil
}

func (s *templateSet) parse(name, text string) error {
	if _, err := s.text.New(name).Parse(text); err != nil {
		return err
	}
	_, err := s.html.New(name).Parse(text)
	return err
}
