package notifier

import (
	"fmt"
	"slices"
	"strings"

	"alertd/internal/alert"
)

// maxTitle is how long a title may be, in UTF-16 code units: what a phone's
// lock screen shows.
const maxTitle = 60

// summarize fills what follows from the problems: topics, icon and title.
// alerts are those of the problems, in their order.
func (d *Data) summarize(alerts []alert.Alert, c alert.Content, truncated int) {
	firing, resolved := 0, 0
	d.Recovered = true
	for i := range d.Problems {
		if d.Problems[i].Firing {
			firing++
			continue
		}
		resolved++
		d.Recovered = d.Recovered && d.Problems[i].Resolution == ""
	}
	if len(d.Problems) > 0 {
		d.Icon = d.Problems[0].Icon
		if d.Problems[0].Firing {
			d.Severity = d.Problems[0].Severity
		} else if !d.Recovered {
			d.Icon = "⚪"
		}
	}
	var all []topic
	all, d.More = topics(d.Problems, alerts)
	d.More += truncated
	if len(all) > 0 {
		all[0].Only, all[len(all)-1].More = len(all) == 1, d.More
	}
	for i := range all {
		d.Topics = append(d.Topics, all[i].Topic)
	}
	d.Title = title(d, all, max(firing, len(c.Firing)), max(resolved, len(c.Resolved)))
	if len(alerts) > 0 {
		if mark := alert.DrillMark(alerts[0].Labels); mark != "" { // their groups hold nothing else
			d.Title = Shorten(mark+" "+d.Title, maxTitle)
		}
	}
}

// topic is a topic with what its title is made of.
type topic struct {
	Topic
	common []alert.Label // the telling labels that all its alerts share
	alerts []*alert.Alert
}

// topics gathers the problems by name, in their order, and returns how many
// they leave out.
func topics(problems []Problem, alerts []alert.Alert) (out []topic, more int) {
	index := map[string]int{}
	for n := range problems {
		if n >= maxShown {
			return describe(out), len(problems) - maxShown
		}
		i, ok := index[problems[n].Name]
		if !ok {
			i = len(out)
			index[problems[n].Name] = i
			out = append(out, topic{Topic: Topic{Name: problems[n].Name}})
		}
		out[i].Problems = append(out[i].Problems, problems[n])
		out[i].alerts = append(out[i].alerts, &alerts[n])
	}
	return describe(out), 0
}

// maxFullTopics is how many different problems a message can tell in full.
const maxFullTopics = 6

// brief leaves out what only a reader of few problems has time for.
func (t *topic) brief() {
	t.Description, t.Links, t.SilenceWith = "", nil, ""
	for i := range t.Problems {
		p := &t.Problems[i]
		p.Description, p.Links, p.SilenceWith = "", nil, ""
	}
}

// describe fills what the problems of each topic share.
func describe(all []topic) []topic {
	for i := range all {
		t := &all[i]
		first := t.Problems[0]
		t.Severity, t.Icon = first.Severity, first.Icon
		t.common = sharedPlace(t.alerts)
		t.Where = placeWords(t.common)
		t.Summary = shared(t.Problems, func(p Problem) string { return p.Summary })
		t.Description = shared(t.Problems, func(p Problem) string { return p.Description })
		t.Threshold = shared(t.Problems, func(p Problem) string { return p.Threshold })
		t.SilenceWith = silenceCommand(t.alerts[0].Name(), sharedPlace(firingOnes(t.alerts)))
		for _, l := range first.Links {
			if !slices.ContainsFunc(t.Problems, func(p Problem) bool { return !slices.Contains(p.Links, l) }) {
				t.Links = append(t.Links, l)
			}
		}
		if len(all) > maxFullTopics {
			t.brief()
		}
		for n := range t.Problems {
			t.Problems[n].Line = line(t.Problems[n], distinct(t.alerts[n], t.common), t.Threshold != "" && !t.Single())
		}
	}
	return all
}

// shared returns what all problems have alike, or "".
func shared(problems []Problem, of func(Problem) string) string {
	first := of(problems[0])
	for _, p := range problems[1:] {
		if of(p) != first {
			return ""
		}
	}
	return first
}

// firingOnes returns the firing alerts, or all where none is: an ended one need
// not be silenced.
func firingOnes(alerts []*alert.Alert) []*alert.Alert {
	if i := slices.IndexFunc(alerts, func(a *alert.Alert) bool { return a.State == alert.Resolved }); i > 0 {
		return alerts[:i]
	}
	return alerts
}

// sharedPlace returns the telling labels that all the alerts have alike.
func sharedPlace(alerts []*alert.Alert) []alert.Label {
	var out []alert.Label
	for _, l := range placeOf(alerts[0].Labels) {
		if !slices.ContainsFunc(alerts, func(a *alert.Alert) bool { return a.Labels.Get(l.Name) != l.Value }) {
			out = append(out, l)
		}
	}
	return out
}

// distinct returns the telling labels of the alert that are not common.
func distinct(a *alert.Alert, common []alert.Label) []alert.Label {
	return slices.DeleteFunc(placeOf(a.Labels), func(l alert.Label) bool { return slices.Contains(common, l) })
}

// line says a problem in one line of a list.
func line(p Problem, place []alert.Label, thresholdSaid bool) string {
	where := p.Where
	switch {
	case len(place) == 1:
		where = Shorten(CleanLine(place[0].Value), maxLabelValue)
	case len(place) > 1:
		where = placeWords(place)
	case where == "":
		where = p.Summary
	}
	reading := p.Reading
	if thresholdSaid {
		reading = p.Value
	}
	parts := make([]string, 0, 3)
	switch {
	case p.Firing:
		parts = append(parts, reading, fmt.Sprintf("for %s, since %s", p.Duration, p.sinceShort))
		if p.NoData != "" {
			said, _, _ := strings.Cut(p.NoData, ";")
			parts = append(parts, said)
		}
		if p.Flapping != "" {
			said, _, _ := strings.Cut(p.Flapping, ";")
			parts = append(parts, said)
		}
	case p.Resolution != "":
		parts = append(parts, fmt.Sprintf("ended after %s: %s", p.Duration, p.Resolution))
	default:
		parts = append(parts, "recovered after "+p.Duration)
		if reading != "" {
			parts = append(parts, "now "+reading)
		}
		if p.Flapping != "" {
			parts = append(parts, p.Flapping)
		}
	}
	parts = append(parts, p.Acknowledged)
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return where + ": " + strings.Join(parts, ", ")
}

// title says what broke and where. Of the ways to say it, it takes the most
// telling one that is short enough.
func title(d *Data, all []topic, firing, resolved int) string {
	if len(all) == 0 {
		return "No alerts"
	}
	var tries []string
	add := func(format string, args ...any) { tries = append(tries, d.Icon+" "+fmt.Sprintf(format, args...)) }
	counts := countWords(firing, resolved, d.Recovered)
	name := all[0].Name
	switch {
	case firing+resolved == 1 && len(all) == 1:
		if firing == 0 {
			name += " " + endedWord(d.Recovered)
		}
		place := placeOf(all[0].alerts[0].Labels)
		if long := placeShort(place); long != "" {
			add("%s: %s", name, long)
			add("%s: %s", name, Shorten(CleanLine(place[0].Value), maxLabelValue))
		}
		// Part of the place is better than none of it.
		if len(place) == 0 || Length(name) > maxTitle-12 {
			add("%s", name)
		}
	case len(all) == 1:
		if where := placeShort(all[0].common); where != "" {
			add("%s: %s (%s)", name, counts, where)
		}
		add("%s: %s", name, counts)
	default:
		names := make([]string, 0, len(all))
		for _, t := range all {
			names = append(names, t.Name)
		}
		for n := min(len(names), 5); n > 0; n-- {
			rest := ""
			if n < len(names) {
				rest = fmt.Sprintf(" and %d more", len(names)-n)
			}
			add("%s: %s%s", counts, strings.Join(names[:n], ", "), rest)
		}
		add("%s", counts)
	}
	for _, try := range tries {
		if Length(try) <= maxTitle {
			return try
		}
	}
	return Shorten(tries[len(tries)-1], maxTitle)
}

func countWords(firing, resolved int, recovered bool) string {
	switch {
	case resolved == 0:
		return fmt.Sprintf("%d firing", firing)
	case firing == 0:
		return fmt.Sprintf("%d %s", resolved, endedWord(recovered))
	default:
		return fmt.Sprintf("%d firing, %d %s", firing, resolved, endedWord(recovered))
	}
}

func endedWord(recovered bool) string {
	if recovered {
		return "recovered"
	}
	return "ended"
}
