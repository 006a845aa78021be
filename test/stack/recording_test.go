package stack_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
)

// recordedAt is the moment of the recorded scrapes: on that day the noon run of
// the pipeline failed and was repeated by hand with success.
func recordedAt() time.Time { return time.Unix(1795176007, 0).UTC() }

const (
	replayed    = 2 * time.Hour
	scrapeEvery = 30 * time.Second

	// One container is stopped before the end, and one was made anew.
	gone         = "cryptobot_mlflow"
	goneFor      = 6 * time.Minute
	recreated    = "cryptobot_grafana"
	recreatedFor = time.Hour
)

// A recorded sample of testdata, with the labels that Prometheus adds.
type sample struct {
	labels  labels.Labels
	value   float64
	counter bool
}

// at is what the exporter said at a scrape: counters advance, everything else
// stands. It said nothing of a container that was gone, and something else of
// the one before its recreation.
func (s sample) at(scrape int) (said sample, found bool) {
	before := replayed - time.Duration(scrape)*scrapeEvery
	if s.counter {
		s.value *= 1 + float64(scrape)/10_000
	}
	switch s.labels.Get("name") {
	case gone:
		return s, before >= goneFor
	case recreated:
		if before <= recreatedFor {
			break
		}
		if s.labels.Get(model.MetricNameLabel) == "container_start_time_seconds" {
			s.value -= (24 * time.Hour).Seconds()
		}
		s.labels = labels.NewBuilder(s.labels).Set("id", "/system.slice/docker-0123456789ab.scope").Labels()
	}
	return s, true
}

// A recording is what a source of metrics said, from a moment on.
type recording struct {
	source, file, job string
	from              time.Time
}

func recordings() []recording {
	start := recordedAt().Add(-replayed)
	return []recording{
		{"host", "node_exporter.prom", "node-exporter", start},
		{"containers", "cadvisor.prom", "cadvisor", start},
		{"cron", "cryptobot_cron_before.prom", "node-exporter", start},
		{"cron", "cryptobot_cron_failed.prom", "node-exporter", time.Unix(1795172436, 0)},
		{"cron", "cryptobot_cron.prom", "node-exporter", time.Unix(1795174685, 0)},
	}
}

// parse reads one exposition as Prometheus would, scraping the job's target.
func parse(t *testing.T, file, job, instance string, keep func(metric string) bool) []sample {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	parser, err := textparse.New(text, "text/plain; version=0.0.4", labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var samples []sample
	kinds := map[string]model.MetricType{}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return samples
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		switch entry {
		case textparse.EntryType:
			name, kind := parser.Type()
			kinds[string(bytes.Clone(name))] = kind
		case textparse.EntrySeries:
			var found labels.Labels
			_, _, value := parser.Series()
			parser.Labels(&found)
			name := found.Get(model.MetricNameLabel)
			if keep != nil && !keep(name) {
				continue
			}
			target := labels.NewBuilder(found).Set("job", job).Set("instance", instance)
			samples = append(samples, sample{target.Labels(), value, kinds[name] == model.MetricTypeCounter})
		default: // help and comments
		}
	}
}

// replay writes the recordings into a database of two hours, scrape by scrape.
func replay(t *testing.T, keep func(metric string) bool) storage.Queryable {
	t.Helper()
	targets := scrapeTargets(t)
	database := teststorage.New(t)

	said := map[string][]sample{}
	for job, instance := range targets {
		up := labels.FromStrings(model.MetricNameLabel, "up", "instance", instance, "job", job)
		said[job] = []sample{{labels: up, value: 1}}
	}
	pending := recordings()
	start := recordedAt().Add(-replayed)
	for scrape := range int(replayed/scrapeEvery) + 1 {
		now := start.Add(time.Duration(scrape) * scrapeEvery)
		for len(pending) > 0 && !pending[0].from.After(now) {
			next := pending[0]
			pending = pending[1:]
			said[next.source] = parse(t, next.file, next.job, targets[next.job], keep)
		}
		appender := database.Appender(t.Context())
		for _, samples := range said {
			for _, s := range samples {
				s, found := s.at(scrape)
				if !found {
					continue
				}
				if _, err := appender.Append(0, s.labels, now.UnixMilli(), s.value); err != nil {
					t.Fatalf("%s: %v", s.labels, err)
				}
			}
		}
		if err := appender.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	return database
}
