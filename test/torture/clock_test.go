package torture

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wallClock sets the time of day of one process, and of no other: Go programs
// read it through the vDSO, a piece of code that the kernel puts into each
// process, and which is replaced in this one. The process's other clock, which
// never jumps, stays what it is, as when somebody sets the time.
type wallClock struct {
	t      *testing.T
	pid    int
	offset int64 // where the process has the number of seconds that are added
}

// readClock is the machine code of clock_gettime: it asks the kernel, and adds
// the number behind it to the seconds of CLOCK_REALTIME, whose number is 0.
func readClock() []byte {
	return []byte{
		0xb8, 0xe4, 0x00, 0x00, 0x00, // mov eax, SYS_clock_gettime
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi
		0x75, 0x0a, // jne to ret
		0x48, 0x8b, 0x0d, 0x06, 0x00, 0x00, 0x00, // mov rcx, [the number]
		0x48, 0x01, 0x0e, // add [rsi], rcx
		0xc3,       // ret
		0x90, 0x90, // up to a multiple of eight
		0, 0, 0, 0, 0, 0, 0, 0, // the number
	}
}

const numberIsLast = 8 // bytes

// start starts the program with the code in place before its first instruction.
func (c *wallClock) start(cmd *exec.Cmd) error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return fmt.Errorf("setting a program's clock needs Linux on amd64, and this is %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	runtime.LockOSThread() // which is the tracer
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.pid = cmd.Process.Pid
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(c.pid, &status, 0, nil); err != nil || !status.Stopped() {
		return fmt.Errorf("waiting for the program to stop before it begins: %w (status %x)", err, status)
	}
	return errors.Join(c.replace(), syscall.PtraceDetach(c.pid))
}

// replace writes readClock over the process's clock_gettime.
func (c *wallClock) replace() error {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", c.pid))
	if err != nil {
		return err
	}
	var from, to int64
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "[vdso]") {
			if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
				return fmt.Errorf("reading %q: %w", line, err)
			}
		}
	}
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", c.pid), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("opening the program's memory, which takes root: %w", err)
	}
	defer func() { _ = memory.Close() }()
	image := make([]byte, to-from)
	if _, err := memory.ReadAt(image, from); err != nil {
		return fmt.Errorf("reading the vDSO: %w", err)
	}
	library, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return fmt.Errorf("reading the vDSO: %w", err)
	}
	symbols, err := library.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("reading the vDSO's symbols: %w", err)
	}
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" {
			code := readClock()
			at := from + int64(s.Value) //nolint:gosec // an offset into some pages
			c.offset = at + int64(len(code)) - numberIsLast
			if _, err := memory.WriteAt(code, at); err != nil {
				return fmt.Errorf("replacing the clock: %w", err)
			}
			return nil
		}
	}
	return errors.New("the vDSO has no clock")
}

// set sets the process's time of day so far from the true one.
func (c *wallClock) set(ahead time.Duration) {
	c.t.Helper()
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", c.pid), os.O_RDWR, 0)
	if err != nil {
		c.t.Fatalf("opening the program's memory, which takes root: %v", err)
	}
	defer func() { _ = memory.Close() }()
	number := binary.LittleEndian.AppendUint64(nil, uint64(int64(ahead/time.Second))) //nolint:gosec // two's complement is meant
	if _, err := memory.WriteAt(number, c.offset); err != nil {
		c.t.Fatalf("setting the clock: %v", err)
	}
}

// newClockScene is a scene whose alertd has a clock of its own.
func newClockScene(t *testing.T) (*scene, *wallClock) {
	t.Helper()
	s, c := newScene(t), &wallClock{t: t}
	s.alertd.prepare = c.start
	s.alertd.start()
	s.alertd.ready()
	return s, c
}

// post posts an alert of its own name that began two days ago; one that ends has
// ended for more than a day.
func (s *scene) post(name string, ends bool) {
	s.t.Helper()
	a := posted{Labels: map[string]string{"alertname": name}, StartsAt: time.Now().Add(-48 * time.Hour), EndsAt: time.Now().Add(480 * time.Hour)}
	if ends {
		a.EndsAt = time.Now().Add(-30 * time.Hour)
	}
	if status, body, err := s.alertd.request(s.t.Context(), "POST", "/api/v2/alerts", []posted{a}); err != nil || status != 200 {
		s.t.Fatalf("posting %s: %d %s %v", name, status, body, err)
	}
}

// The clock is set by more than a day while messages wait.
func TestClockSet(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"forward": 26 * time.Hour, "back": -26 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clock := newClockScene(t)
			s.prometheus.set("a", 1)
			s.expect("Storma firing")

			s.hook.behave(false, true)
			s.post("Waiting", false)
			s.alertd.logs("Delivery failed")
			clock.set(ahead)
			s.hook.behave(false, false)
			s.expect("Storma firing", "Waiting firing")

			s.post("Waiting", true)
			s.expect("Storma firing", "Waiting firing", "Waiting ended")
			clock.set(0)
			s.post("After", false)
			s.expect("Storma firing", "Waiting firing", "Waiting ended", "After firing")
			s.prometheus.set("a", 0)
			// Rules rest for a minute after a jump; then the end is told.
			within(t, time.Minute+patience, "the end", func() string {
				if told := strings.Join(s.told(), ", "); !strings.HasSuffix(told, "Storma ended") {
					return told
				}
				return ""
			})
		})
	}
}

// A silence that has ended by the clock that was set is over.
func TestClockSetBeyondASilence(t *testing.T) {
	t.Parallel()
	s, clock := newClockScene(t)
	sil := hour("for an hour")
	sil.Matchers = []matcher{{Name: "alertname", Value: "Hidden", IsEqual: true}}
	if _, err := s.alertd.saveSilence(t.Context(), sil); err != nil {
		t.Fatal(err)
	}
	s.post("Hidden", false)
	s.post("Shown", false)
	s.expect("Shown firing")
	clock.set(2 * time.Hour)
	s.expect("Shown firing", "Hidden firing")
}
