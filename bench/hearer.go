package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// hearer is a fast webhook receiver that can be away.
type hearer struct {
	address string

	mu       sync.Mutex
	away     bool
	messages int
	first    time.Time      // of the messages since it was reset
	last     time.Time      // of the messages
	alerts   map[string]int // how often each was heard of, by host and status
	heard    chan string    // hosts and statuses that somebody waits for
	awaited  string
}

func newHearer(ctx context.Context) (*hearer, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the receiver: %w", err)
	}
	h := &hearer{address: listener.Addr().String(), heard: make(chan string, 1)}
	h.reset(false)
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return h, nil
}

// reset forgets what was heard, and says whether it is away.
func (h *hearer) reset(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away, h.messages, h.first, h.last, h.alerts = away, 0, time.Time{}, time.Time{}, map[string]int{}
}

func (h *hearer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	var body struct {
		Alerts []struct {
			Status string `json:"status"`
			Labels struct {
				Host string `json:"host"`
			} `json:"labels"`
		} `json:"alerts"`
	}
	err := json.NewDecoder(r.Body).Decode(&body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || h.away {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.messages++
	if h.first.IsZero() {
		h.first = now
	}
	h.last = now
	for _, a := range body.Alerts {
		what := a.Labels.Host + " " + a.Status
		h.alerts[what]++
		if what == h.awaited {
			h.awaited = ""
			h.heard <- what
		}
	}
}

// await makes the receiver tell of the next message about a host.
func (h *hearer) await(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.awaited = what
}

// counts returns how many messages and different alerts were heard, and when
// the first and the last message were.
func (h *hearer) counts() (messages, alerts int, first, last time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.messages, len(h.alerts), h.first, h.last
}
