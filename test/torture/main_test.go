package torture

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// binariesEnv names the directory where TestMain built alertd.
const binariesEnv = "ALERTD_TORTURE_BINARIES"

// The flags of the long run; see `make torture`.
const (
	seedFlag     = "torture.seed"
	killsFlag    = "torture.kills"
	durationFlag = "torture.duration"
)

func TestMain(m *testing.M) {
	flag.Uint64(seedFlag, 1, "what the storm is made from; the same seed makes the same storm")
	flag.Int(killsFlag, 25, "how often alertd is killed, at least")
	flag.Duration(durationFlag, 0, "how long the storm lasts, at least")
	flag.Parse()
	os.Exit(run(m))
}

// given returns the value of one of the flags above.
func given[T any](t *testing.T, name string) T {
	t.Helper()
	value, ok := flag.Lookup(name).Value.(flag.Getter).Get().(T)
	if !ok {
		t.Fatalf("flag %s has another type", name)
	}
	return value
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "alertd-torture")
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	build := exec.CommandContext(context.Background(), "go", "build", "-o", dir+"/", "alertd/cmd/alertd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "torture: building alertd: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv(binariesEnv, dir); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		return 1
	}
	return m.Run()
}

// program returns the path of the alertd under test.
func program() string { return filepath.Join(os.Getenv(binariesEnv), "alertd") }

// patience bounds nearly every wait; nothing here takes so long unless it is broken.
const patience = time.Minute

// eventually waits until holds returns "", which it must within patience.
func eventually(t *testing.T, what string, holds func() string) {
	t.Helper()
	within(t, patience, what, holds)
}

// within waits until holds returns "", which it must within d.
func within(t *testing.T, d time.Duration, what string, holds func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
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
