package standalone

import (
	"context"
	"errors"
	"sync"
)

// lifecycle lets something run once, and lets its end be waited for, whichever
// of begin and end comes first.
type lifecycle struct {
	mu      sync.Mutex
	stop    context.CancelFunc // of the run, once it has begun
	ended   bool
	stopped chan struct{}
}

func newLifecycle() *lifecycle { return &lifecycle{stopped: make(chan struct{})} }

// begin returns the context of the run and what to call at its end. It fails
// for a second run, and after end.
func (l *lifecycle) begin(ctx context.Context) (context.Context, func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil, nil, errors.New("already closed")
	}
	if l.stop != nil {
		return nil, nil, errors.New("already run: it runs once")
	}
	ctx, l.stop = context.WithCancel(ctx)
	return ctx, func() {
		l.stop()
		close(l.stopped)
	}, nil
}

// end stops the run and waits for it.
func (l *lifecycle) end() {
	l.mu.Lock()
	l.ended = true
	stop := l.stop
	l.mu.Unlock()
	if stop != nil {
		stop()
		<-l.stopped
	}
}
