package notifier

import (
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                        "plain",
		"two\r\nlines\rand\u2028more":  "two\nlines\nand\nmore",
		"a\tb":                         "a b",
		"\x1b[31mred\x07\x00\u009b":    "[31mred",
		"\u202egnp.exe\u202c":          "gnp.exe",
		"zero\u200bwidth\ufeff\u2066x": "zerowidthx",
		"naïve 日本語 👨\u200d👩 שלום\u200f": "naïve 日本語 👨\u200d👩 שלום\u200f",
		"bad\xffbyte": "bad\ufffdbyte",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := CleanLine("  a \r\n\n b\t c "); got != "a b c" {
		t.Errorf("%q", got)
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"abcd", 1, "…"},
		{"abcd", 0, ""},
		{"ab  cd", 5, "ab…"},
		{"😀😀😀", 6, "😀😀😀"},
		{"😀😀😀", 5, "😀😀…"},
		{"😀😀😀", 4, "😀…"},
	} {
		if got := Shorten(tt.in, tt.limit); got != tt.want {
			t.Errorf("%q to %d: %q, want %q", tt.in, tt.limit, got, tt.want)
		}
	}
}

func TestShortenEscapedKeepsTheLimitAndWholeEscapes(t *testing.T) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	check := func(s string, limit uint8) bool {
		s = strings.Map(func(r rune) rune { return []rune("a&<>😀\n")[int(r)%6] }, s)
		got := ShortenEscaped(s, int(limit), escape)
		if Length(got) > int(limit) || !utf8.ValidString(got) {
			return false
		}
		bare := strings.NewReplacer("&amp;", "", "&lt;", "", "&gt;", "").Replace(got)
		return !strings.ContainsAny(bare, "&<>")
	}
	if err := quick.Check(check, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}
