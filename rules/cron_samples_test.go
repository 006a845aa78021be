package rules_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"alertd/rules"
)

// samples are what a source gave at several moments: a file of testdata/cron.
type samples []sample

type sample struct {
	taken    float64 // Unix seconds
	name     string
	families map[string]*dto.MetricFamily
}

// phase is what a target gives from a time on: that of a moment of that name.
type phase struct {
	from   time.Duration
	moment string // "": the target is down
	// ticking: what was the time then goes on with the time.
	ticking bool
}

// target is what Prometheus scrapes.
type target struct {
	instance, job string
	honorLabels   bool
}

func readSamples(t *testing.T, source string) samples {
	t.Helper()
	text, err := os.ReadFile("testdata/cron/" + source + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	header := regexp.MustCompile(`(?m)^-- (\d+) (.+) --\n`)
	var all samples
	places := header.FindAllStringSubmatchIndex(string(text), -1)
	for i, at := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(string(text[at[1]:end])))
		if err != nil {
			t.Fatalf("%s, %s: %v", source, text[at[0]:at[1]], err)
		}
		taken, err := strconv.ParseFloat(string(text[at[2]:at[3]]), 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sample{taken, string(text[at[4]:at[5]]), families})
	}
	return all
}

// load writes what Prometheus has, scraping the target every minute until to,
// in promqltest's notation. Times in the samples are moved to when their phase
// began; those before it, to the phases before.
func (s samples) load(t *testing.T, on target, phases []phase, to time.Duration) string {
	t.Helper()
	minutes := int(to/time.Minute) + 1
	series := map[string][]string{}
	put := func(minute int, id string, value float64) {
		if series[id] == nil {
			series[id] = make([]string, minutes)
		}
		series[id][minute] = strconv.FormatFloat(value, 'f', -1, 64)
	}
	for minute := range minutes {
		at := time.Duration(minute) * time.Minute
		i := len(phases) - 1
		for phases[i].from > at {
			i--
		}
		up := 0.0
		if phases[i].moment != "" {
			up = 1
			for id, value := range s.at(t, on, phases[:i+1], at) {
				put(minute, id, value)
			}
		}
		put(minute, fmt.Sprintf("up{instance=%q, job=%q}", on.instance, on.job), up)
	}
	var load strings.Builder
	for _, id := range slices.Sorted(maps.Keys(series)) {
		for i, value := range series[id] {
			switch {
			case value != "":
			case i > 0 && series[id][i-1] != "_" && series[id][i-1] != "stale":
				series[id][i] = "stale"
			default:
				series[id][i] = "_"
			}
		}
		fmt.Fprintf(&load, "\n  %s %s", id, strings.Join(series[id], " "))
	}
	return load.String()
}

// at returns the target's series at a time within the last of the phases.
func (s samples) at(t *testing.T, on target, phases []phase, at time.Duration) map[string]float64 {
	t.Helper()
	current := phases[len(phases)-1]
	i := slices.IndexFunc(s, func(m sample) bool { return m.name == current.moment })
	if i < 0 {
		t.Fatalf("there is no sample %q", current.moment)
	}
	// moved returns when a time in the samples is, in the story.
	moved := func(unix float64) float64 {
		if current.ticking && unix > s[i].taken-2 {
			return unix - s[i].taken + at.Seconds()
		}
		for _, p := range phases {
			k := slices.IndexFunc(s, func(m sample) bool { return m.name == p.moment })
			if k >= 0 && unix <= s[k].taken+1 {
				return unix - s[k].taken + p.from.Seconds()
			}
		}
		return unix - s[i].taken + current.from.Seconds()
	}
	out := map[string]float64{}
	for name, family := range s[i].families {
		for _, m := range family.Metric {
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
			if value > 1e9 {
				value = moved(value)
			}
			out[name+on.labels(m)] = value
		}
	}
	return out
}

// labels are those that Prometheus gives a scraped series.
func (on target) labels(m *dto.Metric) string {
	all := map[string]string{"instance": on.instance, "job": on.job}
	for _, l := range m.Label {
		if _, ofTarget := all[l.GetName()]; ofTarget && !on.honorLabels {
			all["exported_"+l.GetName()] = l.GetValue()
			continue
		}
		all[l.GetName()] = l.GetValue()
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" {
			parts = append(parts, fmt.Sprintf("%s=%q", name, all[name]))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// sourceTale is a job over what its source gave.
type sourceTale struct {
	source string // of the samples; the job's when ""
	on     target
	job    rules.CronJob
	phases []phase
	to     time.Duration
	want   []string
}

func tellSources(t *testing.T, tales map[string]sourceTale) {
	t.Helper()
	for name, c := range tales {
		t.Run(name, func(t *testing.T) {
			if wrong := c.job.Check(); len(wrong) > 0 {
				t.Fatalf("the job has mistakes: %+v", wrong)
			}
			on := c.on
			if on == (target{}) {
				on = target{instance: "ec2", job: "node"}
			}
			load := readSamples(t, cmp.Or(c.source, c.job.Source, "textfile")).load(t, on, c.phases, c.to)
			expectStory(t, story(t, cronSpec(c.job), "load 1m"+load, 0, c.to), c.want...)
		})
	}
}
