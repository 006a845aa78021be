package rules

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/template"
	"golang.org/x/sync/errgroup"

	"alertd/internal/alert"
)

// templatePrelude gives the variables that Prometheus documents.
const templatePrelude = `{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}`

// together is how many samples a template is executed for at once: parsing it
// takes longer than executing it a few times.
const together = 512

// separator ends the text of each sample. Where a text holds it too, the
// samples are gone through singly.
const separator = "\x00\x1e\x00"

// expand calls done with the templates expanded for each sample, for several
// at once; done must not keep the slice.
func (x *Expander) expand(ctx context.Context, r *Rule, templates []Template, samples []alert.Sample, ts time.Time, done func(i int, expanded []string)) {
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for start := 0; start < len(samples); start += together {
		chunk := samples[start:min(start+together, len(samples))]
		all.Go(func() error {
			x.expandChunk(ctx, r, templates, chunk, ts, func(i int, expanded []string) { done(start+i, expanded) })
			return nil
		})
	}
	_ = all.Wait() // nothing fails: a template leaves its error in its place
}

func (x *Expander) expandChunk(ctx context.Context, r *Rule, templates []Template, chunk []alert.Sample, ts time.Time, done func(i int, expanded []string)) {
	expanded := make([]string, len(templates))
	columns := make([][]string, len(templates))
	var data []any
	for k, t := range templates {
		if !strings.Contains(t.Text, "{{") { // most labels and many annotations hold no action
			expanded[k] = t.Text
			continue
		}
		if data == nil {
			data = x.data(chunk)
		}
		columns[k] = x.expandAll(ctx, r, t.Text, data, ts)
	}
	for i := range chunk {
		for k, column := range columns {
			if column != nil {
				expanded[k] = column[i]
			}
		}
		done(i, expanded)
	}
}

// data returns what a template is given for each sample.
func (x *Expander) data(samples []alert.Sample) []any {
	external := x.ExternalText
	if external == "" && x.ExternalURL != nil {
		external = x.ExternalURL.String()
	}
	data := make([]any, len(samples))
	for i, s := range samples {
		// The fields that Prometheus's templates know, in a type that errors write
		// as they do there.
		d := struct {
			Labels, ExternalLabels map[string]string
			ExternalURL            string
			Value                  any // a float64, or the text of a native histogram
		}{s.Labels.Map(), x.ExternalLabels, external, s.Value}
		if s.Histogram != "" {
			d.Value = s.Histogram
		}
		data[i] = d
	}
	return data
}

// expandAll expands a template for each of data, with one parsing where that
// gives the same texts, and else one by one.
func (x *Expander) expandAll(ctx context.Context, r *Rule, text string, data []any, ts time.Time) []string {
	if len(data) > 1 && x.repeatable(ctx, r, text) {
		all, err := x.execute(ctx, r, "{{range .}}"+templatePrelude+text+separator+"{{end}}", data, ts)
		texts := strings.Split(all, separator)
		if err == nil && len(texts) == len(data)+1 {
			return texts[:len(data)]
		}
	}
	texts := make([]string, len(data))
	for i, d := range data {
		var err error
		if texts[i], err = x.execute(ctx, r, templatePrelude+text, d, ts); err != nil {
			texts[i] = fmt.Sprintf("<error expanding template: %s>", err)
		}
	}
	return texts
}

// repeatable tells whether a template means the same within a range action:
// whether it parses by itself, and does not say $, which is what the whole
// template was given.
func (x *Expander) repeatable(ctx context.Context, r *Rule, text string) bool {
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "$")
		if !found {
			break
		}
		if after == "" || !strings.ContainsRune("_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(after[0])) {
			return false
		}
		rest = after
	}
	return x.template(ctx, r, templatePrelude+text, nil, time.Time{}).ParseTest() == nil
}

func (x *Expander) execute(ctx context.Context, r *Rule, text string, data any, ts time.Time) (string, error) {
	return x.template(ctx, r, text, data, ts).Expand()
}

func (x *Expander) template(ctx context.Context, r *Rule, text string, data any, ts time.Time) *template.Expander {
	t := template.NewTemplateExpander(ctx, text, "__alert_"+r.Name, data,
		model.TimeFromUnixNano(ts.UnixNano()), x.vector, x.ExternalURL, nil)
	t.Funcs(r.Functions)
	return t
}
