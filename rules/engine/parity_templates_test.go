package engine

import (
	"math"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/template"

	"alertd/internal/alert"
)

// Every function of Prometheus's templates gives in an annotation, and as a
// label, what it gives there.
func TestParityTemplateFunctions(t *testing.T) {
	texts := map[string]string{
		"query":              `{{ range query "up" }}{{ .Labels.instance }}={{ .Value }} {{ end }}{{ len (query "none") }}`,
		"first":              `{{ with query "up" }}{{ (first .).Labels.instance }}{{ end }}`,
		"label":              `{{ query "up" | first | label "instance" }}`,
		"value":              `{{ query "up" | first | value }}`,
		"strvalue":           `{{ query "strings" | first | strvalue }}`,
		"args":               `{{ define "pair" }}{{ .arg0 }}-{{ .arg1 }}{{ end }}{{ template "pair" (args $value "x") }}`,
		"reReplaceAll":       `{{ reReplaceAll "(.*):9100" "$1!" $labels.instance }}`,
		"safeHtml":           `{{ safeHtml "<b>&" }}`,
		"match":              `{{ match "^web" $labels.instance }}{{ match "(" "x" }}`,
		"title":              `{{ title "aBC ünder" }}`,
		"toUpper":            `{{ toUpper $labels.instance }}`,
		"toLower":            `{{ toLower "ABC" }}`,
		"graphLink":          `{{ graphLink "up{a=\"b\"}" }}`,
		"tableLink":          `{{ tableLink "up == 0" }}`,
		"sortByLabel":        `{{ range query "up" | sortByLabel "instance" }}{{ .Labels.instance }},{{ end }}`,
		"stripPort":          `{{ stripPort $labels.instance }} {{ stripPort "[::1]:80" }}`,
		"stripDomain":        `{{ stripDomain $labels.instance }} {{ stripDomain "10.0.0.1:80" }}`,
		"humanize":           `{{ humanize $value }} {{ humanize 0.00012 }} {{ humanize "x" }}`,
		"humanize1024":       `{{ humanize1024 $value }}`,
		"humanizeDuration":   `{{ humanizeDuration $value }} {{ humanizeDuration 0.05 }}`,
		"humanizePercentage": `{{ humanizePercentage 0.756 }} {{ humanizePercentage $value }}`,
		"humanizeTimestamp":  `{{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp $value }}`,
		"toTime":             `{{ (toTime 1435065584.128).Year }} {{ toTime $value }}`,
		"toDuration":         `{{ toDuration 90 }} {{ toDuration $value }}`,
		"now":                `{{ now }}`,
		"pathPrefix":         `{{ pathPrefix }}`,
		"externalURL":        `{{ externalURL }}{{ $externalURL }}`,
		"parseDuration":      `{{ parseDuration "1h2m10ms" }} {{ parseDuration "-5m" }}`,
		"urlQueryEscape":     `{{ urlQueryEscape "a b&c/ü" }}`,
		// And what is no function: variables, trimming, failures.
		"variables": `{{ $labels }} {{ $externalLabels }} {{ .Value }} {{ $labels.none }} {{- "  x " -}} {{ printf "%.2f %q" $value "y" }}`,
		"failure":   `{{ first (query "none") }}`,
		"refused":   `{{ query "broken" }}`,
		"panics":    `{{ reReplaceAll "(" "" "" }}`,
	}
	for _, name := range templateFunctions(t) {
		if !strings.Contains(texts[name], name) {
			t.Errorf("the function %s of Prometheus is not compared", name)
		}
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
			b := newBoth(t, "", "", "{alert: X, expr: up == 0, labels: {label: "+quoted+"}, annotations: {note: "+quoted+"}}")
			b.link("http://prometheus.example:9090/pre/fix")
			instance := func(name string, value float64) alert.Sample {
				return alert.Sample{Labels: alert.LabelsFromStrings(alert.MetricName, "up", "instance", name), Value: value}
			}
			b.told.samples["up"] = []alert.Sample{instance("web.example.org:9100", 12345.678), instance("db:9100", 0)}
			b.told.samples["strings"] = []alert.Sample{{Labels: alert.LabelsFromStrings("__value__", "text")}}
			b.told.errs["broken"] = errNoAnswer{}
			for i, value := range []float64{12345.678, -0.0004, 0, math.Inf(1), math.NaN()} {
				b.told.samples["up == 0"] = append(b.told.samples["up == 0"], instance("web"+strings.Repeat("x", i)+".example.org:9100", value))
			}
			b.evaluate()
			want := activeIn(b.theirs.groups[b.key].Rules()[0])
			var got []string
			for _, alerts := range b.ours.alerts {
				got = describeOurs(alerts)
			}
			if len(want) != 5 || !slices.Equal(want, got) {
				t.Errorf("\nPrometheus %q\nalertd     %q", want, got)
			}
		})
	}
}

type errNoAnswer struct{}

func (errNoAnswer) Error() string { return "no answer" }

// link gives both the URL of Prometheus.
func (b *both) link(text string) {
	b.Helper()
	u, err := url.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	b.ours.engine.setup.PrometheusURL = u
	theirs := newPrometheusSide(b.told.prometheus, b.theirs.path, u)
	theirs.reload(b.T)
	b.theirs = theirs
}

// templateFunctions returns the names of all functions that Prometheus has.
func templateFunctions(t *testing.T) []string {
	t.Helper()
	x := template.NewTemplateExpander(t.Context(), "", "", nil, model.Time(0), nil, &url.URL{}, nil)
	var names []string
	for _, key := range reflect.ValueOf(x).Elem().FieldByName("funcMap").MapKeys() {
		names = append(names, key.String())
	}
	if len(names) < 29 {
		t.Fatalf("only %d functions found: %v", len(names), names)
	}
	return names
}
