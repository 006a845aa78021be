package heartbeat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"alertd/internal/secret"
)

// far is whoever waits for pings.
type far struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []string
	status int
}

func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{status: http.StatusOK}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.heard = append(f.heard, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		w.WriteHeader(f.status)
	}))
	t.Cleanup(f.Close)
	return f
}

func newHeartbeat(t *testing.T, log io.Writer) *Heartbeat {
	t.Helper()
	h, err := New(Options{Version: "1", Logger: slog.New(slog.NewTextHandler(log, nil)), Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPing(t *testing.T) {
	f := newFar(t)
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte(f.URL+"/from-a-file-123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const token = "/ping/tokentokentoken"
	sick := errors.New("Prometheus does not answer")
	for name, test := range map[string]struct {
		change func(*Settings)
		unwell error
		want   []string
	}{
		"well":            {nil, nil, []string{"GET " + token}},
		"not well":        {nil, sick, []string{"POST " + token + "/fail " + sick.Error()}},
		"silently unwell": {func(s *Settings) { s.Fail = false }, sick, nil},
		"with a query":    {func(s *Settings) { s.URL += "?status=up" }, nil, []string{"GET " + token + "?status=up"}},
		"from a file":     {func(s *Settings) { s.URL, s.URLFile = "", file }, sick, []string{"POST /from-a-file-123/fail " + sick.Error()}},
	} {
		t.Run(name, func(t *testing.T) {
			f.heard = nil
			s := DefaultSettings()
			s.URL = secret.Value(f.URL + token)
			if test.change != nil {
				test.change(&s)
			}
			newHeartbeat(t, io.Discard).ping(t.Context(), s, test.unwell)
			if !slices.Equal(f.heard, test.want) {
				t.Errorf("heard %q, want %q", f.heard, test.want)
			}
		})
	}
}

// What the far side refuses is logged once, without the address.
func TestPingRefused(t *testing.T) {
	f := newFar(t)
	var log bytes.Buffer
	h := newHeartbeat(t, &log)
	s := DefaultSettings()
	s.URL = secret.Value(f.URL + "/ping/tokentokentoken")
	f.status = http.StatusNotFound
	for range 3 {
		h.ping(t.Context(), s, nil)
	}
	f.status = http.StatusOK
	h.ping(t.Context(), s, nil)
	f.Close()
	h.ping(t.Context(), s, errors.New("sick"))
	if n := strings.Count(log.String(), "\n"); n != 3 {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
	if strings.Contains(log.String(), "tokentoken") {
		t.Errorf("the log tells the address:\n%s", log.String())
	}
}

// Run pings only what can be judged, and ends with its context.
func TestRun(t *testing.T) {
	f := newFar(t)
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	s := DefaultSettings()
	s.URL = secret.Value(f.URL + "/x")
	h, err := New(Options{
		Settings: func() Settings { return s },
		Well: func() (bool, error) {
			if asked++; asked == 1 {
				cancel()
				return false, nil
			}
			return true, nil
		},
		Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Run(ctx); err != nil || asked != 1 || len(f.heard) != 0 {
		t.Errorf("error %v, asked %d times, heard %q", err, asked, f.heard)
	}
}
