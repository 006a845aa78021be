package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/internal/config"
)

// FuzzLoad: whatever a file holds, loading it ends, and with mistakes that
// point into the file and are short enough to be read.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yml", "../../deploy/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add(seeded)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load(t, text, "HOST=localhost", "EMPTY=", "NUMBER=5")
		if err == nil {
			if _, err := c.RouteTree(); err != nil {
				t.Errorf("an accepted file has no routes: %v", err)
			}
			if _, err := c.Rules().Compile(); err != nil {
				t.Errorf("an accepted file has no rules: %v", err)
			}
			return
		}
		requirePlaces(t, text, err)
	})
}

func requirePlaces(t *testing.T, text string, err error) {
	t.Helper()
	mistakes, ok := errors.AsType[*config.Mistakes](err)
	if !ok {
		t.Fatalf("error %v, want mistakes", err)
	}
	lines := 1 + strings.Count(text, "\n") + strings.Count(text, "\r") + strings.Count(text, "\u0085") + strings.Count(text, "\u2028") + strings.Count(text, "\u2029")
	for _, m := range mistakes.List {
		if m.Line < 1 || m.Line > lines || m.Column < 1 || m.Problem == "" || m.File == "" {
			t.Errorf("a mistake without a place in %d lines: %+v", lines, m)
		}
	}
	if len(err.Error()) > 1<<20 {
		t.Errorf("a text of %d bytes", len(err.Error()))
	}
}

// TestHostileFiles: large files made to be slow are told from good ones in
// little time.
func TestHostileFiles(t *testing.T) {
	const size = 1 << 18
	repeat := func(head, s, tail string) string {
		return head + strings.Repeat(s, (size-len(head)-len(tail))/len(s)) + tail
	}
	distinct := func(head, format, tail string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size-len(tail)-100; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String() + tail
	}
	for name, text := range map[string]string{
		"unknown keys":            distinct("", "k%d: 1\n", ""),
		"unknown keys in a line":  distinct("{", "k%d: 1,", "}"),
		"keys that are nearly so": distinct("global:\n", "  slack_api_url%d: s\n", ""),
		"the same key":            repeat("", "cron: []\n", ""),
		"secrets":                 distinct("prometheus:\n  headers:\n", "    a%[1]d: secret%[1]d\n", "  x: 1\n"),
		"secrets in a line":       distinct("prometheus: {headers: {", "a%[1]d: secret%[1]d, ", "}, x: 1}"),
		"short secrets":           repeat("global: {slack_api_url: '", "ab ", "', x: 1}"),
		"variables":               repeat("global: {slack_api_url: '", "${A}", "'}"),
		"unset variables":         repeat("cron:\n", "- ${B}\n", ""),
		"open brackets":           repeat("a: ", "[", ""),
		"open braces":             repeat("a: ", "{a: ", ""),
		"indentation":             repeat("", "- ", ""),
		"empty entries":           repeat("cron:\n", "-\n", ""),
		"cron jobs":               repeat("cron:\n", "- {name: a}\n", ""),
		"anchors":                 distinct("x-a:\n", "- &a%[1]d [*a%[1]d]\n", "unknown: 1\n"),
		"merges":                  distinct("x-0: &a0 {a: b}\n", "x-%[1]d: &b%[1]d {<<: *a0}\n", "resources: {<<: *a0}\n"),
		"comments":                repeat("", "#\n", ""),
		"quotes":                  repeat("a: ", "\"\\n\" ", ""),
		"routes":                  repeat("receivers: [{name: a}]\nroute:\n  receiver: a\n  routes:\n", "  - {receiver: b, matchers: [x]}\n", ""),
		"line breaks":             repeat("", "\u2028", ""),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := load(t, text, "A="+strings.Repeat("x", 100))
			if err == nil {
				t.Fatal("accepted")
			}
			requirePlaces(t, text, err)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
