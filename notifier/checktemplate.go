package notifier

import (
	"maps"
	"regexp"
	"strings"
	texttemplate "text/template"

	"github.com/prometheus/alertmanager/template"
)

// Templated is a field of an integration's settings that holds a template.
type Templated struct {
	Path string // yaml path within the settings, such as fields[0].title
	Text string
}

// CheckTemplates returns the mistakes of templates that cannot be parsed. What a
// template calls that is defined in a file is not looked for.
func CheckTemplates(fields ...Templated) []FieldError {
	functions := texttemplate.FuncMap(maps.Clone(template.DefaultFuncs))
	functions["routeLabels"] = func(string) string { return "" } // its own is made for each message
	var wrong []FieldError
	for _, f := range fields {
		if !strings.Contains(f.Text, "{{") {
			continue
		}
		if _, err := texttemplate.New("").Funcs(functions).Parse(f.Text); err != nil {
			problem := regexp.MustCompile(`^template: :(\d+): `).ReplaceAllString(err.Error(), "")
			wrong = append(wrong, FieldError{
				Path: f.Path, Problem: "not a template: " + problem,
				Mend: "correct it; see https://prometheus.io/docs/alerting/latest/notifications/ for what a template may say",
			})
		}
	}
	return wrong
}
