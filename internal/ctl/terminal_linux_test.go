package ctl

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal and returns its far side, where the test
// sits, and its near side, where alertctl runs.
func terminal(t *testing.T) (far, near *os.File) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	n, err := unix.IoctlGetInt(int(far.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(far.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	near, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	return far, near
}

// atTerminal runs alertctl at a terminal where keys are typed, and returns its
// exit code and everything that is seen.
func atTerminal(t *testing.T, keys string, env map[string]string, args ...string) (int, string) {
	t.Helper()
	now, err := time.Parse(time.RFC3339, scriptNow)
	if err != nil {
		t.Fatal(err)
	}
	s := newFakeServer(t, now)
	if err := s.read("testdata"); err != nil {
		t.Fatal(err)
	}
	far, near := terminal(t)
	if _, err := far.WriteString(keys); err != nil {
		t.Fatal(err)
	}
	code := Run(t.Context(), Options{
		Args:  append([]string{"--url", s.URL}, args...),
		Stdin: near, Stdout: near, Stderr: near,
		Now:       func() time.Time { return now },
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	if _, err := near.WriteString("\x00"); err != nil { // no answer has one
		t.Fatal(err)
	}
	var seen bytes.Buffer
	for buf := make([]byte, 1<<12); !bytes.ContainsRune(seen.Bytes(), 0); {
		n, err := far.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(buf[:n])
	}
	return code, strings.ReplaceAll(strings.TrimSuffix(seen.String(), "\x00"), "\r\n", "\n")
}

func TestColorAtTerminal(t *testing.T) {
	_, seen := atTerminal(t, "", nil, "alerts")
	if want := "\x1b[1mDiskFull\x1b[0m       \x1b[31mfiring\x1b[0m     warning"; !strings.Contains(seen, want) {
		t.Errorf("no %q in\n%q", want, seen)
	}
	for _, env := range []map[string]string{{"NO_COLOR": "1"}, {"TERM": "dumb"}} {
		if _, seen := atTerminal(t, "", env, "alerts"); strings.Contains(seen, "\x1b") {
			t.Errorf("colour in spite of %v:\n%q", env, seen)
		}
	}
	if _, seen := atTerminal(t, "", nil, "alerts", "-o", "json"); strings.Contains(seen, "\x1b") {
		t.Errorf("colour in JSON:\n%q", seen)
	}
}

func TestExpireAsksAtTerminal(t *testing.T) {
	const id = "5b6f9999-7a10-4d0e-9d3c-1f2e3d4c5b6a\n"
	for _, tc := range []struct {
		keys  string
		flags []string
		code  int
		asks  bool
		ends  bool
	}{
		{keys: "n\n", code: ExitNo, asks: true},
		{keys: "\n", code: ExitNo, asks: true},
		{keys: "\x04", code: ExitNo, asks: true}, // Ctrl-D
		{keys: "Yes\n", code: ExitOK, asks: true, ends: true},
		{flags: []string{"--yes"}, code: ExitOK, ends: true},
	} {
		code, seen := atTerminal(t, tc.keys, nil, append([]string{"silence", "expire", "--matching", "DiskFull"}, tc.flags...)...)
		if code != tc.code || strings.Contains(seen, "Expire 1 silence? [y/N]") != tc.asks || strings.Contains(seen, id) != tc.ends {
			t.Errorf("typed %q, flags %q: exit code %d and\n%s", tc.keys, tc.flags, code, seen)
		}
	}
}
