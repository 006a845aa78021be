package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// maxPeak is the resident memory that no client may take alertd beyond, in MiB.
const maxPeak = 400

// peak returns the most memory that alertd had resident since the last call, in
// MiB.
func (s *stack) peak() int {
	s.t.Helper()
	proc := fmt.Sprintf("/proc/%d/", s.alertd.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(proc+"clear_refs", []byte("5"), 0); err != nil {
		s.t.Fatalf("resetting the peak of the memory: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "VmHWM:" {
			kB, err := strconv.Atoi(fields[1])
			if err != nil {
				s.t.Fatal(err)
			}
			return kB >> 10
		}
	}
	s.t.Fatal("/proc tells no peak of the memory")
	return 0
}

// Whatever clients send, alertd refuses it with the right status, in bounded
// memory, keeps nothing of it, and goes on answering.
func TestHostileClients(t *testing.T) {
	t.Parallel()
	s := newAnswering(t)
	t.Logf("%-36s %4d MiB", "at rest", s.peak())
	const alerts, silences = "/api/v2/alerts", "/api/v2/silences"
	label := func(bytes int) string { return `{"labels":{"a":"` + strings.Repeat("x", bytes) + `"}}` }
	for _, attack := range []struct {
		name, method, path, body string
		clients, status          int
	}{
		{"3,000,000 times {}", "POST", alerts, "[" + strings.Repeat("{},", 3_000_000) + "{}]", 1, 413},
		{"a value of 15 MiB", "POST", alerts, "[" + label(15<<20) + "]", 1, 400},
		{"a value of 40 MiB", "POST", alerts, "[" + label(40<<20) + "]", 1, 413},
		{"15 values of 1 MiB, none good", "POST", alerts, "[" + strings.Repeat(label(1<<20)+",", 14) + label(1<<20) + "]", 1, 400},
		{"1,000,000 labels", "POST", alerts, `[{"labels":{` + strings.Repeat(`"a":"b",`, 1_000_000) + `"a":"b"}}]`, 1, 400},
		{"100,000 alerts without labels", "POST", alerts, "[" + strings.Repeat(`{"labels":{}},`, 99_999) + `{"labels":{}}]`, 1, 400},
		{"half a body", "POST", alerts, "[" + label(1000) + "," + label(1000), 1, 400},
		{"10 MiB of [", "POST", alerts, strings.Repeat("[", 10<<20), 1, 400},
		{"10 MiB of objects", "POST", alerts, strings.Repeat(`[{"labels":`, 1<<20), 1, 400},
		{"bytes that are no text", "POST", alerts, strings.Repeat("\xff\x00\xfe", 1<<20), 1, 400},
		{"50 bodies of 15 MiB at once", "POST", alerts, "[" + label(15<<20) + "]", 50, 0},
		{"a silence of 1,000,000 matchers", "POST", silences, `{"matchers":[` + strings.Repeat("{},", 1_000_000) + `{}]}`, 1, 413},
		{"a huge expression", "POST", silences, `{"matchers":[{"name":"a","value":"` + strings.Repeat("(x{1000}){1000}", 1000) + `","isRegex":true}],"startsAt":"2020-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"a","comment":"b"}`, 1, 400},
		{"a comment of 1 MiB", "POST", silences, `{"matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":"2020-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"a","comment":"` + strings.Repeat("x", 1<<20) + `"}`, 1, 400},
		{"a query of 60 kB of filters", "GET", alerts + "?filter=" + strings.Repeat("a%3Db&filter=", 4500) + "a%3Db", "", 1, 200},
		{"60 kB of expressions", "GET", alerts + "?filter=" + strings.Repeat("a%3D~(b%7B999%7D)%7B999%7D&filter=", 1500) + "a%3Db", "", 1, 400},
		{"a query of 1 MiB", "GET", alerts + "?filter=" + strings.Repeat("x", 1<<20), "", 1, 431},
		{"a body for a list", "GET", silences, strings.Repeat("x", 1<<20), 1, 200},
		{"a body for a reload", "POST", "/-/reload", strings.Repeat("x", 20<<20), 1, 200},
		{"a body for the page's button", "POST", "/silences/x/expire", strings.Repeat("x", 20<<20), 1, 404},
		{"a body for a test", "POST", "/api/v1/receivers/nobody/test", strings.Repeat("x", 20<<20), 1, 404},
		{"1,000 clients of the page", "GET", "/", "", 1000, 0},
		{"1,000 clients of the alerts", "GET", alerts, "", 1000, 0},
		{"1,000 clients of the metrics", "GET", "/metrics", "", 1000, 0},
	} {
		statuses := s.attack(attack.clients, attack.method, attack.path, attack.body)
		peak := s.peak()
		t.Logf("%-36s %4d MiB, answers %v", attack.name, peak, statuses)
		if peak > maxPeak {
			t.Errorf("%s: %d MiB, more than %d", attack.name, peak, maxPeak)
		}
		for status := range statuses {
			cut := status == 0 && len(attack.body) >= 1<<20 // closed while more was being sent
			if attack.status != 0 && status != attack.status && !cut || status == http.StatusInternalServerError {
				t.Errorf("%s: %d, want %d", attack.name, status, attack.status)
			}
		}
	}
	for _, list := range []string{alerts, silences} {
		if status, body := s.ask("GET", list, ""); status != http.StatusOK || strings.TrimSpace(body) != "[]" {
			t.Errorf("%s afterwards: %d %.300s", list, status, body)
		}
	}
	if strings.Contains(s.alertd.output(), "panic") {
		t.Error("it panicked")
	}
}

// attack sends the same request from many clients at once, and counts the
// statuses that they get; 0 where there is no answer.
func (s *stack) attack(clients int, method, path, body string) map[int]int {
	var (
		mu       sync.Mutex
		statuses = map[int]int{}
		all      sync.WaitGroup
	)
	for range clients {
		all.Go(func() {
			status := 0
			req, err := http.NewRequestWithContext(s.t.Context(), method, s.url(path), strings.NewReader(body))
			if err != nil {
				s.t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/json")
			if resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req); err == nil {
				status = resp.StatusCode
				_ = resp.Body.Close()
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	return statuses
}

// A thousand clients that connect and say nothing, or half of something, keep
// nobody else out for long.
func TestSilentClients(t *testing.T) {
	t.Parallel()
	s := newAnswering(t)
	s.peak()
	for i := range 1000 {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", s.alertdPort))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if i%2 == 0 {
			_, _ = fmt.Fprint(conn, "POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Le")
		}
	}
	eventually(t, "an answer to somebody else", func() string {
		if status, _ := get(t, s.url("/-/healthy")); status != http.StatusOK {
			return fmt.Sprint("status ", status)
		}
		return ""
	})
	if peak := s.peak(); peak > maxPeak/2 {
		t.Errorf("%d MiB", peak)
	} else {
		t.Logf("1,000 silent clients: %d MiB", peak)
	}
}
