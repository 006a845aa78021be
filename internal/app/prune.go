package app

import (
	"context"
	"time"

	"alertd/internal/store"
)

// prune forgets what ended long ago, now and every hour.
func (a *app) prune(ctx context.Context) error {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		storage := a.current.plan().config.Storage
		keep := store.Retention{
			History:  time.Duration(storage.Retention),
			Silences: a.SilenceRetention,
			Size:     int64(storage.RetentionSize),
		}
		if _, err := a.store.Prune(ctx, time.Now(), keep); err != nil && ctx.Err() == nil {
			a.Logger.Error("Old history could not be forgotten", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
