package standalone

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuietLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := newQuietLogger(slog.New(slog.NewTextHandler(&out, nil)), slog.LevelWarn)
		count := func(text string) int { return strings.Count(out.String(), text) }

		log.Info("news")
		log.Warn(noUdev, "path", "/run/udev/data")
		log = log.With("collector", "x")
		for i := range 100 {
			log.Error("failed", "err", "denied", "duration_seconds", i)
			log.With("collector", "y").WithGroup("g").Error("failed", "err", "denied")
		}
		if count("news") != 0 || count("udev") != 0 || count("failed") != 2 || count("level=ERROR") != 0 || count("level=WARN") != 2 {
			t.Errorf("logged:\n%s", &out)
		}
		time.Sleep(repeatAfter)
		log.Error("failed", "err", "denied")
		log.Error("failed", "err", "another")
		if count("failed") != 4 {
			t.Errorf("logged:\n%s", &out)
		}
		for i := range 3 * maxSeen {
			log.Warn("many", "i", strconv.Itoa(i))
		}
		if got := len(log.Handler().(*quietHandler).seen.last); got > maxSeen {
			t.Errorf("%d complaints remembered", got)
		}
	})
}
