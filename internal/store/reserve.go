package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// reserveSize is enough for some thousand alerts and their deliveries.
const reserveSize = 8 << 20

// reserve is a file that only takes up space. Given up when the disk is full,
// it lets alertd commit and tell the alert that says so.
type reserve struct {
	path string
	mu   sync.Mutex
}

// release gives the space back and tells whether there was any.
func (r *reserve) release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return os.Remove(r.path) == nil
}

// renew takes the space where it is not taken yet. The error tells why it
// cannot, which is where less than twice as much is free.
func (r *reserve) renew() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch st, err := os.Stat(r.path); {
	case err == nil && st.Size() == reserveSize:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	var room syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(r.path), &room); err != nil {
		return fmt.Errorf("asking for the free space: %w", err)
	}
	if free := room.Bavail * uint64(room.Bsize); free < 2*reserveSize {
		return fmt.Errorf("only %d bytes are free", free)
	}
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(r.path))
		}
	}()
	// Noise, because a file system may not store zeros.
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{}), reserveSize)
	if err != nil {
		return err
	}
	return f.Sync()
}
