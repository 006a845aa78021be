package notifier

import (
	"errors"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
)

func testData(t *testing.T) (*Templates, *Data) {
	t.Helper()
	templates, err := LoadTemplates(nil, nil, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 9, 8, 20, 0, time.UTC)
	a := alert.Alert{
		ID: "1", State: alert.Firing, Labels: alert.LabelsFromStrings("alertname", "A", "instance", "<b>&amp;"),
		ActiveAt: now.Add(-time.Minute), FiredAt: now,
	}
	d := alert.Delivery{Receiver: "r", Content: alert.Content{Firing: []string{"1"}}}
	return templates, templates.Message(d, alert.Group{}, []alert.Alert{a}, 0, "", now).Data
}

func TestHostileTemplatesEnd(t *testing.T) {
	templates, data := testData(t)
	for _, tt := range []struct{ name, text, want string }{
		{"loop without output", `{{ range 10000000000 }}{{ end }}`, "longer than 2 seconds"},
		{"loops within loops", `{{ range 1000000 }}{{ range 1000000 }}{{ if true }}{{ end }}{{ end }}{{ end }}`, "longer than 2 seconds"},
		{"endless recursion", `{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}`, "without end"},
		{"recursion in a loop", `{{ define "x" }}{{ range 2 }}{{ with $ }}{{ template "x" $ }}{{ end }}{{ end }}{{ end }}{{ template "x" . }}`, "without end"},
		{"doubling with printf", `{{ $x := "a" }}{{ range 100 }}{{ $x = printf "%s%s" $x $x }}{{ end }}`, "too large"},
		{"doubling with print", `{{ $x := "a" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}`, "too large"},
		{"doubling with list", `{{ $x := list "a" }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ $x }}`, "too large"},
		{"doubling with append", `{{ $x := list "a" }}{{ range 100 }}{{ $x = append $x $x }}{{ end }}{{ $x }}`, "too large"},
		{"doubling with dict", `{{ $x := dict "a" $ }}{{ range 100 }}{{ $x = dict "a" $x "b" $x }}{{ end }}{{ toJson $x }}`, "too large"},
		{"doubling with js", `{{ $x := "\\" }}{{ range 100 }}{{ $x = js $x }}{{ end }}`, "too large"},
		{"doubling with reReplaceAll", `{{ $x := "aa" }}{{ range 100 }}{{ $x = reReplaceAll "a" "aaaaaaaaa" $x }}{{ end }}`, "too large"},
		{"doubling with captures", `{{ $x := "aa" }}{{ range 100 }}{{ $x = reReplaceAll "(.*)" "$1$1$1$1$1" $x }}{{ end }}`, "too large"},
		{"a wide verb", `{{ printf "%1000000d" 1 }}`, "too large"},
		{"a width from an argument", `{{ printf "%*d" 100000000 1 }}`, "too large"},
		{"a precise verb", `{{ printf "%.100000000f" 1.0 }}`, "too large"},
		{"a missing field", `{{ .Nope }}`, "can't evaluate field Nope"},
		{"a panic in a function", `{{ index .Alerts 99 }}`, "out of range"},
		{"a bad expression", `{{ reReplaceAll "(" "" "" }}`, "missing closing"},
		{"an unknown template", `{{ template "nope" . }}`, `"nope"`},
		{"bad syntax", `{{ if }}`, "missing value"},
		{"an unknown function", `{{ exec "id" }}`, `function "exec" not defined`},
	} {
		for name, execute := range map[string]func(string, *Data) (string, error){"text": templates.all.executeText, "html": templates.all.executeHTML} {
			t.Run(tt.name+" as "+name, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				_, err := execute(tt.text, data)
				// On a slow machine the time is over before a value is too large.
				slow := tt.want == "too large" && errors.Is(err, errTooSlow)
				if err == nil || !strings.Contains(err.Error(), tt.want) && !slow {
					t.Errorf("error %v, want one with %q", err, tt.want)
				}
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		}
	}
}

func TestLongOutputIsCut(t *testing.T) {
	templates, data := testData(t)
	text := `{{ range 1000000000 }}twenty characters so{{ end }}`
	out, err := templates.all.executeText(text, data)
	if err != nil || len(out) != maxOutput {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	if _, err := templates.all.executeHTML(text, data); err == nil {
		t.Error("half an HTML page is no success")
	}
}

func TestOrdinaryTemplatesAreUntouched(t *testing.T) {
	templates, data := testData(t)
	for text, want := range map[string]string{
		`{{ .Status | toUpper }} {{ .CommonLabels.SortedPairs.Names.Join "," }}`:                                  "FIRING alertname,instance",
		`{{ range .Alerts }}{{ .Labels.alertname }}{{ end }}{{ range .Alerts.Resolved }}x{{ else }}none{{ end }}`: "Anone",
		`{{ printf "%-5s|%5.1f|%03d|%q" "a" 1.25 7 "b" }}`:                                                        `a    |  1.2|007|"b"`,
		`{{ join ", " (stringSlice "a" "b") }} {{ reReplaceAll "(a)(b)" "$2$1" "abab" }}`:                         "a, b baba",
		`{{ define "x" }}{{ . }}{{ end }}{{ template "x" "y" }}{{ block "z" 1 }}{{ . }}{{ end }}`:                 "y1",
		`{{ range $i, $e := list "a" "b" "c" }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $e }}{{ end }}`:          "ac",
		`{{ $d := dict "a" 1 "b" . }}{{ $d.a }}{{ $d.b.Status }}{{ len $d }}`:                                     "1firing2",
		`{{ routeLabels "nope" }}{{ .GroupLabels.nope }}{{ (index .Alerts 0).Labels.nope }}|`:                     "|",
		`{{ template "__subject" . }}`:                                "[FIRING:1]  (A <b>&amp;)",
		`{{ template "slack.default.fallback" . }}`:                   "🔴 A: <b>&amp; | ",
		`{{ define "only a definition" }}{{ end }}`:                   "",
		`{{ humanizeDuration 3600.0 }} {{ toJson .Alerts.Resolved }}`: "1h 0m 0s []",
		`no template at all`:                                          "no template at all",
	} {
		got, err := templates.all.executeText(text, data)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	got, err := templates.all.executeHTML(`{{ define "cell" }}<td title="{{ . }}">{{ . }}</td>{{ end }}{{ range .Alerts }}{{ template "cell" .Labels.instance }}{{ end }}<a href="{{ "javascript:alert(1)" }}">`, data)
	want := `<td title="&lt;b&gt;&amp;amp;">&lt;b&gt;&amp;amp;</td><a href="#ZgotmplZ">`
	if err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}
