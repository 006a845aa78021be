package ctl

import (
	"testing"
)

func TestParseMatchers(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, ``},
		{[]string{"CronJobFailed"}, `alertname="CronJobFailed"`},
		{[]string{"Disk full", "job=node"}, `alertname="Disk full" job="node"`},
		{[]string{"alertname=X", `job=~"a|b"`}, `alertname="X" job=~"a|b"`},
		{[]string{`job=~a|b`, `x!=y`, `z!~.+`}, `job=~"a|b" x!="y" z!~".+"`},
		{[]string{`path=/var lib`}, `path="/var lib"`}, // the shell took the quotes
		{[]string{`re=~^a,b$`}, `re=~"^a,b$"`},
		{[]string{`a=`}, `a=""`},
		{[]string{`{a="1", b="2"}`, `c=3,d=4`}, `a="1" b="2" c="3" d="4"`},
		{[]string{`"dotted.name"=x`}, `"dotted.name"="x"`},
		{[]string{`path="C:\temp"`}, `path="C:\\temp"`}, // as amtool's older parser reads it
	} {
		ms, err := parseMatchers(tc.args)
		if err != nil || typed(ms) != tc.want {
			t.Errorf("%q is %s (%v), want %s", tc.args, typed(ms), err, tc.want)
		}
		again, err := parseMatchers([]string{"{" + joinComma(filter(ms)["filter"]) + "}"})
		if len(ms) > 0 && (err != nil || typed(again) != tc.want) {
			t.Errorf("%q does not come back: %s (%v)", tc.args, typed(again), err)
		}
	}
	for _, args := range [][]string{{"job=x", "bare"}, {""}, {"{}"}, {"a=~("}, {"a!b"}, {"=x"}, {`a="`}} {
		if ms, err := parseMatchers(args); err == nil {
			t.Errorf("%q passed as %s", args, typed(ms))
		}
	}
}

func joinComma(texts []string) string {
	all := ""
	for i, text := range texts {
		if i > 0 {
			all += ","
		}
		all += text
	}
	return all
}

func TestMatchesEverything(t *testing.T) {
	for arg, want := range map[string]bool{
		`alertname=X`:                   false,
		`alertname=~"Cron.*"`:           false,
		`alertname!=X`:                  true, // and so passes what has no name
		`alertname=~".*"`:               true,
		`alertname=~".+"`:               true,
		`alertname!=""`:                 true,
		`alertname!~""`:                 true,
		`job=~".+"`:                     false, // not every alert has a job
		`job!=etl`:                      true,
		`job=~".*",alertname=~".+"`:     true,
		`job=~".*",severity="critical"`: false,
	} {
		ms, err := parseMatchers([]string{arg})
		if err != nil {
			t.Fatal(err)
		}
		if got := matchesEverything(ms); got != want {
			t.Errorf("%s: %v, want %v", arg, got, want)
		}
	}
}
