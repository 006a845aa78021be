package app

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// releaseStartPages gives the kernel back the pages of the program file that
// only its start needed: about half of an idle alertd's resident memory. They
// are read-only and clean, so that whichever is needed again comes back from
// the page cache by a minor fault.
func releaseStartPages() error {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("finding the program file: %w", err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return fmt.Errorf("reading the memory map: %w", err)
	}
	for line := range bytes.Lines(maps) {
		var from, to uintptr
		var perm string
		if _, err := fmt.Sscanf(string(line), "%x-%x %s", &from, &to, &perm); err != nil {
			continue
		}
		ours := bytes.HasSuffix(bytes.TrimSpace(line), []byte(" "+exe))
		if !ours || perm[1] == 'w' {
			continue
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("giving back the pages at %x: %w", from, errno)
		}
	}
	return nil
}
