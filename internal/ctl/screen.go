package ctl

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
)

// style is how a text is told apart where there is colour.
type style string

// The styles, as SGR parameters.
const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// screen is standard output or standard error.
type screen struct {
	w        io.Writer
	terminal bool
	color    bool
}

// printf writes. An error is met again when the buffer below is flushed, and
// one of standard error cannot be told to anybody.
func (s screen) printf(format string, args ...any) { _, _ = fmt.Fprintf(s.w, format, args...) }

// paint returns text in a style, where the screen has colour.
func (s screen) paint(text string, st style) string {
	if !s.color || st == plain || text == "" {
		return text
	}
	return "\x1b[" + string(st) + "m" + text + "\x1b[0m"
}

// colorOn tells whether what is written to w may be coloured: on a terminal,
// unless NO_COLOR (https://no-color.org) or TERM=dumb say otherwise.
func (c *cli) colorOn(w io.Writer) bool {
	return isTerminal(w) && c.env("NO_COLOR") == "" && c.env("TERM") != "dumb"
}

// isTerminal tells whether stream, a reader or a writer, is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// env returns a variable of the environment, or "".
func (c *cli) env(name string) string {
	value, _ := c.LookupEnv(name)
	return value
}

// neutral returns text with everything escaped that could steer a terminal or
// mislead its reader: control characters, invisible ones and those that turn
// the direction of writing. Lines stay lines.
func neutral(text string) string { return escape(text, true) }

// oneLine is neutral for a table's cell: line ends are escaped too.
func oneLine(text string) string { return escape(text, false) }

func escape(text string, keepLines bool) string {
	if !strings.ContainsFunc(text, unprintable) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case keepLines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unprintable(r):
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }
