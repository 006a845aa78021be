package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	commoncfg "github.com/prometheus/common/config"

	"alertd/internal/config"
	"alertd/internal/secret"
	"alertd/notifier"
)

// fake is the settings of a channel, with fields of every type that a channel
// may have.
type fake struct {
	SendResolved bool                        `yaml:"send_resolved"`
	HTTP         *commoncfg.HTTPClientConfig `yaml:"http_config"`
	APIURL       secret.Value                `yaml:"api_url"`
	APIURLFile   string                      `yaml:"api_url_file"`
	Channel      string                      `yaml:"channel"`
	Headers      map[string]string           `yaml:"headers"`
	Fields       []fakeField                 `yaml:"fields"`
	MaxAlerts    uint64                      `yaml:"max_alerts"`
}

type fakeField struct {
	Title string `yaml:"title"`
	Short *bool  `yaml:"short"`
}

func (f *fake) Inherit(g *notifier.Global) {
	if f.HTTP == nil {
		f.HTTP = g.HTTP
	}
	if f.APIURL == "" && f.APIURLFile == "" {
		f.APIURL, f.APIURLFile = g.SlackAPIURL, g.SlackAPIURLFile
	}
}

func (f *fake) Check() []notifier.FieldError {
	var wrong []notifier.FieldError
	if f.APIURL == "" && f.APIURLFile == "" {
		wrong = append(wrong, notifier.FieldError{Path: "api_url", Problem: "no api_url", Mend: "add api_url or api_url_file, or slack_api_url in global"})
	}
	for i, field := range f.Fields {
		if field.Title == "" {
			wrong = append(wrong, notifier.FieldError{Path: fmt.Sprintf("fields[%d].title", i), Problem: "a field without a title", Mend: "add title"})
		}
	}
	return wrong
}

func (*fake) Options() notifier.Options { return notifier.Options{} }
func (*fake) Open(notifier.Env) (notifier.Channel, error) {
	return nil, errors.New("a fake cannot be opened")
}

// printer is the settings of the console.
type printer struct {
	SendResolved bool `yaml:"send_resolved"`
}

func (*printer) Inherit(*notifier.Global)                    {}
func (*printer) Check() []notifier.FieldError                { return nil }
func (*printer) Options() notifier.Options                   { return notifier.Options{} }
func (*printer) Open(notifier.Env) (notifier.Channel, error) { return nil, errors.New("a fake") }

func fakeKinds() []notifier.Kind {
	return []notifier.Kind{
		{Name: "slack", New: func() notifier.Settings { return &fake{SendResolved: true} }},
		{Name: "pager", New: func() notifier.Settings { return &fake{} }},
		{Name: "console", New: func() notifier.Settings { return &printer{SendResolved: true} }},
	}
}

// load loads a file of that text in a directory of its own, without any
// environment but env.
func load(t *testing.T, text string, env ...string) (*config.Config, error) {
	t.Helper()
	return config.Load("/etc/alertd/alertd.yml", options(text, env...))
}

func options(text string, env ...string) config.Options {
	return config.Options{
		Kinds:   fakeKinds(),
		Environ: append([]string{}, env...),
		ReadFile: func(path string) ([]byte, error) {
			if path != "/etc/alertd/alertd.yml" {
				return nil, os.ErrNotExist
			}
			return []byte(text), nil
		},
	}
}

func mustLoad(t *testing.T, text string, env ...string) *config.Config {
	t.Helper()
	c, err := load(t, text, env...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// recordLogs returns a logger and what it has logged.
func recordLogs() (*slog.Logger, *strings.Builder) {
	var b strings.Builder
	return slog.New(slog.NewTextHandler(&b, nil)), &b
}
