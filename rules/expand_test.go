package rules_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

// Templates expanded for many samples at once give each the text that it gets
// alone, whatever they contain.
func TestTogetherAsAlone(t *testing.T) {
	texts := []string{
		"plain", "", "{{ $labels.host }}", "{{ .Labels.host }} is {{ .Value }}", "{{ $value | humanize }}",
		"costs $5 {{ $labels.host }}", "{{ $.Labels.host }}", "{{ with $labels }}{{ .host }}{{ end }}",
		"{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", "{{ $labels = 1 }}{{ $labels }}",
		"{{ if gt $value 1.0 }}high{{ else }}low{{ end }}", "{{ $x := $labels.host }}{{ $x }}",
		"{{ nosuch }}", "{{ $labels.host", "{{ end }}{{ range . }}", "{{ define \"x\" }}y{{ end }}{{ template \"x\" }}", "{{ template \"x\" }}",
		"{{ break }}", "{{ range $i := $labels }}{{ break }}{{ end }}", "{{ query \"up\" | first | value }}", "{{ printf \"%d\" $labels }}",
		"{{ if eq $labels.host \"b\" }}{{ index $labels.host 99 }}{{ end }}ok", "{{ $externalLabels.site }} {{ $externalURL }}",
		"{{- $labels.host -}} ", "{{/* comment */}}{{ $labels.none }}", "{{ parseDuration \"x\" }}", "{{ 0 | toTime }} {{ $value | humanizeTimestamp }}",
	}
	var samples []alert.Sample
	for i, host := range []string{"a", "b", "", "\x00\x1e\x00", "{{ x }}", "$", "\n", "\xff"} {
		samples = append(samples, alert.Sample{Value: float64(i), Labels: alert.LabelsFromStrings(alert.MetricName, "m", "host", host, "n", fmt.Sprint(i))})
	}
	for range 300 { // more than are expanded together
		samples = append(samples, samples[:4]...)
	}
	external, err := url.Parse("http://prometheus/sub")
	if err != nil {
		t.Fatal(err)
	}
	x := rules.Expander{ExternalURL: external, ExternalLabels: map[string]string{"site": "s"}, Query: func(context.Context, string, time.Time) ([]alert.Sample, error) {
		return []alert.Sample{{Value: 7}}, nil
	}}
	at := time.Unix(1_700_000_000, 0)
	for _, text := range texts {
		r := &rules.Rule{
			Name: "R{{x}}", Labels: []rules.Template{{Name: "alertname", Text: "no"}, {Name: "host", Text: text}, {Name: "z", Text: "last"}},
			Annotations: []rules.Template{{Name: "fixed", Text: "f"}, {Name: "text", Text: text}},
		}
		labels, annotations := x.AlertLabels(t.Context(), r, samples, at), x.Annotations(t.Context(), r, samples, at)
		for i, s := range samples[:12] {
			alone := []alert.Sample{s}
			if want := x.AlertLabels(t.Context(), r, alone, at)[0]; !labels[i].Equal(want) {
				t.Errorf("%q: labels %v, alone %v", text, labels[i], want)
			}
			if want := x.Annotations(t.Context(), r, alone, at)[0]; !annotations[i].Equal(want) {
				t.Errorf("%q: annotations %v, alone %v", text, annotations[i], want)
			}
			if labels[i].Get(alert.AlertName) != "R{{x}}" || labels[i].Get("z") != "last" || labels[i].Has(alert.MetricName) {
				t.Errorf("%q: %v", text, labels[i])
			}
		}
		if len(labels) != len(samples) || !labels[1204].Equal(x.AlertLabels(t.Context(), r, samples[1204:1205], at)[0]) {
			t.Errorf("%q: the last chunk differs", text)
		}
	}
}

// An alert that goes on as it was costs next to nothing.
func TestStepAllocations(t *testing.T) {
	const alerts = 1000
	r := &rules.Rule{ID: "r", Name: "R", OnMissing: rules.Keep}
	var o rules.Outcome
	for i := range alerts {
		ls := alert.LabelsFromStrings(alert.AlertName, "R", "instance", strings.Repeat("x", i%7)+fmt.Sprint(i))
		o.Breaches = append(o.Breaches, rules.Breach{Labels: ls, Series: ls.Fingerprint(), Value: 1})
	}
	at := time.Unix(1_700_000_000, 0)
	begun, err := r.Step(nil, o, at)
	if err != nil || len(begun.Active) != alerts {
		t.Fatal(len(begun.Active), err)
	}
	allocs := testing.AllocsPerRun(10, func() {
		if steps, err := r.Step(begun.Active, o, at.Add(time.Minute)); err != nil || len(steps.Changed) > 0 {
			t.Fatal(steps.Changed, err)
		}
	})
	if each := allocs / alerts; each > 2 {
		t.Errorf("%.2f allocations for an unchanged alert", each)
	}
	t.Logf("%.3f allocations for an unchanged alert", allocs/alerts)
}
