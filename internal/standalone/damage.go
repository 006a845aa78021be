package standalone

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"
)

// damagedSuffix marks a block that was set aside. Prometheus passes over such
// names.
const damagedSuffix = ".damaged"

// setAsideDamaged renames the blocks in dir that cannot be opened, each with an
// error in the log: Prometheus would refuse to start because of one, and an
// alerter that does not start is worse than two hours without measurements. It
// fails where another process holds dir.
func setAsideDamaged(dir string, logger *slog.Logger) (err error) {
	lock, err := tsdbutil.NewDirLocker(dir, "tsdb", logger, nil)
	if err != nil {
		return err
	}
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if !isBlock(path) {
			continue
		}
		damage := checkBlock(path, logger)
		if damage == nil {
			continue
		}
		if err := os.Rename(path, path+damagedSuffix); err != nil {
			return fmt.Errorf("setting a damaged block aside: %w", err)
		}
		logger.Error("set a damaged block of measurements aside; it may be deleted", "directory", path+damagedSuffix, "err", damage)
	}
	return nil
}

// isBlock tells whether Prometheus would take the directory for a block; those
// being made, deleted or set aside have a suffix.
func isBlock(path string) bool {
	if strings.Contains(filepath.Base(path), ".") {
		return false
	}
	_, err := os.Stat(filepath.Join(path, "meta.json"))
	return err == nil
}

// checkBlock returns why a block is unreadable for good. What the system
// refuses now (permissions, memory, open files) is no damage.
func checkBlock(path string, logger *slog.Logger) error {
	block, err := tsdb.OpenBlock(logger, path, nil, nil)
	if err == nil {
		return block.Close()
	}
	if code, ok := errors.AsType[syscall.Errno](err); ok && code != syscall.ENOENT {
		return nil
	}
	return err
}
