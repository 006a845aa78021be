package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait; nothing here takes so long unless it is broken.
const patience = time.Minute

// eventually waits until holds returns "", which it must within patience.
func eventually(t *testing.T, what string, holds func() string) {
	t.Helper()
	within(t, patience, what, holds)
}

// slowly is eventually for what waits half a minute before it tells, and again
// between messages.
func slowly(t *testing.T, what string, holds func() string) {
	t.Helper()
	within(t, 3*patience, what, holds)
}

func within(t *testing.T, patience time.Duration, what string, holds func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		problem := holds()
		if problem == "" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %s", what, problem)
		case <-ticker.C:
		}
	}
}

// process is a started program.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	done chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(data)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start runs a program until the test ends.
func start(t *testing.T, path string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: path[strings.LastIndex(path, "/")+1:], done: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), path, args...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.Env = append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", p.name, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("output of %s:\n%s", p.name, p.output())
		}
	})
	return p
}

// stop ends the program by a signal and waits for its end.
func (p *process) stop(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		p.t.Errorf("%s did not end within 20 s of %v", p.name, sig)
	}
}

// answers waits until url answers 200.
func (p *process) answers(url string) {
	p.t.Helper()
	eventually(p.t, p.name+" at "+url, func() string {
		select {
		case <-p.done:
			p.t.Fatalf("%s ended:\n%s", p.name, p.output())
		default:
		}
		status, _ := get(p.t, url)
		if status != http.StatusOK {
			return fmt.Sprint("status ", status)
		}
		return ""
	})
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	var body bytes.Buffer
	_, _ = body.ReadFrom(resp.Body)
	return resp.StatusCode, body.String()
}

// freePort returns a loopback port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
