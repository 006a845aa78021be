package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver takes webhook messages over real HTTP, on a port that stays its own
// while it is down.
type receiver struct {
	t      *testing.T
	port   int
	server *http.Server

	mu       sync.Mutex
	messages []message
	heads    []http.Header
}

// message is Alertmanager's webhook body, as far as the tests look.
type message struct {
	Status string `json:"status"`
	Alerts []struct {
		Status string            `json:"status"`
		Labels map[string]string `json:"labels"`
	} `json:"alerts"`
}

func (m message) String() string {
	var parts []string
	for _, a := range m.Alerts {
		parts = append(parts, a.Labels["alertname"]+" "+a.Status)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, port: freePort(t)}
	t.Cleanup(r.down)
	return r
}

func (r *receiver) url() string { return fmt.Sprintf("http://127.0.0.1:%d/hook", r.port) }

func (r *receiver) up() {
	r.t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(r.t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: 5 * time.Second}
	go func(s *http.Server) { _ = s.Serve(l) }(r.server)
}

func (r *receiver) down() {
	if r.server != nil {
		_ = r.server.Close()
		r.server = nil
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var m message
	if err := json.NewDecoder(req.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
	r.heads = append(r.heads, req.Header)
}

// told returns every message so far in order, as "Name state, ..." each.
func (r *receiver) told() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]string, len(r.messages))
	for i, m := range r.messages {
		out[i] = m.String()
	}
	return out
}

// expect waits until the receiver was told exactly this, and nothing else yet.
func (r *receiver) expect(want ...string) {
	r.t.Helper()
	eventually(r.t, "the messages "+strings.Join(want, " | "), func() string {
		if got := r.told(); !slices.Equal(got, want) {
			return "told " + strings.Join(got, " | ")
		}
		return ""
	})
}
