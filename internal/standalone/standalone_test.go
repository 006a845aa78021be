package standalone

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/tsdb/fileutil"
	"go.uber.org/goleak"

	"alertd/internal/alert"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logBuffer collects what is logged, from any goroutine.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// bench is one Standalone under test.
type bench struct {
	*Standalone
	settings Settings
	dir      string
	log      *logBuffer
	scrapes  chan struct{} // one for each scrape of the host that begins
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{
		settings: Settings{
			ScrapeInterval:    model.Duration(time.Second),
			Retention:         model.Duration(defaultRetention),
			TextfileDirectory: t.TempDir(),
		},
		dir: t.TempDir(),
		log: &logBuffer{},
	}
}

func (b *bench) open(t *testing.T) *bench {
	t.Helper()
	s, err := open(b.settings, b.dir, slog.New(slog.NewTextHandler(b.log, nil)), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b.Standalone, b.scrapes = s, make(chan struct{})
	host := s.host
	s.host = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case b.scrapes <- struct{}{}:
		default:
		}
		host.ServeHTTP(w, r)
	})
	return b
}

// run starts scraping, waits for the first round and returns what stops it.
func (b *bench) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	select {
	case <-b.Ready():
	case err := <-ended:
		t.Fatalf("Run returned early: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// settle returns when a whole scrape of the host has passed: one that begins
// now, and another that proves the first stored.
func (b *bench) settle() {
	<-b.scrapes
	<-b.scrapes
}

func (b *bench) textfile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.settings.TextfileDirectory, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) query(t *testing.T, expr string, ts time.Time) []alert.Sample {
	t.Helper()
	samples, err := b.Query(t.Context(), expr, ts)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return samples
}

// value is what expr gives now; it must be one sample.
func (b *bench) value(t *testing.T, expr string) float64 {
	t.Helper()
	samples := b.query(t, expr, time.Now())
	if len(samples) != 1 {
		t.Fatalf("%s: got %v", expr, samples)
	}
	return samples[0].Value
}

func TestMeasuresTheHost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.textfile(t, "job.prom", "# TYPE backup_last_run_status gauge\nbackup_last_run_status{a=\"\\\"b\\n\"} 0\n")
	b.open(t).run(t)
	for expr, want := range map[string]float64{
		`up{job="node-exporter", instance="localhost"}`:                           1,
		`backup_last_run_status{job="node-exporter", instance="localhost"}`:       0,
		`node_textfile_scrape_error`:                                              0,
		`count(node_textfile_mtime_seconds{file=~".*/job.prom"})`:                 1,
		`node_memory_MemTotal_bytes > bool 1e6`:                                   1,
		`count(node_cpu_seconds_total{mode="idle"}) >= bool 1`:                    1,
		`node_scrape_collector_success{collector="textfile"}`:                     1,
		`count(node_scrape_collector_success{collector="rapl"}) or vector(0)`:     0,
		`scrape_samples_scraped{job="node-exporter"} > bool 100`:                  1,
		`count(count by(instance) ({job="node-exporter", instance="localhost"}))`: 1,
	} {
		if got := b.value(t, expr); got != want {
			t.Errorf("%s: got %v, want %v", expr, got, want)
		}
	}
	got := b.query(t, "backup_last_run_status", time.Now())[0].Labels
	want := alert.LabelsFromStrings("__name__", "backup_last_run_status", "a", "\"b\n", "instance", "localhost", "job", "node-exporter")
	if !got.Equal(want) {
		t.Errorf("got %v", got)
	}
}

func TestVanishedTextfileIsStaleAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.textfile(t, "job.prom", "x 1\n")
	b.open(t).run(t)
	if got := b.value(t, "x"); got != 1 {
		t.Fatalf("got %v", got)
	}
	if err := os.Remove(filepath.Join(b.settings.TextfileDirectory, "job.prom")); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.query(t, "x", time.Now()); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestMalformedTextfilesHarmNobodyElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.textfile(t, "a-good.prom", "good 1\n")
	b.textfile(t, "broken.prom", "this is { not\n")
	b.textfile(t, "stamped.prom", "stamped 1 1700000000000\n")
	b.open(t).run(t)
	if got := b.value(t, "good") + b.value(t, "node_textfile_scrape_error"); got != 2 {
		t.Errorf("got %v", got)
	}
	// What panics inside node_exporter.
	b.textfile(t, "reserved.prom", "reserved{__x=\"1\"} 1\n")
	b.settle()
	if got := b.value(t, `node_scrape_collector_success{collector="textfile"}`); got != 0 {
		t.Errorf("success is %v", got)
	}
	if got := b.value(t, `up`); got != 1 {
		t.Errorf("up is %v", got)
	}
	b.settle()
	for _, file := range []string{"broken.prom", "stamped.prom", "panicked"} {
		if n := strings.Count(b.log.String(), file); n == 0 || n > 2 {
			t.Errorf("%s is told of %d times:\n%s", file, n, b.log)
		}
	}
}

func TestScrapesTargets(t *testing.T) {
	t.Parallel()
	exporter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/probe" {
			_, _ = w.Write([]byte("container_last_seen{name=\"db\"} 7\n"))
		}
	}))
	t.Cleanup(exporter.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	b := newBench(t)
	b.settings.Targets = []Target{
		{Job: "cadvisor", Targets: []string{exporter.Listener.Addr().String()}, MetricsPath: "/probe"},
		{Job: "gone", Targets: []string{gone.Listener.Addr().String()}},
	}
	b.open(t).run(t)
	if got := b.value(t, `container_last_seen{job="cadvisor", name="db"}`); got != 7 {
		t.Errorf("got %v", got)
	}
	if got := b.value(t, `up{job="gone"}`); got != 0 {
		t.Errorf("up is %v", got)
	}
}

func TestReopenKeepsData(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.textfile(t, "job.prom", "x 42\n")
	b.open(t).run(t)()
	then := time.Now()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.open(t)
	if got := b.query(t, "x", then); len(got) != 1 || got[0].Value != 42 {
		t.Errorf("got %v", got)
	}
}

func TestDamagedLogIsRepaired(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.textfile(t, "job.prom", "x 42\n")
	b.open(t).run(t)
	first := time.Now()
	b.settle()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(b.dir, "tsdb", "wal", "0*"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("got %v, %v", segments, err)
	}
	data, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	end := len(bytes.TrimRight(data, "\x00"))
	copy(data[end-200:], bytes.Repeat([]byte{0xa5}, 150))
	if err := os.WriteFile(segments[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	b.open(t)
	if !strings.Contains(b.log.String(), "attempting repair") {
		t.Errorf("nothing is said of it:\n%s", b.log)
	}
	if got := b.query(t, "x", first); len(got) != 1 {
		t.Errorf("what came before the damage is lost: %v", got)
	}
	b.run(t)
	if got := b.value(t, "x"); got != 42 {
		t.Errorf("got %v", got)
	}
}

func TestDamagedBlockIsSetAside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	block := filepath.Join(b.dir, "tsdb", "01HZZZZZZZZZZZZZZZZZZZZZZZ")
	if err := os.MkdirAll(filepath.Join(block, "chunks"), 0o700); err != nil {
		t.Fatal(err)
	}
	meta := `{"ulid":"01HZZZZZZZZZZZZZZZZZZZZZZZ","minTime":1,"maxTime":2,"version":1,"compaction":{"level":1}}`
	if err := os.WriteFile(filepath.Join(block, "meta.json"), []byte(meta), 0o600); err != nil {
		t.Fatal(err)
	}
	b.open(t).run(t)
	if _, err := os.Stat(block + ".damaged"); err != nil || !strings.Contains(b.log.String(), "damaged block") {
		t.Errorf("%v; logged:\n%s", err, b.log)
	}
	if got := b.value(t, "up"); got != 1 {
		t.Errorf("up is %v", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, dir string)
		says    string
	}{
		"a file in the way": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "tsdb"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "move that directory away"},
		"another process": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, "tsdb"), 0o700); err != nil {
				t.Fatal(err)
			}
			lock, _, err := fileutil.Flock(filepath.Join(dir, "tsdb", "lock"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = lock.Release() })
		}, "another alertd is using"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			tc.prepare(t, b.dir)
			_, err := open(b.settings, b.dir, slog.New(slog.DiscardHandler), nil)
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), b.dir) {
				t.Errorf("got %v", err)
			}
		})
	}
	newBench(t).open(t) // nothing was left in use
}

func TestTwoInOneProcess(t *testing.T) {
	t.Parallel()
	one, two := newBench(t), newBench(t)
	one.textfile(t, "job.prom", "x 1\n")
	two.textfile(t, "job.prom", "x 2\n")
	one.open(t).run(t)
	two.open(t).run(t)
	if got := one.value(t, "x"); got != 1 {
		t.Errorf("the first reads %v", got)
	}
	if got := two.value(t, "x"); got != 2 {
		t.Errorf("the second reads %v", got)
	}
	if _, err := Open(Settings{RootFS: "/host"}, t.TempDir(), slog.New(slog.DiscardHandler), nil); err == nil || !strings.Contains(err.Error(), "restart") {
		t.Errorf("got %v", err)
	}
}

func TestRegistryOutlivesUs(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	for range 2 {
		b := newBench(t)
		s, err := open(b.settings, b.dir, slog.New(slog.DiscardHandler), reg)
		if err != nil {
			t.Fatal(err)
		}
		if families, err := reg.Gather(); err != nil || len(families) < 50 {
			t.Errorf("%d families, %v", len(families), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if families, _ := reg.Gather(); len(families) != 0 {
		t.Errorf("%d families are left", len(families))
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	b := newBench(t).open(t)
	stop := b.run(t)
	if err := b.Run(t.Context()); err == nil {
		t.Error("it ran twice")
	}
	for range 2 {
		if err := b.Close(); err != nil { // also ends Run
			t.Error(err)
		}
	}
	stop()
	if _, err := b.Query(t.Context(), "up", time.Now()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := newBench(t).open(t).Close(); err != nil {
		t.Errorf("closing what never ran: %v", err)
	}
	if err := b.Run(t.Context()); err == nil {
		t.Error("it ran after its end")
	}
}
