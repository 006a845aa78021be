package console

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode"

	"alertd/notifier"
	"alertd/notifier/messagetest"
)

func open(t *testing.T, out *bytes.Buffer, color bool) notifier.Channel {
	t.Helper()
	s := Kind(out).New().(*Settings)
	s.Color = color
	ch, err := s.Open(notifier.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestMessagesReadWell(t *testing.T) {
	for name, msg := range messagetest.States(t, messagetest.Templates(t)) {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if _, err := open(t, &out, false).Send(t.Context(), msg); err != nil {
				t.Fatal(err)
			}
			messagetest.Golden(t, name+".txt", out.Bytes())
		})
	}
}

func TestColorsOnlyWhenAsked(t *testing.T) {
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	for _, color := range []bool{false, true} {
		var out bytes.Buffer
		if _, err := open(t, &out, color).Send(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != color {
			t.Errorf("color %v: escape sequences: %v", color, got)
		}
	}
}

func TestHostileValuesReachNoTerminal(t *testing.T) {
	dir := t.TempDir()
	raw := `{{ define "alertd.text" }}{{ range .Alerts }}{{ .Labels.instance }}{{ .Annotations.summary }}{{ end }}{{ end }}`
	if err := os.WriteFile(filepath.Join(dir, "raw.tmpl"), []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, templates := range []*notifier.Templates{messagetest.Templates(t), messagetest.Templates(t, dir+"/*.tmpl")} {
		for _, value := range messagetest.HostileValues() {
			var out bytes.Buffer
			if _, err := open(t, &out, false).Send(t.Context(), messagetest.Message(t, templates, 0, messagetest.Hostile(value))); err != nil {
				t.Fatal(err)
			}
			for _, r := range out.String() {
				if r != '\n' && (unicode.IsControl(r) || r == '\u202e' || r == '\u200b') {
					t.Errorf("%q reaches the terminal, from %.40q", r, value)
				}
			}
		}
	}
}

func TestMessagesOfManyChannelsDoNotMix(t *testing.T) {
	var out bytes.Buffer
	kind := Kind(&out)
	msg := messagetest.States(t, messagetest.Templates(t))["firing"]
	var wg sync.WaitGroup
	for range 10 {
		ch, err := kind.New().Open(notifier.Env{})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if _, err := ch.Send(t.Context(), msg); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	one := out.Len() / 10
	if got := strings.Count(out.String(), out.String()[:one]); got != 10 {
		t.Errorf("%d whole messages, want 10", got)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestABrokenOutputIsTemporary(t *testing.T) {
	ch, err := Kind(brokenPipe{}).New().Open(notifier.Env{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ch.Send(t.Context(), messagetest.States(t, messagetest.Templates(t))["firing"])
	if f := notifier.Classify(err); f.Kind != notifier.Temporary {
		t.Error(fmt.Sprint(f))
	}
}
