package web

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"

	"alertd/internal/web/apiv2"
)

// Bounds on what clients send, in bytes.
const (
	maxBody   = 16 << 20 // of one request
	maxBodies = 64 << 20 // of all requests under way
)

// limited wraps what is asked of page and API: so many GETs at once, each for so
// long. Health and metrics are always answered.
func (s *Server) limited(next http.Handler) http.Handler {
	most := s.deps.Limits.Gets
	if most < 1 {
		most = max(runtime.GOMAXPROCS(0), 8)
	}
	slots := make(chan struct{}, most)
	refused := s.metrics.refused.WithLabelValues("gets")
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			refused.Inc()
			w.Header().Set("Retry-After", "1")
			http.Error(w, fmt.Sprintf("Limit of concurrent GET requests reached (%d), try again later.\n", most), http.StatusServiceUnavailable)
		}
	})
	if timeout := s.deps.Limits.Timeout; timeout > 0 {
		h = http.TimeoutHandler(h, timeout, fmt.Sprintf("Exceeded configured timeout of %v.\n", timeout))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, s.prefix)
		if path == "/metrics" || strings.HasPrefix(path, "/-/") {
			next.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// boundBodies bounds what is read of bodies: of one, and of all that are under
// way, so that many clients cannot do together what one cannot.
func (s *Server) boundBodies(next http.Handler) http.Handler {
	var underWay atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		body := &countedBody{ReadCloser: http.MaxBytesReader(w, r.Body, maxBody), underWay: &underWay}
		defer func() {
			underWay.Add(-body.read)
			if body.refused {
				s.metrics.refused.WithLabelValues("bodies").Inc()
			}
		}()
		r.Body = body
		next.ServeHTTP(w, r)
	})
}

// countedBody adds what is read of it to what is under way.
type countedBody struct {
	io.ReadCloser
	underWay *atomic.Int64
	read     int64
	refused  bool
}

// Read returns apiv2.ErrBusy where too much is under way.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if b.underWay.Add(int64(n)) > maxBodies {
		b.refused = true
		return 0, apiv2.ErrBusy
	}
	return n, err //nolint:wrapcheck // io.EOF must stay what it is
}
