package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// DefaultConnections is how many connections there may be at once, as at
// Prometheus.
const DefaultConnections = 512

// DefaultAddress is where alertd listens unless told otherwise: on this host only.
const DefaultAddress = "127.0.0.1:9099"

// ListenConfig says where and how to listen.
type ListenConfig struct {
	Address       string // host:port; DefaultAddress where it is empty
	WebConfigFile string // TLS and basic auth, in the exporter toolkit's format; "" for neither

	// How many connections there may be at once; more wait until one of them is
	// closed. DefaultConnections where it is 0.
	MaxConnections int
	// How long a client may take to send a request (default 1 minute), and to
	// take the answer (default 2 minutes).
	ReadTimeout, WriteTimeout time.Duration
	// How long requests under way may take to end when ctx has ended (default
	// 10 seconds).
	ShutdownTimeout time.Duration
}

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute // longer than Prometheus takes to send again
	maxHeader     = 64 << 10        // bytes
)

// Listen checks the web configuration and opens the address: all that can be
// wrong with either shows before anything else is started.
func (s *Server) Listen(ctx context.Context, cfg ListenConfig) (net.Listener, error) {
	if cfg.MaxConnections < 0 {
		return nil, fmt.Errorf("--web.max-connections %d: give a number from 1, or 0 for %d", cfg.MaxConnections, DefaultConnections)
	}
	if err := toolkit.Validate(cfg.WebConfigFile); err != nil {
		return nil, fmt.Errorf("the web configuration %s: %w", cfg.WebConfigFile, err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", cmp.Or(cfg.Address, DefaultAddress))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listening: %w: stop what listens there, or choose another address with --web.listen-address", err)
	}
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

// Serve answers on a listener until ctx ends, then lets the requests under way
// end and returns nil. The log says "Listening on" with the address.
func (s *Server) Serve(ctx context.Context, listener net.Listener, cfg ListenConfig) error {
	defer func() { _ = listener.Close() }() // it is closed already unless serving failed to begin
	address := listener.Addr().String()
	s.address.Store(&address)

	readTimeout := cmp.Or(cfg.ReadTimeout, time.Minute)
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: min(headerTimeout, readTimeout),
		ReadTimeout:       readTimeout,
		WriteTimeout:      cmp.Or(cfg.WriteTimeout, 2*time.Minute),
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.deps.Logger.Handler(), slog.LevelWarn),
		// What was begun is finished: requests outlive ctx until the shutdown.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ended := make(chan error, 1)
	go func() {
		bounded := boundConnections(listener, cmp.Or(cfg.MaxConnections, DefaultConnections))
		ended <- toolkit.Serve(bounded, server, &toolkit.FlagConfig{WebConfigFile: &cfg.WebConfigFile}, s.deps.Logger)
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serving HTTP on %s: %w", address, err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(cfg.ShutdownTimeout, 10*time.Second))
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		s.deps.Logger.Warn("Requests were still under way at the end and were cut off", "err", err)
		_ = server.Close() // nothing is left to be told of it
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving HTTP on %s: %w", address, err)
	}
	return nil
}
