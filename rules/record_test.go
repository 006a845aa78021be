package rules_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/internal/alert"
	"alertd/rules"
)

func TestRecorded(t *testing.T) {
	sample := func(value float64, pairs ...string) alert.Sample {
		return alert.Sample{Labels: alert.LabelsFromStrings(pairs...), Value: value}
	}
	r := &rules.Rule{Record: "new:name", Limit: 2, Labels: []rules.Template{{Name: "gone", Text: ""}, {Name: "team", Text: "{{ $value }}"}}}
	got, err := r.Recorded([]alert.Sample{sample(1, alert.MetricName, "old", "gone", "x", "i", "a"), sample(2, "i", "b", "team", "own")})
	if err != nil || len(got) != 2 || got[0].Value != 1 || got[1].Value != 2 ||
		got[0].Labels.String() != `{__name__="new:name", i="a", team="{{ $value }}"}` ||
		got[1].Labels.String() != `{__name__="new:name", i="b", team="{{ $value }}"}` {
		t.Errorf("recorded %v, error %v", got, err)
	}
	if got, err := r.Recorded(nil); err != nil || len(got) != 0 {
		t.Errorf("nothing gave %v, error %v", got, err)
	}
	for name, test := range map[string]struct {
		samples []alert.Sample
		want    string
	}{
		"alike":     {[]alert.Sample{sample(1, "team", "a"), sample(2, "team", "b")}, "the same labels"},
		"too many":  {[]alert.Sample{sample(1, "i", "a"), sample(1, "i", "b"), sample(1, "i", "c")}, "3, limit 2"},
		"histogram": {[]alert.Sample{{Histogram: "{count:1, sum:1}"}}, "native histogram"},
	} {
		if got, err := r.Recorded(test.samples); err == nil || got != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: recorded %v, error %v", name, got, err)
		}
	}
	if _, err := r.Recorded([]alert.Sample{sample(1, "team", "a"), sample(2, "team", "b")}); !errors.Is(err, rules.ErrDuplicate) {
		t.Errorf("error %v", err)
	}
}

func TestLoadFilesRecording(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.yml": ruleFile,
		"b.yml": "groups: [{name: only, rules: [{record: r, expr: '1'}, {record: r, expr: '2'}]}, {name: empty}]",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := []rules.FileSpec{{Path: dir + "/*.yml"}}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	groups, err := rules.LoadFiles(files, rules.FileOptions{Interval: time.Minute, Recording: true, Logger: logger})
	if err != nil || len(groups) != 3 || log.Len() > 0 {
		t.Fatalf("groups %+v, error %v, log %s", groups, err, &log)
	}
	r := groups[0].Rules[0]
	if r.Record != "disk:ratio" || r.Name != "disk:ratio" || r.Limit != 7 || r.Expr(at(0)) != "a / b" || len(r.Labels) != 2 {
		t.Errorf("rule %+v", r)
	}
	if twins := groups[1].Rules; len(twins) != 2 || twins[0].ID == twins[1].ID {
		t.Errorf("twins %+v", twins)
	}
	alone, err := rules.LoadFiles(files, rules.FileOptions{Interval: time.Minute, Logger: logger})
	if err != nil || len(alone) != 2 || len(alone[0].Rules) != 3 || alone[0].Rules[0].ID != groups[0].Rules[1].ID {
		t.Errorf("without recording rules: %+v, error %v", alone, err)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "rules=3") ||
		!strings.Contains(got, dir+"/a.yml;disks") || !strings.Contains(got, dir+"/b.yml;only") {
		t.Errorf("log %s", got)
	}
}
