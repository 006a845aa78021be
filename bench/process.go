package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuTick is what /proc counts CPU time in; Linux gives user space 100 ticks to
// a second on every architecture that Go knows.
const cpuTick = 10 * time.Millisecond

// cpuTime returns the CPU time that the processes have used, in user and system
// mode.
func cpuTime(pids ...int) (time.Duration, error) {
	var total time.Duration
	for _, pid := range pids {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, fmt.Errorf("reading the CPU time of a process: %w", err)
		}
		// The name may hold anything; what counts comes after it (proc(5)).
		fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
		for _, field := range fields[11:13] {
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading the CPU time of a process: %w", err)
			}
			total += time.Duration(ticks) * cpuTick
		}
	}
	return total, nil
}

// stop ends a process that start began.
func (b *bench) stop(cmd *exec.Cmd) {
	for i, running := range b.running {
		if running == cmd {
			b.running = append(b.running[:i], b.running[i+1:]...)
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			return
		}
	}
}
