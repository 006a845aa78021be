package ctl

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"alertd/internal/alert"
	"alertd/internal/chart"
	"alertd/rules"
	"alertd/rules/backtest"
)

// writeChart draws what was replayed: one rule with its values, several as
// rows of when they fired.
func (c *cli) writeChart(ctx context.Context, form backtestForm, variants []*variant, s span) error {
	picture := chart.Chart{From: s.from, To: s.to, Location: c.Now().Location(), Dark: form.dark, Width: form.width}
	all := pairs(variants)
	if len(all) == 1 {
		if err := c.drawRule(ctx, &picture, variants, all[0], s); err != nil {
			return err
		}
	} else {
		drawRules(&picture, variants, all, s)
	}
	f, err := os.Create(form.png)
	if err != nil {
		return failed(ExitNo, "cannot write the picture", err)
	}
	err = picture.WritePNG(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return failed(ExitNo, "cannot write the picture", err)
	}
	return nil
}

// drawRule draws the values of a rule, its thresholds, and a band for each
// variant of it.
func (c *cli) drawRule(ctx context.Context, picture *chart.Chart, variants []*variant, reports []*backtest.Report, s span) error {
	n := slices.IndexFunc(reports, func(r *backtest.Report) bool { return r != nil })
	r, v := reports[n], variants[n]
	group := v.groups[slices.IndexFunc(v.groups, func(g rules.Group) bool { return g.Name == r.Group })]
	progress := c.progress("drawing " + r.Rule.Name)
	progress.show(0, 1)
	values, err := backtest.Values(ctx, v.options(s, nil), group, r.Rule)
	progress.done()
	if err != nil {
		return failed(ExitUnreachable, "cannot draw "+r.Rule.Name, err)
	}
	picture.Title = r.Rule.Name
	picture.Subtitle = subtitle(reports, s, picture.Location)
	picture.Unit = r.Rule.Unit
	picture.Gap = max(5*r.Step, 3*s.to.Sub(s.from)/1500)
	const drawn = 8
	common := commonLabels(values)
	for _, series := range values[:min(drawn, len(values))] {
		line := chart.Series{Name: seriesName(series.Labels, common)}
		for _, p := range series.Points {
			line.Points = append(line.Points, chart.Point{At: time.UnixMilli(p.At), Value: p.Value})
		}
		picture.Series = append(picture.Series, line)
	}
	if len(values) > drawn {
		picture.Subtitle += fmt.Sprintf(" · %d of %d series", drawn, len(values))
	} else if len(values) == 1 && len(values[0].Labels) > 0 {
		picture.Subtitle = typedLabels(values[0].Labels) + " · " + picture.Subtitle
	}
	for i, report := range reports {
		if report == nil {
			continue
		}
		bound, ok := report.Rule.Bound(s.to)
		if ok && strings.ContainsAny(bound.Operator, "<>") && report.Rule.Unit != "timestamp" && len(values) > 0 {
			picture.Thresholds = append(picture.Thresholds, chart.Threshold{
				Value: bound.Value, Label: bound.Operator + " " + chart.Reading(bound.Value, report.Rule.Unit), Band: len(picture.Bands),
			})
		}
		picture.Bands = append(picture.Bands, band(variants[i].name, report, s))
	}
	return nil
}

// drawRules draws a band for each rule that fired, or for each of its variants.
func drawRules(picture *chart.Chart, variants []*variant, all [][]*backtest.Report, s span) {
	picture.Title = "What would have fired"
	picture.Subtitle = spanText(s, picture.Location)
	for _, reports := range all {
		if !slices.ContainsFunc(reports, func(r *backtest.Report) bool { return r != nil && len(r.Incidents) > 0 }) {
			continue
		}
		for i, r := range reports {
			if r == nil {
				continue
			}
			name := r.Rule.Name
			if slices.ContainsFunc(all, func(o []*backtest.Report) bool { return o[i] != nil && o[i] != r && o[i].Rule.Name == name }) {
				name += " (" + groupName(r) + ")"
			}
			if len(variants) > 1 {
				name += ", " + variants[i].name
			}
			picture.Bands = append(picture.Bands, band(name, r, s))
		}
	}
	if len(picture.Bands) == 0 {
		picture.Bands = []chart.Band{{Name: "Nothing"}}
	}
}

func band(name string, r *backtest.Report, s span) chart.Band {
	b := chart.Band{Name: name, Note: fired(r)}
	for i := range r.Incidents {
		one := chart.Interval{From: r.Incidents[i].FiredAt, To: r.Incidents[i].ResolvedAt}
		if one.To.IsZero() {
			one.To = s.to
		}
		b.Intervals = append(b.Intervals, one)
	}
	return b
}

func fired(r *backtest.Report) string {
	if len(r.Incidents) == 0 {
		return "never fired"
	}
	return count(len(r.Incidents), "incident") + ", " + spell(r.FiringFor()) + " firing"
}

func subtitle(reports []*backtest.Report, s span, loc *time.Location) string {
	if len(reports) == 1 {
		return fired(reports[0]) + " · " + spanText(s, loc)
	}
	return spanText(s, loc)
}

func spanText(s span, loc *time.Location) string {
	return s.from.In(loc).Format("Jan 2 15:04") + " to " + s.to.In(loc).Format("Jan 2 15:04 MST")
}

// commonLabels returns the names of the labels that all series have alike.
func commonLabels(all []alert.Series) []string {
	if len(all) < 2 {
		return nil
	}
	var out []string
	for _, l := range all[0].Labels {
		if !slices.ContainsFunc(all, func(s alert.Series) bool { return s.Labels.Get(l.Name) != l.Value }) {
			out = append(out, l.Name)
		}
	}
	return out
}

func seriesName(labels alert.Labels, common []string) string {
	switch own := labels.Without(common...); len(own) {
	case 0:
		return "{}"
	case 1:
		return own[0].Value
	default:
		return typedLabels(own)
	}
}
