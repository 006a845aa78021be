package standalone

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/compression"
)

// Sizes for the thousand series or so of one host, where Prometheus's defaults
// are for millions.
const (
	stripes         = 512      // of the hash of series, instead of 16384
	walSegment      = 16 << 20 // bytes, instead of 128 MiB
	blockSegment    = 32 << 20 // bytes, preallocated, instead of 512 MiB
	replayWorkers   = 1
	blocksRetention = 10 // a block spans at most this part of the retention, as in Prometheus
)

// openStorage opens the time series in dir. A damaged write-ahead log is cut
// off where the damage begins, and damaged blocks are set aside, both with a
// complaint in the log; what cannot be mended is an error that says what to do.
func openStorage(s Settings, dir string, logger *slog.Logger, reg prometheus.Registerer) (*tsdb.DB, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, explainStorage(s, dir, err)
	}
	if err := setAsideDamaged(dir, logger); err != nil {
		return nil, explainStorage(s, dir, err)
	}
	retention := time.Duration(s.Retention)
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = retention.Milliseconds()
	opts.MaxBlockDuration = max(opts.MinBlockDuration, opts.RetentionDuration/blocksRetention)
	opts.StripeSize = stripes
	opts.WALSegmentSize = walSegment
	opts.WALCompression = compression.Snappy
	opts.WALReplayConcurrency = replayWorkers
	opts.MaxBlockChunkSegmentSize = blockSegment
	opts.HeadChunksWriteBufferSize = chunks.MinWriteBufferSize
	db, err := tsdb.Open(dir, logger, reg, opts, nil)
	if err != nil {
		return nil, explainStorage(s, dir, err)
	}
	return db, nil
}

func explainStorage(s Settings, dir string, err error) error {
	if errors.Is(err, syscall.EAGAIN) {
		return fmt.Errorf("opening the time series in %s: another alertd is using them: %w", dir, err)
	}
	return fmt.Errorf("opening the time series in %s: %w (if they are damaged, move that directory away: "+
		"only the measurements of the last %s are in it, no alerts and no silences)", dir, err, s.Retention)
}
