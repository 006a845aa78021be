package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"

	"alertd/internal/config/document"
	"alertd/internal/mutetime"
)

// intervalSection is an entry of time_intervals, in Alertmanager's form.
type intervalSection struct {
	Name          string        `yaml:"name"`
	TimeIntervals document.Node `yaml:"time_intervals"`
}

// intervalParts is one interval of an entry; what is left out does not
// restrict it.
type intervalParts struct {
	Times       document.Node `yaml:"times"`
	Weekdays    document.Node `yaml:"weekdays"`
	DaysOfMonth document.Node `yaml:"days_of_month"`
	Months      document.Node `yaml:"months"`
	Years       document.Node `yaml:"years"`
	Location    document.Node `yaml:"location"`
}

// timeIntervals reads time_intervals and, by its older name,
// mute_time_intervals.
func (b *builder) timeIntervals() {
	b.out.TimeIntervals, b.out.intervalPaths = mutetime.Intervals{}, map[string]string{}
	for _, section := range []struct {
		key  string
		node document.Node
	}{{"mute_time_intervals", b.in.MuteTimeIntervals}, {"time_intervals", b.in.TimeIntervals}} {
		for i, item := range section.node.Items() {
			var entry intervalSection
			item.Decode(&entry)
			switch _, twice := b.out.TimeIntervals[entry.Name]; {
			case entry.Name == "" && !item.IsMapping():
				continue // told as that
			case entry.Name == "":
				item.Fail("a time interval without a name", "add name: NAME, by which routes can name it")
				continue
			case twice:
				item.At("name").Fail("a time interval named "+entry.Name+" is already there", "give each a name of its own; one name may have several intervals under time_intervals")
			}
			parsed := []timeinterval.TimeInterval{}
			for _, one := range entry.TimeIntervals.Items() {
				parsed = append(parsed, parseInterval(one))
			}
			b.out.TimeIntervals[entry.Name] = parsed
			b.out.intervalPaths[entry.Name] = fmt.Sprintf("%s[%d].name", section.key, i)
		}
	}
}

func parseInterval(n document.Node) (out timeinterval.TimeInterval) {
	var parts intervalParts
	n.Decode(&parts)
	out.Times = ranges[timeinterval.TimeRange](parts.Times, `write {start_time: "09:00", end_time: "17:00"}; what goes over midnight is two, one until "24:00" and one from "00:00"`)
	out.Weekdays = ranges[timeinterval.WeekdayRange](parts.Weekdays, "write a day such as saturday, or a range such as monday:friday; the week begins with sunday")
	out.DaysOfMonth = ranges[timeinterval.DayOfMonthRange](parts.DaysOfMonth, "write a day or a range from 1 to 31, such as 1:5, or from the end of the month, such as -3:-1")
	out.Months = ranges[timeinterval.MonthRange](parts.Months, "write a month such as december or 12, or a range such as june:august")
	out.Years = ranges[timeinterval.YearRange](parts.Years, "write a year, or a range such as 2026:2030")
	var name string
	if parts.Location.Decode(&name); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil {
			parts.Location.Fail(err.Error(), "use an IANA name such as Europe/Paris, or Local for the host's")
		} else {
			out.Location = &timeinterval.Location{Location: zone}
		}
	}
	return out
}

// ranged is a pointer to one of timeinterval's ranges.
type ranged[T any] interface {
	*T
	UnmarshalYAML(unmarshal func(any) error) error
}

// ranges reads a list of ranges by Alertmanager's own decoder; nil where there
// is no list.
func ranges[T any, P ranged[T]](n document.Node, mend string) []T {
	if !n.IsList() {
		n.Items() // tells what is wrong
		return nil
	}
	out := []T{} // an empty list holds never
	for _, item := range n.Items() {
		var r T
		known := true
		err := P(&r).UnmarshalYAML(func(into any) error {
			before := reflect.ValueOf(into).Elem().Interface()
			item.Decode(into)
			// Where nothing could be read, that has been told.
			known = reflect.ValueOf(into).Elem().Interface() != before
			return nil
		})
		switch {
		case err == nil:
			out = append(out, r)
		case known:
			item.Fail(err.Error(), mend)
		}
	}
	return out
}

// checkIntervals notes names of time intervals that a route may not use.
func (b *builder) checkIntervals(n document.Node, names []string) {
	known := slices.Sorted(maps.Keys(b.out.TimeIntervals))
	items := n.Items()
	for i, name := range names {
		if _, ok := b.out.TimeIntervals[name]; ok || i >= len(items) || name == "" {
			continue
		}
		mend := "add it to time_intervals"
		if meant := document.Suggest(name, known); meant != "" {
			mend = "did you mean " + meant + "?"
		}
		items[i].Fail("there is no time interval "+name, mend)
	}
}
