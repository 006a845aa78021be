package alert_test

import (
	"encoding/json"
	"testing"
	"testing/quick"
	"time"

	"alertd/internal/alert"
)

func TestLabels(t *testing.T) {
	ls := alert.LabelsFromStrings("job", "etl", "alertname", "X", "empty", "")
	if got := ls.String(); got != `{alertname="X", job="etl"}` {
		t.Errorf("written %s", got)
	}
	if ls.Has("empty") || ls.Get("job") != "etl" || ls.Get("none") != "" {
		t.Errorf("labels %v", ls)
	}
	if got := ls.With("job", "").With("a", "1").With("alertname", "Y"); got.String() != `{a="1", alertname="Y"}` {
		t.Errorf("changed %s", got)
	}
	if ls.String() != `{alertname="X", job="etl"}` {
		t.Error("the original changed")
	}
	if got := ls.Only("job", "none"); got.String() != `{job="etl"}` {
		t.Errorf("only %s", got)
	}
}

// The values come from prometheus/common's model.LabelSet.Fingerprint.
func TestFingerprint(t *testing.T) {
	for want, ls := range map[string]alert.Labels{
		"cbf29ce484222325": nil,
		"d2aeefc389ca7746": alert.LabelsFromStrings("alertname", "X"),
		"8489d4bae8e1fb13": alert.LabelsFromStrings("alertname", "CronFailed", "cron_job", "etl", "instance", "ec2:9100"),
	} {
		if got := ls.Fingerprint().String(); got != want {
			t.Errorf("%s: %s, want %s", ls, got, want)
		}
	}
	parsed, err := alert.ParseFingerprint("00000000000000ff")
	if err != nil || parsed != 255 || parsed.String() != "00000000000000ff" {
		t.Errorf("parsed %v, error %v", parsed, err)
	}
}

func TestLabelsJSON(t *testing.T) {
	roundTrip := func(m map[string]string) bool {
		ls := alert.LabelsFromMap(m)
		data, err := json.Marshal(ls)
		if err != nil {
			return false
		}
		var back alert.Labels
		return json.Unmarshal(data, &back) == nil && back.Fingerprint() == alert.LabelsFromMap(back.Map()).Fingerprint()
	}
	if err := quick.Check(roundTrip, nil); err != nil {
		t.Error(err)
	}
}

func TestMatchers(t *testing.T) {
	ls := alert.LabelsFromStrings("job", "etl")
	for _, test := range []struct {
		name  string
		op    alert.MatchOp
		value string
		want  bool
	}{
		{"job", alert.MatchEqual, "etl", true},
		{"job", alert.MatchNotEqual, "etl", false},
		{"job", alert.MatchRegexp, "e.*", true},
		{"job", alert.MatchRegexp, "e", false}, // the whole value
		{"job", alert.MatchNotRegexp, "x|y", true},
		{"none", alert.MatchEqual, "", true}, // absent is empty
		{"none", alert.MatchNotEqual, "", false},
	} {
		m, err := alert.NewMatcher(test.name, test.op, test.value)
		if err != nil {
			t.Fatal(err)
		}
		if got := (alert.Matchers{m}).Matches(ls); got != test.want {
			t.Errorf("%s: %v, want %v", m, got, test.want)
		}
		data, err := json.Marshal(m)
		var back alert.Matcher
		if err != nil || json.Unmarshal(data, &back) != nil || back.String() != m.String() || back.Matches("etl") != m.Matches("etl") {
			t.Errorf("%s became %s (%s), error %v", m, back, data, err)
		}
	}
	for _, bad := range []struct {
		name string
		op   alert.MatchOp
		text string
	}{{"", alert.MatchEqual, "x"}, {"a", "~", "x"}, {"a", alert.MatchRegexp, "("}, {"a", alert.MatchRegexp, "a)|(b"}} {
		if _, err := alert.NewMatcher(bad.name, bad.op, bad.text); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestSilence(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m, err := alert.NewMatcher("job", alert.MatchEqual, "etl")
	if err != nil {
		t.Fatal(err)
	}
	s := alert.Silence{ID: "s", Matchers: alert.Matchers{m}, StartsAt: now, EndsAt: now.Add(time.Hour), CreatedBy: "a", Comment: "c"}
	for at, want := range map[time.Duration]alert.SilenceState{
		-time.Second: alert.SilencePending, 0: alert.SilenceActive, time.Hour: alert.SilenceExpired,
	} {
		if got := s.StateAt(now.Add(at)); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
	if ids := (alert.Silences{s}).Matching(alert.LabelsFromStrings("job", "etl"), now); len(ids) != 1 {
		t.Errorf("matching %v", ids)
	}
}

func TestEvaluationMerge(t *testing.T) {
	e := alert.Evaluation{Upserts: []alert.Alert{{ID: "a", State: alert.Pending}, {ID: "b", State: alert.Pending}}}
	e.Merge(&alert.Evaluation{
		Upserts: []alert.Alert{{ID: "a", State: alert.Firing}}, Deletes: []string{"b"},
		Touched: map[string][]alert.GroupRef{"a": {{Key: "g"}}},
	})
	if len(e.Upserts) != 1 || e.Upserts[0].State != alert.Firing || len(e.Touched) != 1 || len(e.Deletes) != 1 {
		t.Errorf("merged %+v", e)
	}
}

func TestOverlay(t *testing.T) {
	ls := alert.LabelsFromStrings
	for name, tt := range map[string]struct {
		base alert.Labels
		over alert.Labels
		want alert.Labels
	}{
		"nothing over":   {ls("a", "1"), nil, ls("a", "1")},
		"over nothing":   {nil, ls("a", "1"), ls("a", "1")},
		"between":        {ls("a", "1", "c", "3"), ls("b", "2"), ls("a", "1", "b", "2", "c", "3")},
		"in place":       {ls("a", "1", "b", "2"), ls("b", "x"), ls("a", "1", "b", "x")},
		"empty removes":  {ls("a", "1", "b", "2"), alert.Labels{{"a", ""}, {"z", ""}}, ls("b", "2")},
		"before, after":  {ls("m", "1"), ls("a", "0", "z", "2"), ls("a", "0", "m", "1", "z", "2")},
		"all are over":   {ls("a", "1", "b", "2"), ls("a", "x", "b", "y"), ls("a", "x", "b", "y")},
		"all are erased": {ls("a", "1"), alert.Labels{{"a", ""}}, alert.Labels{}},
	} {
		if got := tt.base.Overlay(tt.over); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
