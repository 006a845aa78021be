package cronrun

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// At a terminal a typed Ctrl-C reaches the job from the terminal, and once.
func TestTypedInterruptArrivesOnce(t *testing.T) {
	for name, args := range map[string][]string{
		"plain":          nil,
		"with a timeout": {"-timeout", "1h"},
	} {
		t.Run(name, func(t *testing.T) {
			keyboard, tty := openTerminal(t)
			args := append([]string{"be-wrapper", "-dir", t.TempDir()}, args...)
			cmd := exec.CommandContext(t.Context(), self(t), append(args, "--", self(t), "be-job")...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			must(t, cmd.Start())
			must(t, tty.Close())
			screen := bufio.NewScanner(keyboard)
			expect := func(want string) {
				t.Helper()
				if !screen.Scan() || strings.TrimSuffix(screen.Text(), "\r") != want {
					t.Fatalf("the screen shows %q, want %q (%v)", screen.Text(), want, screen.Err())
				}
			}

			expect("ready")
			for range 3 {
				_, err := keyboard.WriteString("\x03")
				must(t, err)
				expect("^CSIGINT")
			}
			must(t, cmd.Process.Signal(unix.SIGTERM)) // reaches the job, and after any second SIGINT
			expect("SIGTERM")
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 9 {
				t.Errorf("exit code %d, want 9", code)
			}
		})
	}
}

// openTerminal opens a pseudoterminal: the end with the keyboard and the
// screen, and the end of the programs.
func openTerminal(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { _ = keyboard.Close() })
	must(t, unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	must(t, err)
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	return keyboard, tty
}
