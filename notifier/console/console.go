// Package console prints messages for people to read: for the demo, and for
// trying rules out without a chat or a mail server.
package console

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"alertd/notifier"
)

// Settings is an entry of console_configs.
type Settings struct {
	SendResolved bool `yaml:"send_resolved"` // true unless set to false
	Color        bool `yaml:"color"`         // terminal colours

	out *printer
}

// Kind returns the channel's kind, "console", whose channels all print to out;
// nil means the standard output.
func Kind(out io.Writer) notifier.Kind {
	if out == nil {
		out = os.Stdout
	}
	shared := &printer{to: out}
	return notifier.Kind{Name: "console", New: func() notifier.Settings {
		return &Settings{SendResolved: true, out: shared}
	}}
}

// Inherit takes nothing: no global setting concerns a console.
func (s *Settings) Inherit(*notifier.Global) {}

// Check finds nothing to be wrong.
func (s *Settings) Check() []notifier.FieldError { return nil }

// Options returns what the dispatcher acts upon.
func (s *Settings) Options() notifier.Options {
	return notifier.Options{SendResolved: s.SendResolved, Timeout: 5 * time.Second}
}

// Open makes the channel.
func (s *Settings) Open(notifier.Env) (notifier.Channel, error) {
	return &channel{color: s.Color, out: s.out}, nil
}

// printer prints whole messages, one after the other.
type printer struct {
	mu sync.Mutex
	to io.Writer
}

func (p *printer) print(text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := io.WriteString(p.to, text)
	return err
}

type channel struct {
	color bool
	out   *printer
}

// Send prints the message.
func (c *channel) Send(_ context.Context, msg *notifier.Message) (string, error) {
	if err := c.out.print(c.text(msg)); err != nil {
		return "", fmt.Errorf("printing a message: %w", err)
	}
	return "", nil
}

func (c *channel) text(msg *notifier.Message) string {
	r := msg.Renderer(notifier.Markup{})
	// Templates of the user's may quote what alerts bring, so that the whole is
	// cleaned once more.
	title := notifier.CleanLine(r.Text("title", `{{ template "alertd.title" . }}`, "alertd.title"))
	text := strings.TrimSpace(notifier.Clean(r.Text("text", `{{ template "console.default.text" . }}`, "alertd.text")))
	var b strings.Builder
	b.WriteString(c.paint(dim, strings.Repeat("─", 72)) + "\n")
	b.WriteString(c.paint(titleColor(msg.Data), title) + "\n")
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("   "+line, " ") + "\n")
	}
	if failed := r.Failed(); failed != "" {
		b.WriteString("\n   " + failed + "\n")
	}
	b.WriteString("\n" + c.paint(dim, "   → "+notifier.CleanLine(msg.Receiver)+reason(msg)) + "\n\n")
	return b.String()
}

func reason(msg *notifier.Message) string {
	if r := msg.Data.NotificationReason; r != "" && r != "unknown" {
		return " (" + r + ")"
	}
	return ""
}

// style is an ANSI style, as the numbers of its SGR sequence.
type style string

const (
	dim    style = "2"
	red    style = "1;31"
	yellow style = "1;33"
	blue   style = "1;34"
	green  style = "1;32"
	white  style = "1"
)

func titleColor(d *notifier.Data) style {
	switch d.Icon {
	case "🔴":
		return red
	case "🟠":
		return yellow
	case "🔵":
		return blue
	case "✅":
		return green
	default:
		return white
	}
}

func (c *channel) paint(s style, text string) string {
	if !c.color {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
