package ctl

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTable(t *testing.T) {
	tab := &table{header: []string{"A", "B", "C"}}
	tab.add(text("東京"), cell{"red", red}, text(""))
	tab.add(text("e\u0301te\u0301"), text("x\ny"), text("\u202etxet"))
	tab.add(text(strings.Repeat("é", 200)), text("\xff"), text("end"))
	var plainOut, colored strings.Builder
	tab.print(screen{w: &plainOut})
	tab.print(screen{w: &colored, color: true})
	cut := strings.Repeat("é", cellLimit-1) + "…"
	pad := func(used int) string { return strings.Repeat(" ", cellLimit-used) }
	want := "A" + pad(1) + "  B     C\n" +
		"東京" + pad(4) + "  red\n" +
		"e\u0301te\u0301" + pad(3) + `  x\ny  \u202etxet` + "\n" +
		cut + `  \xff  end` + "\n"
	if plainOut.String() != want {
		t.Errorf("got\n%q\nwant\n%q", plainOut.String(), want)
	}
	bare := colored.String()
	for _, st := range []string{"\x1b[1m", "\x1b[31m", "\x1b[0m"} {
		if !strings.Contains(bare, st) {
			t.Errorf("no %q in %q", st, bare)
		}
		bare = strings.ReplaceAll(bare, st, "")
	}
	if bare != want {
		t.Errorf("colour moves the columns:\n%q", bare)
	}
}

// How to mend an error comes last in its text.
func TestTableKeepsErrors(t *testing.T) {
	tab := &table{header: []string{"A", errorColumn}}
	long := strings.Repeat("x ", 200) + "mend it"
	tab.add(text(long), text(long))
	var out strings.Builder
	tab.print(screen{w: &out})
	if got := strings.Count(out.String(), "mend it"); got != 1 {
		t.Errorf("the error, and it alone, is to be whole:\n%s", out.String())
	}
}

func FuzzNeutral(f *testing.F) {
	for _, s := range []string{"", "plain", "a\x1b[2Jb", "\u009b31m", "\xff\xfe", "\ufffd", "a\r\nb", "\u202e", "東京 👍"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line, lines := oneLine(s), neutral(s)
		if !utf8.ValidString(line) || strings.ContainsFunc(line, unprintable) {
			t.Errorf("%q became %q", s, line)
		}
		for part := range strings.FieldsFuncSeq(lines, func(r rune) bool { return r == '\n' || r == '\t' }) {
			if strings.ContainsFunc(part, unprintable) {
				t.Errorf("%q became %q", s, lines)
			}
		}
		if c := clip(line, 10); columns(c) > 10 {
			t.Errorf("%q is wider than 10", c)
		}
	})
}
