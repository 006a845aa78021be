package torture

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"alertd/test/torture/history"
)

// alertd is the real program, which is started and killed any number of times
// on one port and one storage directory.
type alertd struct {
	t       *testing.T
	dir     string // of its configuration
	storage string
	port    int
	// prepare, if set, does something to each process before its first
	// instruction.
	prepare func(*exec.Cmd) error

	cmd  *exec.Cmd
	done chan struct{}

	mu    sync.Mutex
	log   strings.Builder
	downs []history.Down
	ended time.Time // when the process before was ended
	kill  bool      // and that by SIGKILL
}

func newAlertd(t *testing.T) *alertd {
	t.Helper()
	dir := t.TempDir()
	a := &alertd{t: t, dir: dir, storage: filepath.Join(dir, "state"), port: freePort(t)}
	t.Cleanup(func() {
		if a.cmd != nil {
			a.stop(syscall.SIGKILL)
		}
		if t.Failed() {
			t.Logf("the last of alertd's log:\n%s", a.lastLog(6000))
		}
	})
	return a
}

// write writes a file of the configuration.
func (a *alertd) write(name, text string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// start starts the program and does not wait until it serves.
func (a *alertd) start() {
	a.t.Helper()
	a.mu.Lock()
	if !a.ended.IsZero() {
		a.downs = append(a.downs, history.Down{From: a.ended, Until: time.Now(), Killed: a.kill})
	}
	a.mu.Unlock()
	a.cmd = exec.CommandContext(context.WithoutCancel(a.t.Context()), program(),
		"--config.file="+filepath.Join(a.dir, "alertd.yml"), "--storage.path="+a.storage,
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", a.port))
	a.cmd.Stdout, a.cmd.Stderr = a, a
	start := a.cmd.Start
	if a.prepare != nil {
		start = func() error { return a.prepare(a.cmd) }
	}
	if err := start(); err != nil {
		a.t.Fatalf("starting alertd: %v", err)
	}
	cmd, done := a.cmd, make(chan struct{})
	a.done = done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
}

// stop ends the program by a signal and waits for its end.
func (a *alertd) stop(signal syscall.Signal) {
	a.mu.Lock()
	a.ended, a.kill = time.Now(), signal == syscall.SIGKILL
	a.mu.Unlock()
	_ = a.cmd.Process.Signal(signal)
	select {
	case <-a.done:
	case <-time.After(30 * time.Second):
		_ = a.cmd.Process.Kill()
		<-a.done
		a.t.Errorf("alertd did not end within 30 s of %v", signal)
	}
	a.cmd = nil
}

// exits waits for the program to end by itself and returns what it had logged.
func (a *alertd) exits() (code int, log string) {
	a.t.Helper()
	select {
	case <-a.done:
	case <-time.After(patience):
		a.t.Fatal("alertd goes on")
	}
	code = a.cmd.ProcessState.ExitCode()
	a.cmd = nil
	return code, a.lastLog(6000)
}

// ready waits until the program has evaluated and serves.
func (a *alertd) ready() {
	a.t.Helper()
	eventually(a.t, "alertd to be ready", func() string {
		select {
		case <-a.done:
			a.t.Fatalf("alertd ended:\n%s", a.lastLog(6000))
		default:
		}
		return a.answers("/-/ready")
	})
}

// answers returns "" where the path answers 200, and otherwise what it does.
func (a *alertd) answers(path string) string {
	status, body, err := a.request(a.t.Context(), http.MethodGet, path, nil)
	if err != nil {
		return err.Error()
	}
	if status != http.StatusOK {
		return fmt.Sprintf("%d %s", status, body)
	}
	return ""
}

// Write takes the program's log.
func (a *alertd) Write(data []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.Write(data)
}

func (a *alertd) lastLog(bytes int) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	text := a.log.String()
	return text[max(0, len(text)-bytes):]
}

// logs waits until the log has every one of the words in one line.
func (a *alertd) logs(words ...string) {
	a.t.Helper()
	eventually(a.t, fmt.Sprintf("%q in the log", words), func() string {
		for line := range strings.Lines(a.lastLog(1 << 20)) {
			all := true
			for _, word := range words {
				all = all && strings.Contains(line, word)
			}
			if all {
				return ""
			}
		}
		return "not there yet"
	})
}

func (a *alertd) away() []history.Down {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]history.Down(nil), a.downs...)
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
