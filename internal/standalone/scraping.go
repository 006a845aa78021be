package standalone

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/storage"
)

// nodeAddress stands for the collectors in this process. The top-level domain
// is reserved, so that it is nobody's name.
const nodeAddress = "node-exporter.invalid:9100"

// maxScrape bounds one target's answer, in bytes.
const maxScrape = 64 << 20

// scrapeConfig returns what a prometheus.yml with these settings would say,
// and the targets by job.
func scrapeConfig(s Settings) (*config.Config, map[string][]*targetgroup.Group, error) {
	cfg, err := config.Load("", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, fmt.Errorf("loading the default scrape configuration: %w", err)
	}
	cfg.GlobalConfig.ScrapeInterval = s.ScrapeInterval
	cfg.GlobalConfig.ScrapeTimeout = min(s.ScrapeInterval, model.Duration(maxTimeout))

	node := config.DefaultScrapeConfig
	node.JobName = nodeJob
	node.EnableCompression = false // it is a memory copy away
	cfg.ScrapeConfigs = []*config.ScrapeConfig{&node}
	targets := map[string][]*targetgroup.Group{nodeJob: {{
		Source:  nodeJob,
		Targets: []model.LabelSet{{model.AddressLabel: nodeAddress, model.InstanceLabel: nodeInstance}},
	}}}
	for _, t := range s.Targets {
		cfg.ScrapeConfigs = append(cfg.ScrapeConfigs, t.config())
		group := &targetgroup.Group{Source: t.Job}
		for _, address := range t.Targets {
			group.Targets = append(group.Targets, model.LabelSet{model.AddressLabel: model.LabelValue(address)})
		}
		targets[t.Job] = []*targetgroup.Group{group}
	}
	for _, job := range cfg.ScrapeConfigs {
		if err := job.Validate(cfg.GlobalConfig); err != nil {
			return nil, nil, fmt.Errorf("targets: %w", err)
		}
	}
	return cfg, targets, nil
}

func (t Target) config() *config.ScrapeConfig {
	job := config.DefaultScrapeConfig
	job.JobName = t.Job
	job.BodySizeLimit = maxScrape
	// Small exporters forget the content type, which Prometheus 3 resents.
	job.ScrapeFallbackProtocol = config.PrometheusText0_0_4
	if t.MetricsPath != "" {
		job.MetricsPath = t.MetricsPath
	}
	if t.Scheme != "" {
		job.Scheme = t.Scheme
	}
	return &job
}

// firstRound waits until as many scrapes have been stored as there are
// targets. A target that does not answer is stored too, as up = 0.
type firstRound struct {
	left atomic.Int64
	once sync.Once
	done chan struct{}
}

func newFirstRound(s Settings) *firstRound {
	r := &firstRound{done: make(chan struct{})}
	r.left.Store(1)
	for _, t := range s.Targets {
		r.left.Add(int64(len(t.Targets)))
	}
	return r
}

func (r *firstRound) stored() {
	if r.left.Add(-1) == 0 {
		r.finish()
	}
}

func (r *firstRound) finish() { r.once.Do(func() { close(r.done) }) }

// watchedStorage tells of every scrape that was stored.
type watchedStorage struct {
	storage.AppendableV2
	stored func()
}

// AppenderV2 returns an appender that tells when it has committed.
func (w *watchedStorage) AppenderV2(ctx context.Context) storage.AppenderV2 {
	return &watchedAppender{w.AppendableV2.AppenderV2(ctx), w.stored}
}

type watchedAppender struct {
	storage.AppenderV2
	stored func()
}

// Commit stores the scrape, and counts it as done even where that failed: it
// will not be tried again.
func (a *watchedAppender) Commit() error {
	defer a.stored()
	return a.AppenderV2.Commit()
}
