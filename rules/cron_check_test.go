package rules

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"alertd/internal/invalid"
)

func words(wrong []invalid.Field) []string {
	var out []string
	for _, w := range wrong {
		out = append(out, w.Path+": "+w.Problem+": "+w.Mend)
	}
	return out
}

func TestCronCheck(t *testing.T) {
	length := func(d time.Duration) *model.Duration {
		m := model.Duration(d)
		return &m
	}
	minutes := func(n int) model.Duration { return model.Duration(time.Duration(n) * time.Minute) }
	for _, c := range []struct {
		job  CronJob
		want []string
	}{
		{CronJob{Name: "etl", Schedule: "0 30 2 * * *", Early: minutes(60), MaxRuntime: minutes(60), MinRuntime: minutes(1), Failures: 100, NoOverlap: true, RebootGrace: length(0)}, nil},
		{CronJob{Name: "etl", RebootGrace: length(time.Hour)}, nil}, // max_age has a default
		{CronJob{Name: "etl", Early: minutes(1)}, []string{
			"early: early without a schedule has no meaning: add a schedule, or remove early",
		}},
		{CronJob{Name: "etl", MaxAge: length(0), RebootGrace: length(time.Hour)}, []string{
			"reboot_grace: reboot_grace with neither a schedule nor max_age has no meaning: add one of them, or remove reboot_grace",
		}},
		{CronJob{Name: "etl", Schedule: "0 8,9,17 * * *", Early: minutes(31)}, []string{
			"early: 31m is more than half the time between two slots (1h): a late run would count for the next one: use less than 30m",
		}},
		{CronJob{Name: "etl", Schedule: "0 0 30 2 *"}, []string{
			`schedule: schedule "0 0 30 2 *": no such moment ever comes: use five fields such as "30 2 * * *", six with the seconds first, or @daily`,
		}},
		{CronJob{Name: "etl", Schedule: "61 2 * * *", Timezone: "Europe/Pari"}, []string{
			"timezone: unknown time zone Europe/Pari: use an IANA name such as Europe/Paris",
			`schedule: schedule "61 2 * * *": end of range (61) above maximum (59): "61": use five fields such as "30 2 * * *", six with the seconds first, or @daily`,
		}},
		{CronJob{Name: "e\ntl"}, []string{"name: the name has control characters, such as a line break: use a name that fits in a line of text"}},
		{CronJob{Name: "etl", MaxRuntime: minutes(5), MinRuntime: minutes(5)}, []string{
			"min_runtime: min_runtime (5m) is not below max_runtime (5m): no run could be right: lower min_runtime or raise max_runtime",
		}},
		{CronJob{Name: "etl", Failures: -1}, []string{"failures: -1 is no number of failures: use 1 to 100"}},
		{CronJob{Name: "etl", Failures: 101}, []string{"failures: 101 is no number of failures: use 1 to 100"}},
	} {
		if got := words(c.job.Check()); !slices.Equal(got, c.want) {
			t.Errorf("%+v\n  %s\nwant\n  %s", c.job, strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
		}
	}
}

// Matchers must be nothing more than matchers: a rule that closes its braces
// early, or has two names, would not parse once it is too late.
func TestCheckSelector(t *testing.T) {
	for text, want := range map[string]string{
		`a="b", "c d"=~"e.*",`:     "",
		"a=\"b\" # mine\n":         "",
		`a="b"} # `:                "it closes the braces, and has a comment",
		`a="b" # mine`:             "1:16: parse error: unexpected end of input inside braces",
		`a="b"} or vector(1)`:      `1:10: parse error: unexpected <op:or>`,
		`__name__="up"`:            "it names a metric",
		`a="b", __name__=~"up|to"`: "it names a metric",
	} {
		var expected []string
		if want != "" {
			expected = []string{"selector: not a list of label matchers: " + want + `: write them as in PromQL, without braces: instance="db-1", job=~"node.*"`}
		}
		for section, got := range map[string][]invalid.Field{
			"cron":       (&CronJob{Name: "etl", Selector: text}).Check(),
			"resources":  (&Resources{Selector: text}).Check(),
			"containers": (&Containers{Selector: text}).Check(),
		} {
			if got := words(got); !slices.Equal(got, expected) {
				t.Errorf("%s: selector %s\n  %s\nwant\n  %s", section, text, got, expected)
			}
		}
	}
}

// No length of time that a configuration can write makes an expression that
// does not parse.
func TestCronLongTimes(t *testing.T) {
	century := model.Duration(200 * 365 * 24 * time.Hour)
	for _, source := range []string{"textfile", "pushgateway", "supercronic", "systemd-timer"} {
		for _, schedule := range []string{"", "0 0 29 2 *"} {
			j := CronJob{Name: "etl", CronSource: CronSource{Source: source}, Schedule: schedule, MaxAge: &century, FailedFor: century, RebootGrace: &century, Failures: maxFailures}
			if schedule != "" {
				j.Grace = &century
			}
			if wrong := words(j.Check()); len(wrong) > 0 {
				t.Fatal(wrong)
			}
			rs, err := j.compile(time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Unix(1_800_000_000, 0)
			for _, r := range rs {
				exprs := []Expression{r.Expr, r.Evidence}
				for _, fact := range r.Facts {
					exprs = append(exprs, fact.Expr)
				}
				for _, expr := range exprs {
					if _, err := NewParser().ParseExpr(expr(now)); err != nil {
						t.Errorf("%s of source %s: %v\n%s", r.Name, source, err, expr(now))
					}
				}
			}
		}
	}
}

// Times that no clock shows still begin breaches at a time that can be stored
// and written as JSON.
func TestCronImpossibleTimes(t *testing.T) {
	j := CronJob{Name: "etl", Schedule: "0 2 * * *", MaxAge: new(model.Duration)}
	rs, err := j.compile(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	missed := rs[slices.IndexFunc(rs, func(r *Rule) bool { return r.Name == "CronMissed" })]
	now := time.Unix(1_800_000_000, 0)
	for _, value := range []float64{math.Inf(-1), -1e300, -1e18, -1, 0, 1, 1e12, 1e15, 1e300, math.Inf(1), math.NaN()} {
		since := missed.Since(value, now)
		if year := since.Year(); year < 1677 || year > 2262 {
			t.Errorf("a last success of %g makes the breach begin in %s", value, since)
		}
		for _, fact := range missed.Facts {
			if year := fact.Begin(now, 0, value).Year(); year < 1677 || year > 2262 {
				t.Errorf("a boot time of %g makes the breach begin in the year %d", value, year)
			}
		}
	}
}

// A setting is a mistake where the job's metrics tell nothing that it could go by.
func TestCronCheckTold(t *testing.T) {
	all := CronJob{Name: "etl", MaxRuntime: model.Duration(time.Hour), MinRuntime: model.Duration(time.Minute), Failures: 2, NoOverlap: true}
	const mend = ": run the job with alertctl cron run, or remove "
	for name, c := range map[string]struct {
		told cronSeries
		want []string
	}{
		"all": {all.series(), nil},
		"nothing": {cronSeries{}, []string{
			"max_runtime: needs the time of the last start, which the metrics of this job do not tell" + mend + "max_runtime",
			"min_runtime: needs how long the last run took, which the metrics of this job do not tell" + mend + "min_runtime",
			"min_runtime: needs the time of the last success, which the metrics of this job do not tell" + mend + "min_runtime",
			"min_runtime: needs whether the last run succeeded, which the metrics of this job do not tell" + mend + "min_runtime",
			"no_overlap: needs whether a run started beside another, which the metrics of this job do not tell" + mend + "no_overlap",
			"failures: needs how many runs failed or when the last one did, which the metrics of this job do not tell" + mend + "failures",
		}},
		"times": {cronSeries{start: "a", success: "b", failure: "c", failureTold: "c", overlapped: "d"}, nil},
		"start alone": {cronSeries{start: "a", status: "b", overlapped: "d", failuresInRow: "e"}, []string{
			"max_runtime: needs whether the job runs or when it ended, which the metrics of this job do not tell" + mend + "max_runtime",
			"min_runtime: needs the time of the last success, which the metrics of this job do not tell" + mend + "min_runtime",
		}},
	} {
		if got := words(all.checkTold(c.told)); !slices.Equal(got, c.want) {
			t.Errorf("%s\n  %s\nwant\n  %s", name, strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
		}
	}
	timer := CronJob{Name: "etl", CronSource: CronSource{Source: "systemd-timer"}, NoOverlap: true}
	want := []string{"no_overlap: needs whether a run started beside another, which the source systemd-timer does not tell: run the job with alertctl cron run and remove source, or remove no_overlap"}
	if got := words(timer.Check()); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Whatever a job's metrics tell, what is made of them is PromQL.
func TestCronSeriesParse(t *testing.T) {
	names := []string{"status", "success", "failure", "start", "duration", "running", "failuresInRow"}
	for mask := range 1 << len(names) {
		told := func(i int) string {
			if mask&(1<<i) == 0 {
				return ""
			}
			return "max without () (" + selector(`a="b"`, names[i], names[i]+"_seconds") + ")"
		}
		s := cronSeries{
			status: told(0), success: told(1), failure: told(2), start: told(3), duration: told(4), running: told(5),
			failuresInRow: told(6), failureTold: told(2), ownMetrics: true, overlapped: "o", any: "any", here: "here", gone: "gone", by: "instance",
		}
		j := CronJob{
			Name: "etl", MaxRuntime: model.Duration(time.Hour), MinRuntime: model.Duration(time.Minute), NoOverlap: true,
			Failures: 1 + mask%2, Schedule: "@daily",
		}
		if s.status == "" || s.success == "" || len(j.checkTold(s)) > 0 {
			continue
		}
		rs, err := j.compileFrom(s, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			exprs := []Expression{r.Expr, r.Evidence}
			for _, f := range r.Facts {
				exprs = append(exprs, f.Expr)
			}
			for _, e := range exprs {
				if _, err := NewParser().ParseExpr(e(time.Unix(1e9, 0))); err != nil {
					t.Errorf("%+v: %s: %v", s, r.ID, err)
				}
			}
		}
	}
}
