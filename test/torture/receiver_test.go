package torture

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"alertd/test/torture/history"
)

// attemptTimeout is what the configuration gives an attempt.
const attemptTimeout = 2 * time.Second

// receiver is a destination that can misbehave in every way that networks and
// programs do. What it heard it writes down before it answers anything.
type receiver struct {
	*httptest.Server
	name string
	// success is the body of a good answer, and lie that of a bad one that has
	// status 200 all the same.
	success, lie string
	parse        func(*http.Request, []byte) (history.Message, error)

	mu       sync.Mutex
	random   *rand.Rand
	wild     bool // misbehaves
	away     bool // refuses everything before it is read
	messages []history.Message
	problems []string // what could not be understood
}

// newWebhook returns a receiver of webhooks.
func newWebhook(t *testing.T, name string, random *rand.Rand) *receiver {
	t.Helper()
	return serve(t, &receiver{name: name, random: random, parse: parseWebhook})
}

// newChat returns a receiver that speaks Slack's protocol, in which 200 alone
// means nothing.
func newChat(t *testing.T, name string, random *rand.Rand) *receiver {
	t.Helper()
	return serve(t, &receiver{name: name, random: random, parse: parseChat, success: "ok", lie: "rate_limited"})
}

func serve(t *testing.T, r *receiver) *receiver {
	t.Helper()
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) behave(wild, away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wild, r.away = wild, away
}

// heard returns all messages so far, and what could not be understood.
func (r *receiver) heard() ([]history.Message, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]history.Message(nil), r.messages...), append([]string(nil), r.problems...)
}

// mischief draws how the receiver treats the next message.
func (r *receiver) mischief() (mode string, delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return "away", 0
	}
	if !r.wild {
		return "well", 0
	}
	modes := []string{"well", "well", "well", "slow", "500", "429", "reset before", "reset after", "late"}
	if r.lie != "" {
		modes = append(modes, "lie", "lie")
	}
	return modes[r.random.IntN(len(modes))], time.Duration(r.random.IntN(300)) * time.Millisecond
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	mode, delay := r.mischief()
	switch mode {
	case "away":
		panic(http.ErrAbortHandler)
	case "reset before":
		panic(http.ErrAbortHandler) // the connection ends with no answer
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender was killed in the middle of it: nobody heard anything
	}
	place := r.note(req, body)
	switch mode {
	case "slow":
		wait(req, delay)
	case "500":
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	case "429":
		w.Header().Set("Retry-After", "1")
		http.Error(w, "not so fast", http.StatusTooManyRequests)
		return
	case "reset after":
		panic(http.ErrAbortHandler)
	case "late":
		wait(req, attemptTimeout+time.Second+delay)
	case "lie":
		_, _ = io.WriteString(w, r.lie)
		return
	}
	if req.Context().Err() == nil {
		r.answered(place)
		_, _ = io.WriteString(w, r.success)
	}
}

func wait(req *http.Request, d time.Duration) {
	select {
	case <-req.Context().Done():
	case <-time.After(d):
	}
}

// note writes a message down and returns its place.
func (r *receiver) note(req *http.Request, body []byte) int {
	m, err := r.parse(req, body)
	m.At, m.Receiver = time.Now(), r.name
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.problems = append(r.problems, fmt.Sprintf("%s: %v: %.300s", r.name, err, body))
	}
	r.messages = append(r.messages, m)
	return len(r.messages) - 1
}

func (r *receiver) answered(place int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages[place].Answered = true
}

// incidentID names an incident by what alertd is told and tells of it.
func incidentID(labels map[string]string, startsAt time.Time) string {
	return fmt.Sprintf("%s%s@%d", labels["alertname"], labels["target"], startsAt.UnixMilli())
}

func parseWebhook(req *http.Request, body []byte) (history.Message, error) {
	var sent struct {
		GroupKey string `json:"groupKey"`
		Alerts   []struct {
			Status   string            `json:"status"`
			Labels   map[string]string `json:"labels"`
			StartsAt time.Time         `json:"startsAt"`
		} `json:"alerts"`
	}
	m := history.Message{Delivery: req.Header.Get("webhook-id")}
	if err := json.Unmarshal(body, &sent); err != nil {
		return m, fmt.Errorf("reading a webhook: %w", err)
	}
	m.Group = sent.GroupKey
	for _, a := range sent.Alerts {
		id := incidentID(a.Labels, a.StartsAt)
		if a.Status == "firing" {
			m.Firing = append(m.Firing, id)
		} else {
			m.Resolved = append(m.Resolved, id)
		}
	}
	return m, nil
}

// chatText is the template of what parseChat reads: its first word is the
// group's, the others are one alert each.
const chatText = `{{ .GroupLabels.target }}{{ range .Alerts }} {{ .Status }}/{{ .Labels.alertname }}{{ .Labels.target }}/{{ .StartsAt.UnixMilli }}{{ end }}`

func parseChat(_ *http.Request, body []byte) (history.Message, error) {
	var sent struct {
		Attachments []struct {
			Text string `json:"text"`
		} `json:"attachments"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return history.Message{}, fmt.Errorf("reading a chat message: %w", err)
	}
	if len(sent.Attachments) != 1 {
		return history.Message{}, fmt.Errorf("a chat message with %d attachments", len(sent.Attachments))
	}
	words := strings.Fields(sent.Attachments[0].Text)
	m := history.Message{Group: words[0]}
	for _, word := range words[1:] {
		parts := strings.Split(word, "/")
		millis, err := strconv.ParseInt(parts[len(parts)-1], 10, 64)
		if err != nil || len(parts) != 3 {
			return m, fmt.Errorf("an alert told as %q", word)
		}
		id := fmt.Sprintf("%s@%d", parts[1], millis)
		if parts[0] == "firing" {
			m.Firing = append(m.Firing, id)
		} else {
			m.Resolved = append(m.Resolved, id)
		}
	}
	return m, nil
}
