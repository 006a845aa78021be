package cronrun

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseFormer(t *testing.T) {
	for name, tt := range map[string]struct {
		file    string
		job     string
		values  map[string]float64
		foreign []string
		warning string // "" is none
	}{
		"empty": {},
		"own": {
			file: "# alertd job: nightly etl\n# HELP etl_last_run_status x\n# TYPE etl_last_run_status gauge\n" +
				"etl_last_run_status 1\netl_last_success_timestamp 1.764e9\n",
			job:    "nightly etl",
			values: map[string]float64{lastStatus: 1, lastSuccess: 1764000000},
		},
		"Windows line ends, spaces, no last line end": {
			file:    "  etl_last_run_status   0 \r\n\r\n\trows{a=\"b\"}\t1\r\netl_last_exit_code{} 4",
			values:  map[string]float64{lastStatus: 0, lastExitCode: 4},
			foreign: []string{"rows{a=\"b\"}\t1"},
		},
		"the last of several": {
			file:   "etl_last_run_status 1\netl_last_run_status 0\n",
			values: map[string]float64{lastStatus: 0},
		},
		"0 for never": {
			file:   "etl_last_success_timestamp 0\netl_last_failure_timestamp 7\netl_running 0\n",
			values: map[string]float64{lastFailure: 7, running: 0},
		},
		"a half-written line": {
			file:    "etl_last_success_timestamp 5\netl_last_failure_times",
			values:  map[string]float64{lastSuccess: 5},
			warning: `line 2, "etl_last_failure_times"`,
		},
		"no number": {
			file:    "etl_last_success_timestamp $(date +%s)\netl_last_run_status\nrows 1\n",
			foreign: []string{"rows 1"},
			warning: "left out 2 malformed lines",
		},
		"not finite": {
			file:    "etl_last_success_timestamp NaN\n",
			warning: "no value of a job",
		},
		"negative": {
			file:    "etl_last_success_timestamp -5\n",
			warning: "no value of a job",
		},
		"own with labels": {
			file:    "etl_last_run_status{job=\"etl\"} 0\n",
			warning: "no labels",
		},
		"timestamps are taken off": {
			file:    "rows{text=\"a b} 1\"} 3 1764000000000\netl_last_exit_code 3 1764000000000\n",
			values:  map[string]float64{lastExitCode: 3},
			foreign: []string{`rows{text="a b} 1"} 3`},
		},
		"others' families": {
			file: "# HELP h A histogram.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n" +
				"# a remark\nnan NaN\n",
			foreign: []string{
				"# HELP h A histogram.", "# TYPE h histogram", `h_bucket{le="+Inf"} 2`, "h_sum 1", "h_count 2",
				"# a remark", "nan NaN",
			},
		},
		"a second TYPE": {
			file:    "# TYPE rows counter\nrows 1\n# TYPE rows gauge\n# HELP rows One.\n# HELP rows Two.\nlines 2\n",
			foreign: []string{"# TYPE rows counter", "rows 1", "# HELP rows One.", "lines 2"},
			warning: `"# TYPE rows gauge"`,
		},
		"a TYPE after its samples": {
			file:    "rows 1\n# TYPE rows gauge\n",
			foreign: []string{"rows 1"},
			warning: "TYPE reported after samples",
		},
		"too many contradictions": {
			file:    "rows 1\n" + strings.Repeat("# TYPE rows gauge\n", 1000),
			warning: "malformed lines",
		},
		"unknown type, bad escape, not UTF-8": {
			file:    "# TYPE rows number\nrows{a=\"\\x\"} 1\n# \xff\nrows 1\n",
			foreign: []string{"rows 1"},
			warning: "left out 3 malformed lines",
		},
		"quoted names": {
			file:    "# TYPE \"etl_running\" counter\n{\"etl_running\"} 1\n{\"rows\",a=\"b\"} 2\n{\"not-legacy\"} 1\n",
			values:  map[string]float64{running: 1},
			foreign: []string{`{"rows",a="b"} 2`},
			warning: "invalid metric name",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, warnings := parseFormer("etl", []byte(tt.file))
			if r.job != tt.job || !maps.Equal(r.values, tt.values) || !slices.Equal(r.foreign, tt.foreign) {
				t.Errorf("got %+v", r)
			}
			if all := strings.Join(warnings, "\n"); !strings.Contains(all, tt.warning) || (all != "") != (tt.warning != "") || len(warnings) > 1 {
				t.Errorf("warnings %q, want %q", warnings, tt.warning)
			}
		})
	}
}

// Whatever the file held, what is written next is accepted by node_exporter's
// parser, has no timestamps, carries this run, and is stable from then on.
func FuzzParseFormer(f *testing.F) {
	for _, seed := range []string{
		"",
		"# alertd job: etl\n# HELP etl_running x\n# TYPE etl_running gauge\netl_running 1\n",
		"# TYPE etl_running counter\netl_running{a=\"b\"} 1 5\nrows 1 5\n",
		"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum NaN\nh_count 1\n# TYPE h_count gauge\n",
		"# TYPE etl_last summary\netl_last{quantile=\"0.5\"} 1\netl_last_count 3\n",
		"{\"etl_running\"} 1\n{} 1\n{a=\"b\"} 1\n{\"a\",\"b\"} 1\n#HELP \"etl\"_running x\n# TYPE etl\"_running\" gauge\n",
		"x{a=\"\\n\\\\\\\"}\"} 1e999 \r\n\x00\n\xff\n# \n#\n# HELP\n# TYPE x\n",
		"rows 1\n# TYPE rows gauge\n# TYPE rows gauge\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, _ := parseFormer("etl", file)
		r.job = "etl"
		r.begin(time.Unix(1764000000, 0), false)
		r.end(time.Unix(1764000000, 0), time.Unix(1764000001, 0), 1, false)
		written := r.render("etl")
		values, err := parseMetrics(written)
		if err != nil && !strings.HasSuffix(err.Error(), "is there twice") { // others may repeat their own
			t.Fatalf("%v in:\n%s", err, written)
		}
		if err == nil && (values["etl_last_start_timestamp"] != 1764000000 || values["etl_last_run_status"] != 0) {
			t.Fatalf("the run is not in:\n%s", written)
		}
		again, warnings := parseFormer("etl", written)
		if len(warnings) > 0 || again.job != r.job || !maps.Equal(again.values, r.values) || !slices.Equal(again.foreign, r.foreign) {
			t.Fatalf("read again: %+v %q\nfrom:\n%s", again, warnings, written)
		}
	})
}
