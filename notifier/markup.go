package notifier

import "github.com/prometheus/alertmanager/template"

// Markup is how a channel makes text that came from outside harmless. Each
// function treats each character by itself; nil leaves its kind as it is.
type Markup struct {
	Text func(string) string // in running text
	Code func(string) string // between marks of code
	URL  func(string) string // as the address of a link
}

// maxTemplateValue bounds each label and annotation that a channel's templates
// see, in UTF-16 code units.
const maxTemplateValue = 4096

// in returns a copy of the data in the markup, for the channel's templates:
// what their author wrote keeps its meaning, what alerts bring has none.
func (d *Data) in(markup Markup) *Data {
	w := writer{text: cleaned(markup.Text), code: cleaned(markup.Code), url: orSame(markup.URL)}
	am := *d.Data
	am.GroupLabels, am.CommonLabels = w.kv(d.GroupLabels), w.kv(d.CommonLabels)
	am.CommonAnnotations, am.RouteLabels = w.kv(d.CommonAnnotations), w.kv(d.RouteLabels)
	am.ExternalURL = w.url(d.ExternalURL)
	am.Alerts = make(template.Alerts, len(d.Alerts))
	for i, a := range d.Alerts {
		a.Labels, a.Annotations = w.kv(a.Labels), w.kv(a.Annotations)
		a.GeneratorURL = w.url(webURL(a.GeneratorURL))
		am.Alerts[i] = a
	}
	out := *d
	out.Data = &am
	out.GroupKey, out.Title, out.Severity = w.text(d.GroupKey), w.text(d.Title), w.text(d.Severity)
	out.Problems = w.problems(d.Problems)
	out.Topics = make([]Topic, len(d.Topics))
	for i, t := range d.Topics {
		t.Name, t.Severity, t.Summary, t.Description = w.text(t.Name), w.text(t.Severity), w.text(t.Summary), w.text(t.Description)
		t.Where, t.Threshold, t.SilenceWith = w.text(t.Where), w.text(t.Threshold), w.code(t.SilenceWith)
		t.Links, t.Problems = w.links(t.Links), w.problems(t.Problems)
		out.Topics[i] = t
	}
	return &out
}

// writer puts values into a markup.
type writer struct{ text, code, url func(string) string }

func orSame(f func(string) string) func(string) string {
	if f == nil {
		return func(s string) string { return s }
	}
	return f
}

// cleaned returns f after cleaning and bounding. It remembers what it did,
// because the same values come again and again.
func cleaned(f func(string) string) func(string) string {
	f = orSame(f)
	done := map[string]string{}
	return func(s string) string {
		out, ok := done[s]
		if !ok {
			out = f(Shorten(Clean(s), maxTemplateValue))
			done[s] = out
		}
		return out
	}
}

// kv leaves plain label names as they are, because templates select by them.
func (w writer) kv(kv template.KV) template.KV {
	out := make(template.KV, len(kv))
	for name, value := range kv {
		if !madeOf(name, "_") {
			name = w.text(name)
		}
		out[name] = w.text(value)
	}
	return out
}

func (w writer) links(links []Link) []Link {
	out := make([]Link, len(links))
	for i, l := range links {
		out[i] = Link{Text: w.text(l.Text), URL: w.url(l.URL)}
	}
	return out
}

func (w writer) problems(problems []Problem) []Problem {
	out := make([]Problem, len(problems))
	for i, p := range problems {
		for _, s := range []*string{
			&p.Name, &p.Severity, &p.Summary, &p.Description, &p.Where, &p.Since, &p.Duration, &p.EndedAt,
			&p.Value, &p.Threshold, &p.Reading, &p.NoData, &p.Flapping, &p.Resolution, &p.Line,
		} {
			*s = w.text(*s)
		}
		p.SilenceWith = w.code(p.SilenceWith)
		p.Labels, p.Annotations, p.Links = w.kv(p.Labels), w.kv(p.Annotations), w.links(p.Links)
		out[i] = p
	}
	return out
}
