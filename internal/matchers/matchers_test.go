package matchers_test

import (
	"strings"
	"testing"

	"alertd/internal/alert"
	"alertd/internal/matchers"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		input, want string
		wrong       string // part of the error
	}{
		{input: ``, want: ``},
		{input: `{}`, want: ``},
		{input: `alertname=X`, want: `alertname="X"`},
		{input: `alertname = "X Y"`, want: `alertname="X Y"`},
		{input: `{foo="bar", baz=~"a|b"}`, want: `foo="bar" baz=~"a|b"`},
		{input: `foo!="", bar!~"x.*"`, want: `foo!="" bar!~"x.*"`},
		{input: `"été 😀"="oui"`, want: `été 😀="oui"`},
		{input: `foo=`, want: `foo=""`},
		{input: `foo=~[a-z]+`, want: `foo=~"[a-z]+"`},
		{input: `foo=bar baz`, want: `foo="bar baz"`}, // only the older parser takes it
		{input: `foo="a\"b\\c\nd"`, want: `foo="a\"b\\c\nd"`},
		{input: `foo`, wrong: "operator"},
		{input: `foo=~"("`, wrong: "missing closing )"},
		{input: `{foo="bar"`, want: `foo="bar"`}, // likewise
		{input: `="x"`, wrong: "label name"},
	} {
		got, err := matchers.Parse(c.input)
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("Parse(%q): error %v, want one about %s", c.input, err, c.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%q): %v", c.input, err)
			continue
		}
		var texts []string
		for _, m := range got {
			texts = append(texts, m.String())
		}
		if text := strings.Join(texts, " "); text != c.want {
			t.Errorf("Parse(%q) = %s, want %s", c.input, text, c.want)
		}
	}
}

func TestParsedMatchersMatch(t *testing.T) {
	ms, err := matchers.Parse(`cron_job!="", severity=~"crit.*|warning"`)
	if err != nil {
		t.Fatal(err)
	}
	for labels, want := range map[string]bool{"critical": true, "warning": true, "info": false, "precritical": false} {
		if got := ms.Matches(alert.LabelsFromStrings("cron_job", "etl", "severity", labels)); got != want {
			t.Errorf("severity %s: matches %t, want %t", labels, got, want)
		}
	}
	if ms.Matches(alert.LabelsFromStrings("severity", "critical")) {
		t.Error("an alert without the label matches cron_job!=\"\"")
	}
}
